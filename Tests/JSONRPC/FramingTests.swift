import JSONRPC
import Testing

/// Feeds the text in pieces of the size and returns the bodies and faults in order.
private func frames(_ text: String, pieces: Int = .max, finish: Bool = true, limits: FramingLimits = FramingLimits())
  -> [String]
{
  var reader = FrameReader(limits: limits)
  var found: [String] = []
  func take(_ frame: FrameReader.Frame) {
    switch frame {
    case .body(let range):
      let body = String(decoding: reader.bytes[range], as: UTF8.self)
      found.append(body)
      if body.hasPrefix("{") != body.hasSuffix("}") || body.isEmpty { reader.resynchronise(after: range) }
    case .badHeader: found.append("<bad header>")
    case .tooLarge: found.append("<too large>")
    }
  }
  var rest = Array(text.utf8)[...]
  while !rest.isEmpty {
    let piece = rest.prefix(pieces)
    rest = rest.dropFirst(piece.count)
    Array(piece).withUnsafeBytes { reader.append($0) }
    while let frame = reader.next() { take(frame) }
  }
  if finish, let frame = reader.finish() { take(frame) }
  return found
}

private func block(_ body: String) -> String { "Content-Length: \(body.utf8.count)\r\n\r\n\(body)" }

@Test(arguments: [1, 2, 3, 7, .max])
func bothFramingsAreFoundFromTheFirstBytes(_ pieces: Int) {
  #expect(frames("{\"a\":1}\n\r\n  \n{\"b\":2}", pieces: pieces) == ["{\"a\":1}", "{\"b\":2}"])
  #expect(frames("\u{FEFF}\n [1]\r\n", pieces: pieces) == ["[1]"])
  #expect(frames(block("{\"ü\":1}") + block("{}"), pieces: pieces) == ["{\"ü\":1}", "{}"])
  #expect(frames("\r\n content-length :  002\n\n{}", pieces: pieces) == ["{}"])
  #expect(frames("rubbish\n{}\n", pieces: pieces) == ["rubbish", "{}"])
}

@Test(arguments: [1, 5, .max])
func unusableHeadersAreToldOnceAndTheNextMessageIsRead(_ pieces: Int) {
  for bad in ["-2", "+2", "2.0", "0x2", "", "99999999999999999999", "2\r\nContent-Length: 3"] {
    #expect(
      frames("Content-Length: \(bad)\r\n\r\n{}" + block("{\"a\":1}"), pieces: pieces) == ["<bad header>", "{\"a\":1}"],
      "\(bad)")
  }
  #expect(frames("X: 1\r\n\r\n" + block("{}"), pieces: pieces) == ["<bad header>", "{}"])
  let charset = "Content-Type: application/json; charset="
  #expect(frames("\(charset)utf8\r\n" + block("{}"), pieces: pieces) == ["{}"])
  #expect(frames("\(charset)latin1\r\n" + block("{}") + block("[]"), pieces: pieces) == ["<bad header>", "{}", "[]"])
}

@Test(arguments: [1, 4, .max])
func lyingLengthsLoseNoOtherMessage(_ pieces: Int) {
  // Too short: the rest of the body is scanned over.
  #expect(frames("Content-Length: 4\r\n\r\n{\"a\":1}" + block("{\"b\":2}"), pieces: pieces) == ["{\"a\"", "{\"b\":2}"])
  // Too long: the swallowed message is found inside the body.
  let swallowed = block("{\"b\":2}")
  let first = "Content-Length: \(7 + swallowed.utf8.count - 3)\r\n\r\n{\"a\":1}"
  let found = frames(first + swallowed + block("{\"c\":3}"), pieces: pieces)
  #expect(found.suffix(2) == ["{\"b\":2}", "{\"c\":3}"])
}

@Test(arguments: [1, 1000, .max])
func messagesOverTheLimitAreSkipped(_ pieces: Int) {
  var limits = FramingLimits()
  limits.message = 50
  let long = "{\"a\":\"" + String(repeating: "x", count: 100) + "\"}"
  #expect(frames(block(long) + block("{}"), pieces: pieces, limits: limits) == ["<too large>", "{}"])
  #expect(frames("{}\n\(long)\n[]\n", pieces: pieces, limits: limits) == ["{}", "<too large>", "[]"])
}

@Test func aHeaderFloodIsBounded() {
  let flood = "A: " + String(repeating: "x", count: 20_000)
  #expect(frames(flood + "\r\n\r\n" + block("{}"), pieces: 512) == ["<bad header>", "{}"])
}

@Test func aCutBodyAtTheEndIsDropped() {
  #expect(frames("Content-Length: 10\r\n\r\n{\"a\"") == [])
  #expect(frames("Content-Len") == ["Content-Len"])
}

@Test func randomBytesNeverTrap() {
  var state: UInt64 = 42
  let alphabet = Array("Content-Length: 0123456789\r\n\r\n{}[]\":, xyz".utf8)
  for _ in 0..<300 {
    var bytes: [UInt8] = []
    for _ in 0..<200 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      bytes.append(alphabet[Int(state >> 33) % alphabet.count])
    }
    _ = frames(String(decoding: bytes, as: UTF8.self), pieces: 13)
  }
}
