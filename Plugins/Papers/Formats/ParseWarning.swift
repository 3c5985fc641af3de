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
    case badChecksum = "id.bad_checksum"
    case identifierConflict = "id.conflict"
    case nonCanonical = "id.noncanonical"
    case missingKey = "bib.no_key"
    case duplicateKey = "bib.duplicate_key"
    case duplicateField = "bib.duplicate_field"
    case undefinedString = "bib.undefined_string"
    case unbalanced = "bib.unbalanced"
    case missingComma = "bib.missing_comma"
    case junk = "bib.junk"
    case bareComment = "bib.bare_comment"
    case missingCrossref = "bib.crossref_missing"
    case nameCommas = "bib.name_commas"
    case missingEndTag = "ris.no_er"
    case unknownTag = "ris.unknown_tag"
    case risJunk = "ris.junk"
    case webOfScience = "ris.is_wos"
    case feedError = "feed.error"
    case emptyFeed = "feed.empty"
    case nullItem = "json.null_item"
    case malformedJSON = "json.malformed"
    case unknownEnvelope = "json.unknown_envelope"
    case malformedXML = "xml.malformed"
    case missingHeader = "xml.no_header"
    case unreadableDate = "date.unreadable"
    case unsplitName = "name.unsplit"
    case noTextInPDF = "pdf.no_text"
    case guessed = "pdf.guessed"
    case suggestedDuplicate = "dup.suggested"

    var severity: Severity {
      switch self {
      case .byteOrderMark, .straySpace, .missingSpace, .banner, .noAddress, .labelMismatch, .mention, .junk,
        .bareComment,
        .nonCanonical, .unsplitName, .emptyFeed, .nullItem, .guessed, .suggestedDuplicate:
        .info
      case .unbalanced, .feedError, .malformedXML, .unknownEnvelope: .error
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
