import Glibc

/// Finds what is an address and no prose: `https://…`, `www.…`, `github.com/a/b`, `10.1234/abc`, `name@host.org`.
///
/// A service's name is no subject; without this the commonest terms of a list of abstracts are `https`, `github`, `com`.
enum AddressMask {
  /// The text with a full stop in place of each byte of an address, so that phrases end there; nil where there is none.
  static func masked(_ text: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
    var found: [Range<Int>] = []
    // Every address has one of these three bytes, and most texts have few of them.
    collect(UInt8(ascii: "/"), text, &found)
    collect(UInt8(ascii: "@"), text, &found)
    collectHosts(text, &found)
    if found.isEmpty { return nil }
    var bytes = Array(text)
    for range in found {
      for i in range { bytes[i] = UInt8(ascii: ".") }
    }
    return bytes
  }

  private static func collect(_ byte: UInt8, _ text: UnsafeBufferPointer<UInt8>, _ found: inout [Range<Int>]) {
    guard let base = text.baseAddress else { return }
    var i = 0
    while i < text.count, let hit = memchr(base + i, CInt(byte), text.count - i) {
      let place = base.distance(to: hit.assumingMemoryBound(to: UInt8.self))
      let word = run(around: place, in: text)
      if isAddress(text, word) { found.append(word) }
      i = max(place + 1, word.upperBound)
    }
  }

  /// `www.` without a slash behind it.
  private static func collectHosts(_ text: UnsafeBufferPointer<UInt8>, _ found: inout [Range<Int>]) {
    guard let base = text.baseAddress else { return }
    var i = 0
    while i < text.count, let hit = memchr(base + i, CInt(UInt8(ascii: ".")), text.count - i) {
      let place = base.distance(to: hit.assumingMemoryBound(to: UInt8.self))
      i = place + 1
      guard place >= 3, (place - 3..<place).allSatisfy({ text[$0] | 0x20 == UInt8(ascii: "w") }) else { continue }
      let word = run(around: place, in: text)
      if word.lowerBound == place - 3 { found.append(word) }
      i = max(i, word.upperBound)
    }
  }

  /// The bytes around a place that can stand in an address.
  private static func run(around place: Int, in text: UnsafeBufferPointer<UInt8>) -> Range<Int> {
    var start = place
    while start > 0, !isBorder(text[start - 1]), text[start - 1] != UInt8(ascii: "("), start > place - 2000 {
      start -= 1
    }
    var end = place
    var open = 0
    while end < text.count, !isBorder(text[end]) {
      if text[end] == UInt8(ascii: "(") { open += 1 }
      if text[end] == UInt8(ascii: ")") {
        if open == 0 { break }
        open -= 1
      }
      end += 1
    }
    return start..<end
  }

  private static func isBorder(_ byte: UInt8) -> Bool {
    switch byte {
    case 0...0x20, 0x7F..., UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "\""), UInt8(ascii: "'"),
      UInt8(ascii: "{"), UInt8(ascii: "}"), UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "|"),
      UInt8(ascii: "\\"), UInt8(ascii: "`"), UInt8(ascii: ","), UInt8(ascii: ";"):
      true
    default: false
    }
  }

  private static func isAddress(_ text: UnsafeBufferPointer<UInt8>, _ word: Range<Int>) -> Bool {
    guard let slash = word.first(where: { text[$0] == UInt8(ascii: "/") }) else {
      guard let at = word.first(where: { text[$0] == UInt8(ascii: "@") }), at > word.lowerBound else { return false }
      return isHost(text, at + 1..<word.upperBound)
    }
    if slash > word.lowerBound, text[slash - 1] == UInt8(ascii: ":"), slash + 1 < word.upperBound,
      text[slash + 1] == UInt8(ascii: "/")
    {
      return true
    }
    return isHost(text, word.lowerBound..<slash) || isDOIPrefix(text, word.lowerBound..<slash)
  }

  /// Names joined by full stops, the last of two letters or more.
  private static func isHost(_ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> Bool {
    var end = range.upperBound
    while end > range.lowerBound, text[end - 1] == UInt8(ascii: ".") { end -= 1 }
    guard let dot = (range.lowerBound..<end).last(where: { text[$0] == UInt8(ascii: ".") }), dot > range.lowerBound
    else { return false }
    let last = dot + 1..<end
    guard last.count >= 2, last.allSatisfy({ isLetter(text[$0]) }) else { return false }
    return (range.lowerBound..<dot).allSatisfy { place in
      isLetter(text[place]) || (0x30...0x39).contains(text[place]) || text[place] == UInt8(ascii: "-")
        || text[place] == UInt8(ascii: ".")
    }
  }

  /// `10.` and four to nine digits, perhaps behind `doi:`.
  private static func isDOIPrefix(_ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> Bool {
    let digits = range.reversed().prefix { (0x30...0x39).contains(text[$0]) }
    guard (4...9).contains(digits.count), let first = digits.last, first - 3 >= range.lowerBound else { return false }
    return text[first - 1] == UInt8(ascii: ".") && text[first - 2] == UInt8(ascii: "0")
      && text[first - 3] == UInt8(ascii: "1")
      && (first - 3 == range.lowerBound || text[first - 4] == UInt8(ascii: ":"))
  }

  private static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte | 0x20) }
}
