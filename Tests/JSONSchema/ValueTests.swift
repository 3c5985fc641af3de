import JSON
import Testing

@testable import JSONSchema

// MARK: Numbers

@Test func decimalsAreMultiplesAsTheyAreWritten() throws {
  // All multiples of 0.01 below 100 with two decimals, and those of 0.03 among them.
  for hundredths in 0..<10_000 {
    let number = try #require(Double("\(hundredths / 100).\(hundredths % 100 < 10 ? "0" : "")\(hundredths % 100)"))
    #expect(Numbers.isMultiple(.real(number), of: 0.01))
    #expect(Numbers.isMultiple(.real(number), of: 0.03) == (hundredths % 3 == 0))
  }
}

@Test(arguments: [
  (JSON.real(1e308), JSON.real(0.01), true), (.real(1e308), .real(1e308), true),
  (.real(1e308), .real(0.123456789), false),
  (.real(1e308), .integer(3), false), (.real(3e307), .integer(3), true),
  (.real(.leastNonzeroMagnitude), .real(.leastNonzeroMagnitude), true),
  (.real(2 * .leastNonzeroMagnitude), .real(.leastNonzeroMagnitude), true),
  (.real(.leastNonzeroMagnitude), .real(2 * .leastNonzeroMagnitude), false),
  (.real(1e308), .real(.leastNonzeroMagnitude), true),
  (.integer(.max), .integer(7), true), (.integer(.min), .integer(2), true), (.integer(.max), .integer(2), false),
  (.integer(.max), .real(0.1), true), (.integer(9_007_199_254_740_993), .integer(3), true),
  (.real(0.3), .real(0.1), true),
  (.real(-0.3), .real(0.1), true), (.real(0), .real(0.7), true), (.real(0.1), .integer(1), false),
  (.integer(1), .real(0.3), false),
])
func multiplesAreExactAtTheEnds(number: JSON, divisor: JSON, expected: Bool) {
  #expect(Numbers.isMultiple(number, of: divisor) == expected)
}

@Test func integersAndRealsCompareExactly() {
  let ordered: [JSON] = [
    .real(-1e300), .real(-0x1p63 * 1.5), .integer(.min), .integer(.min + 1), .integer(-9_007_199_254_740_993),
    .real(-9_007_199_254_740_992), .real(-1.5), .integer(-1), .real(-0.5), .integer(0), .real(.leastNonzeroMagnitude),
    .real(0.5),
    .integer(1), .real(1.5), .real(9_007_199_254_740_992), .integer(9_007_199_254_740_993), .integer(.max),
    .real(0x1p63),
    .real(1e300),
  ]
  for (i, left) in ordered.enumerated() {
    for (j, right) in ordered.enumerated() { #expect(Numbers.isLess(left, right) == (i < j), "\(left) \(right)") }
  }
  #expect(!Numbers.isLess(1, 1.0) && !Numbers.isLess(1.0, 1))
  #expect(!Numbers.isLess(.real(-0x1p63), .integer(.min)) && !Numbers.isLess(.integer(.min), .real(-0x1p63)))
}

@Test func integersAreNotRounded() throws {
  let schema = try CompiledSchema(["maximum": 9_007_199_254_740_992, "type": "integer"], uri: "quire:a")
  #expect(schema.isValid(9_007_199_254_740_992))
  #expect(!schema.isValid(9_007_199_254_740_993))
  #expect(schema.isValid(1.0) && !schema.isValid(1.5))
}

@Test func valuesThatNoTextHoldsAreHarmless() throws {
  let schema = try CompiledSchema(
    ["minimum": 1, "maximum": 2.5, "multipleOf": 0.5, "enum": [1], "uniqueItems": true], uri: "quire:a")
  for value in [Double.nan, .infinity, -.infinity] {
    #expect(!schema.isValid(.real(value)))
    #expect(!schema.validate([.array(Array(repeating: .real(value), count: 20))]).isEmpty)
    #expect(!schema.validate(.real(value)).isEmpty)
  }
}

// MARK: Equality

@Test func equalValuesHashAlike() throws {
  let first = try JSON.parse(#"{"a": [1, 2.0, null], "b": {"c": "é"}}"#)
  let second = try JSON.parse(#"{"b": {"c": "é"}, "a": [1.0, 2, null]}"#)
  #expect(first == second && first.structuralHash == second.structuralHash)
  // Canonically equivalent texts are different texts.
  #expect(JSON.string("\u{E9}").structuralHash != JSON.string("e\u{301}").structuralHash)
}

@Test(arguments: [3, 8, 9, 40, 1_000])
func duplicatesAreFoundInShortAndLongArrays(count: Int) {
  let distinct = (0..<count).map { JSON.object(["n": JSON($0), "s": .string("\($0)")]) }
  #expect(firstDuplicate(in: distinct) == nil)
  let again = firstDuplicate(in: distinct + [.object(["s": "1", "n": 1.0])])
  #expect(again?.0 == 1 && again?.1 == count)
}

@Test func namesAreComparedByCodePoints() throws {
  for count in [2, 20] {
    let names = (0..<count).map { "caf\u{E9}\($0)" }
    let schema = try CompiledSchema(
      [
        "properties": .object(JSON.Object(distinct: names.map { .init($0, ["type": "null"]) })),
        "additionalProperties": false,
      ],
      uri: "quire:a")
    #expect(schema.isValid(["caf\u{E9}1": nil]))
    #expect(!schema.isValid(["cafe\u{301}1": nil]))
  }
}

@Test func longEnumerationsAreLookedUp() throws {
  let values = (0..<100).map { JSON.integer($0) } + [["a": 1]]
  let schema = try CompiledSchema(["enum": .array(values)], uri: "quire:a")
  #expect(schema.isValid(99.0) && schema.isValid(["a": 1.0]))
  #expect(!schema.isValid(100) && !schema.isValid("1"))
}

// MARK: Formats

@Test func digestsAreLowerCase() {
  let digest = String(repeating: "0a", count: 32)
  #expect(Format.sha256.holds(digest))
  #expect(!Format.sha256.holds(digest.uppercased()))
  #expect(!Format.sha256.holds(String(digest.dropLast())))
  #expect(!Format.sha256.holds(digest + "0"))
}

@Test(arguments: [
  ("http://[::1]/", true), ("http://[1::]", true), ("http://[1:2:3:4:5:6:7:8]:80", true),
  ("http://[::ffff:1.2.3.4]", true),
  ("http://[v1.a:b]", true), ("http://[1:2:3:4:5:6:7]", false), ("http://[1::2::3]", false), ("http://[:::]", false),
  ("http://[1:2:3:4:5:6:7:8:9]", false), ("http://[12345::]", false), ("http://[:1]", false), ("http://[1:]", false),
  ("http://[v.a]", false), ("http://[::1", false), ("urn:", true), (":a", false),
  ("quire:common/matrix.json#/$defs", true),
  ("a:%", false), ("a:%2", false), ("a:%2g", false), ("a:%2f", true), ("http://a:b@c:1/", true),
  ("http://a@b@c", false),
])
func addressesFollowTheGrammar(text: String, isURI: Bool) {
  #expect(Format.uri.holds(text) == isURI)
}

@Test func formatsAreChecksOnlyWhenAsked() throws {
  let schema: JSON = ["format": "uri"]
  #expect(try CompiledSchema(schema, uri: "quire:a").isValid("no uri"))
  #expect(try !CompiledSchema(schema, uri: "quire:a", options: .init(assertsFormats: true)).isValid("no uri"))
}
