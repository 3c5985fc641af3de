import JSON

/// Something in a source that a person should know of; reading went on.
struct ParseWarning: Sendable, Hashable {
  enum Severity: String, Sendable { case info, warning, error }

  /// What happened. A code, once released, keeps its meaning.
  enum Code: String, Sendable, CaseIterable {
    case byteOrderMark = "enc.bom"
    case notUTF8 = "enc.not_utf8"
    case replacement = "enc.replacement"
    case control = "text.control"
    case straySpace = "text.stray_space"
    case missingSpace = "text.missing_space"
    case banner = "list.banner"
    case gluedBanner = "list.banner_glued"
    case missingTitle = "list.missing_title"
    case missingAbstract = "list.missing_abstract"
    case wrapped = "list.wrapped"
    case uncertain = "list.uncertain"
    case duplicate = "list.duplicate"
    case latexCommand = "latex.command"
    case latexMath = "latex.math"
    case latexBare = "latex.bare"
    case trailingPunctuation = "link.trailing_punct"
    case doubledLink = "link.doubled"
    case noScheme = "link.no_scheme"
    case gitSuffix = "link.git_suffix"
    case promisedLink = "link.promised"
    case noAddress = "link.no_address"
    case labelMismatch = "link.label_mismatch"
    case inlinedFootnote = "link.footnote_inlined"
    case unparsableLink = "link.unparsable"
    case mention = "id.mention"

    var severity: Severity {
      switch self {
      case .byteOrderMark, .straySpace, .missingSpace, .banner, .noAddress, .labelMismatch, .mention: .info
      default: .warning
      }
    }
  }

  let code: Code
  let span: ByteSpan
  let message: String

  init(_ code: Code, _ span: ByteSpan, _ message: String) {
    self.code = code
    self.span = span
    self.message = message
  }

  var severity: Severity { code.severity }

  var json: JSON {
    .object([
      "code": .string(code.rawValue), "severity": .string(severity.rawValue), "span": span.json,
      "message": .string(message),
    ])
  }
}
