import Testing

@testable import JSON

/// Random texts, most of them JSON with long strings, and mutations of them.
private struct Generator {
  var state: UInt64

  mutating func next(_ limit: Int) -> Int {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Int(state >> 33) % limit
  }

  private let pieces = [
    "a", "plain words ", "\\n", "\\\"", "\\\\", "\\/", "\\u00e9", "\\ud83d\\ude00", "ü", "€", "😀", "\\u0000", "\u{7F}",
    "\\b\\f\\r\\t", "{[", "]}", ":", ",",
  ]

  private let flaws = [
    "\\ud800", "\\udc00", "\\ud800\\u0041", "\\x", "\\u12", "\\u12g4", "\n", "\u{1}", "\"", "\\", "\\ud83d\\n",
  ]

  mutating func string(_ size: Int) -> String {
    var text = next(20) == 0 ? "\\u0000" : ""
    while text.utf8.count < size { text += pieces[next(pieces.count)] }
    if next(150) == 0 { text += flaws[next(flaws.count)] + "tail" }
    return "\"\(text)\""
  }

  mutating func value(_ depth: Int) -> String {
    switch next(depth > 4 ? 4 : 7) {
    case 0: return ["1", "-0", "2.5e3", "true", "null", "1e999", "-12345678901234567890"][next(next(30) == 0 ? 7 : 5)]
    case 1: return string(next(8))
    case 2, 3: return string(next(400))
    case 4:
      return "[" + (0..<next(5)).map { _ in value(depth + 1) }.joined(separator: [",", " , ", ",\n"][next(3)]) + "]"
    default:
      var members: [String] = []
      for number in 0..<next(5) {
        let name = next(6) == 0 ? string(next(200)) : "\"k\(next(30) == 0 ? 0 : number)\""
        members.append(name + [":", " : ", "\n:"][next(3)] + value(depth + 1))
      }
      return "{" + members.joined(separator: ",") + "}"
    }
  }

  mutating func bytes() -> [UInt8] {
    var text = "[" + (0..<4).map { _ in value(0) }.joined(separator: ",") + "," + string(520) + "]"
    if next(10) == 0 { text = string(700) }
    var bytes = Array(text.utf8)
    if next(3) == 0 {
      for _ in 0...next(3) {
        let place = next(bytes.count)
        switch next(4) {
        case 0: bytes[place] = UInt8(next(256))
        case 1: bytes.remove(at: place)
        case 2: bytes.insert(Array("\"\\{}[]:,\u{1}".utf8)[next(9)], at: place)
        default: bytes.removeSubrange(place...)
        }
        if bytes.isEmpty { break }
      }
    }
    return bytes
  }
}

private func outcome(_ body: () throws -> JSON) -> String {
  do { return try body().text } catch { return "\(error)" }
}

@Test(arguments: 0..<8)
func textsWithLongStringsAreReadAsLibjanssonReadsThem(_ seed: UInt64) {
  var generator = Generator(state: seed &* 7919 &+ 1)
  var read = 0
  for _ in 0..<150 {
    let bytes = generator.bytes()
    let plain = outcome { try bytes.withUnsafeBytes { try JSON.parsePlainly($0, []) } }
    let lifted = outcome { try JSON.parse(bytes) }
    #expect(lifted == plain, "\(String(decoding: bytes, as: UTF8.self))")
    if plain.hasPrefix("[") { read += 1 }
  }
  #expect(read > 25, "enough texts must be readable for this to say something")
}

@Test func aStringThatLooksLikeAPlaceholderStandsForItself() throws {
  let long = String(repeating: "x", count: 600)
  let value = try JSON.parse(#"["\#(long)","\u00000","\u00001","\u0000",{"a":"\u00000"}]"#)
  #expect(value == [.string(long), "\u{0}0", "\u{0}1", "\u{0}", ["a": "\u{0}0"]])
}

@Test func tooDeepATextIsToldByTheBracket() throws {
  let text = "[\n  " + String(repeating: "[", count: 600) + String(repeating: "]", count: 601)
  let error = try #require(throws: JSON.ParseError.self) { try JSON.parse(text) }
  #expect(error.kind == .depth)
  #expect(error.offset == 4 + 511)
  #expect(error.line == 2 && error.column == 2 + 511 + 1)
}

@Test func bracketsInsideStringsAreNoDepth() throws {
  let text = "[\"" + String(repeating: "[{", count: 2000) + "\"]"
  #expect(try JSON.parse(text).text == text)
}
