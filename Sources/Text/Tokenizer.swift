/// Cuts a text into lower-case words.
///
///     Tokenizer().tokens(in: "C++ and F#: state-of-the-art")  // ["and", "state", "of", "the", "art"]
///
/// A token is a maximal run of two or more word characters: letters, digits, other numerics and the underscore. Case is
/// folded with the full Unicode mapping before that, so that a mapping may split a word (`İ` becomes `i` and a mark).
/// This is scikit-learn's default `token_pattern` after `lowercase`, token for token.
public struct Tokenizer: Sendable, Hashable, Codable {
  /// What happens to accents before words are cut.
  public enum Folding: String, Sendable, Hashable, Codable {
    case none
    /// Compatibility decomposition (NFKD) without combining marks, scikit-learn's `strip_accents="unicode"`.
    case accents
  }

  public var fold: Folding
  /// Whether web addresses, DOIs and mail addresses are left out before words are cut; scikit-learn keeps their parts.
  public var skipsAddresses: Bool
  /// Whether TeX is read as prose before that: formulas and commands go, the text of commands and accents stay.
  public var readsTeX: Bool

  public init(fold: Folding = .none, skipsAddresses: Bool = false, readsTeX: Bool = false) {
    self.fold = fold
    self.skipsAddresses = skipsAddresses
    self.readsTeX = readsTeX
  }

  /// The tokens in the order of the text, repetitions included.
  public func tokens(in text: String) -> [String] {
    var buffer = TokenBuffer()
    scan(text, into: &buffer, removing: nil)
    return buffer.strings
  }

  /// Appends the tokens of a text to a buffer, without those that `stop` holds.
  func scan(_ text: String, into buffer: inout TokenBuffer, removing stop: TermTable?) {
    var text = text
    if readsTeX, let prose = text.withUTF8({ TeXText.prose($0) }) { text = String(decoding: prose, as: UTF8.self) }
    if skipsAddresses, let masked = text.withUTF8({ AddressMask.masked($0) }) {
      text = String(decoding: masked, as: UTF8.self)
    }
    if fold == .accents, let plain = AccentFolding.folded(text) {
      Tokenizer.scanUTF8(of: plain, lowercasing: false, into: &buffer, removing: stop)
    } else {
      Tokenizer.scanUTF8(of: text, lowercasing: true, into: &buffer, removing: stop)
    }
  }

  private static func scanUTF8(
    of text: String, lowercasing: Bool, into buffer: inout TokenBuffer, removing stop: TermTable?
  ) {
    var text = text
    text.withUTF8 { buffer.scan($0, lowercasing: lowercasing, removing: stop) }
  }
}
