import JSON
import Testing

/// Rows of the protocol's table of inputs.
@Test(arguments: [
  (#""\ud800""#, JSON.ParseError.Kind.surrogate),
  (#"{"a\u0000":1}"#, .nulName),
  ("[1,]", .syntax), ("// c\n1", .syntax), ("NaN", .syntax), ("1 2", .syntax), ("", .syntax), ("\"a\nb\"", .syntax),
  (#"{"a":1,"a":2}"#, .duplicateKey),
  ("9223372036854775808", .number), ("1e999", .number),
  (String(repeating: "[", count: 513) + String(repeating: "]", count: 513), .depth),
  (String(repeating: "[", count: 100_000), .depth),
])
func malformedTextsAreRefusedByKind(_ text: String, _ kind: JSON.ParseError.Kind) {
  #expect("\(text.prefix(40))") {
    _ = try JSON.parse(text)
  } throws: {
    ($0 as? JSON.ParseError)?.kind == kind
  }
}

@Test(
  arguments: [
    [0x22, 0xC0, 0xAF, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22], [0x22, 0xF4, 0x90, 0x80, 0x80, 0x22],
    [0x22, 0xE2, 0x82, 0x22],
  ] as [[UInt8]])
func illFormedUTF8IsRefused(_ bytes: [UInt8]) {
  #expect {
    _ = try JSON.parse(bytes)
  } throws: {
    ($0 as? JSON.ParseError)?.kind == .utf8
  }
}

@Test func aRepeatedNameIsToldWithItsPlace() throws {
  let error = try #require(throws: JSON.ParseError.self) { try JSON.parse("{\"a\": 1,\n \"a\": 2}") }
  #expect(error.name == "a")
  #expect(error.line == 2)
}

@Test func depth512IsAccepted() throws {
  let text = String(repeating: "[", count: 512) + String(repeating: "]", count: 512)
  #expect(try JSON.parse(text).text == text)
}

@Test func nulInAStringAndUnderflowAndMinusZeroAreAccepted() throws {
  #expect(try JSON.parse(#""a\u0000b""#).string?.utf8.count == 3)
  #expect(try JSON.parse("1e-999").double == 0)
  #expect(try JSON.parse("-0.0").text == "-0.0")
}

@Test(arguments: [0.1, 1e23, Double.leastNonzeroMagnitude, 1.7976931348623157e308, -123.456, 1.0, 1e21, 1e-7, 2.5e-5])
func writtenRealsReadBackToTheSameBits(_ value: Double) throws {
  let text = JSON.real(value).text
  #expect(try JSON.parse(text).double?.bitPattern == value.bitPattern)
  #expect(try JSON.parse(text).typeName == JSON.real(value).typeName)
}

@Test func equalityIsMathematicalAndIgnoresTheOrderOfMembers() throws {
  #expect(try JSON.parse(#"{"a":1,"b":[2.0]}"#) == JSON.parse(#"{"b":[2],"a":1.0}"#))
  #expect(JSON.string("e\u{301}") != JSON.string("é"))
}
