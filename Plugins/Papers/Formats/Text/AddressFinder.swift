/// An address in running text.
struct FoundAddress: Sendable, Equatable {
  /// All that belongs to the address: of a doubled one both copies and the braces between them.
  var range: Range<Int>
  /// The address itself, once, without punctuation behind it.
  var address: Range<Int>
  var hasScheme = true
  var isDoubled = false
  /// The signs behind the address that are no part of it, where they are more than the end of a sentence.
  var oddPunctuation: Range<Int>?
}

/// Finds addresses: with `http`, `https` or `ftp`, with `www.`, and bare ones at hosts that papers link to.
enum AddressFinder {
  /// Hosts whose addresses are often typed without a scheme. A host counts only with a path behind it.
  static let knownHosts: [StaticString] = [
    "github.com/", "gitlab.com/", "bitbucket.org/", "codeberg.org/", "huggingface.co/", "hf.co/", "zenodo.org/",
    "osf.io/", "figshare.com/", "kaggle.com/", "arxiv.org/", "doi.org/", "dx.doi.org/", "sites.google.com/",
    "openreview.net/", "aclanthology.org/", "pypi.org/", "sourceforge.net/", "git.io/", "bit.ly/", "goo.gl/",
    "anonymous.4open.science/", "openml.org/", "youtube.com/", "youtu.be/", "drive.google.com/",
    "colab.research.google.com/", "gist.github.com/", "modelscope.cn/", "gitee.com/",
  ]
  private static let pages: [StaticString] = [".github.io", ".gitlab.io", ".netlify.app", ".vercel.app"]

  static func find(_ bytes: [UInt8]) -> [FoundAddress] {
    var found: [FoundAddress] = []
    var index = 0
    while index < bytes.count {
      guard bytes[index].isASCIIWord else {
        index += 1
        continue
      }
      guard let start = begin(bytes, index) else {
        // A scheme may be glued to a word; a bare host begins one.
        index += 1
        while index < bytes.count, bytes[index].isASCIIWord, bytes[index] | 0x20 != UInt8(ascii: "h") { index += 1 }
        continue
      }
      let end = addressEnd(bytes, start.host)
      guard end > start.host else {
        index += 1
        continue
      }
      var address = FoundAddress(range: index..<end, address: index..<end, hasScheme: start.hasScheme)
      joinDouble(bytes, &address)
      var after = address.range.upperBound
      while after < bytes.count, bytes[after].isAny(of: "\"')]}>.,;:!?") { after += 1 }
      if isOdd(bytes[address.range.upperBound..<after]) { address.oddPunctuation = address.range.upperBound..<after }
      found.append(address)
      index = max(address.range.upperBound, index + 1)
    }
    return found
  }

  /// Where the host begins behind a scheme; for bare addresses, at the address itself.
  private static func begin(_ bytes: [UInt8], _ index: Int) -> (host: Int, hasScheme: Bool)? {
    let first = bytes[index] | 0x20
    if first == UInt8(ascii: "h") || first == UInt8(ascii: "f") {
      for scheme in schemes where bytes.hasFolded(scheme, at: index) { return (index + scheme.utf8CodeUnitCount, true) }
    }
    // What has no scheme does not begin inside a word, and has a dot in it.
    guard index == 0 || !bytes[index - 1].isWord && !bytes[index - 1].isAny(of: "./-_@:") else { return nil }
    var end = index + 1
    while end < bytes.count, end - index < 64, bytes[end].isASCIIWord || bytes[end] == UInt8(ascii: "-") { end += 1 }
    guard end + 1 < bytes.count, bytes[end] == UInt8(ascii: "."), bytes[end + 1].isASCIIWord else { return nil }
    let isHost =
      bytes.hasFolded("www.", at: index) || knownHosts.contains { bytes.hasFolded($0, at: index) }
      || pages.contains { bytes.hasFolded($0, at: end) }
    return isHost ? (index, false) : nil
  }

  private static let schemes: [StaticString] = ["https://", "http://", "ftp://"]

  private static func addressEnd(_ bytes: [UInt8], _ start: Int) -> Int {
    var end = start
    while end < bytes.count, isAddressByte(bytes[end]) { end += 1 }
    var trimmed = end
    while trimmed > start {
      switch bytes[trimmed - 1] {
      case UInt8(ascii: "."), UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: ":"), UInt8(ascii: "!"),
        UInt8(ascii: "?"), UInt8(ascii: "'"), UInt8(ascii: "*"):
        trimmed -= 1
      case UInt8(ascii: ")") where unbalanced(bytes[start..<trimmed], UInt8(ascii: "("), UInt8(ascii: ")")):
        trimmed -= 1
      case UInt8(ascii: "]") where unbalanced(bytes[start..<trimmed], UInt8(ascii: "["), UInt8(ascii: "]")):
        trimmed -= 1
      default: return trimmed
      }
    }
    return trimmed
  }

  private static func isAddressByte(_ byte: UInt8) -> Bool {
    byte > 0x20 && byte != 0x7F && !byte.isAny(of: "<>\"{}|\\^`")
  }

  private static func unbalanced(_ text: ArraySlice<UInt8>, _ open: UInt8, _ close: UInt8) -> Bool {
    text.count { $0 == close } > text.count { $0 == open }
  }

  /// `url}{url` and `url{url}`: what is left of a `\href` whose command was lost.
  private static func joinDouble(_ bytes: [UInt8], _ found: inout FoundAddress) {
    var index = found.address.upperBound
    if index < bytes.count, bytes[index] == UInt8(ascii: "}") { index += 1 }
    guard index < bytes.count, bytes[index] == UInt8(ascii: "{") else { return }
    index += 1
    let end = addressEnd(bytes, index)
    guard bare(bytes[index..<end]).elementsEqual(bare(bytes[found.address])) else { return }
    found.isDoubled = true
    let hasBrace = end < bytes.count && bytes[end] == UInt8(ascii: "}")
    found.range = found.range.lowerBound..<(hasBrace ? end + 1 : end)
  }

  /// The address without scheme and final slash, for comparison.
  private static func bare(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    let rest = text.firstRange(of: "://").map { text[$0.upperBound...] } ?? text
    return rest.last == UInt8(ascii: "/") ? rest.dropLast() : rest
  }

  /// One full stop or comma ends the sentence or clause; anything else is worth a word.
  private static func isOdd(_ signs: ArraySlice<UInt8>) -> Bool {
    guard let first = signs.first else { return false }
    if signs.count == 1 { return !first.isAny(of: ".,;)!?") }
    return !(signs.count == 2 && first == UInt8(ascii: ")") && signs[signs.startIndex + 1].isAny(of: ".,;"))
  }
}
