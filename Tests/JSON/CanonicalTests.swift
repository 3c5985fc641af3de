import JSON
import TestSupport
import Testing

private let skip = Comment(rawValue: SharedData.absence)

@Test(.enabled(if: SharedData.isPresent, skip))
func canonicalNumbersEqualTheVectors() throws {
  let file = try JSON.parse(try SharedData.bytes("vectors/jcs_numbers.json"))
  let cases = try #require(file["numbers"]?.array)
  #expect(cases.count > 100)
  for entry in cases {
    let bits = try #require(entry["bits"]?.string.flatMap { UInt64($0, radix: 16) })
    let text = try JSON.real(Double(bitPattern: bits)).canonicalBytes()
    #expect(String(decoding: text, as: UTF8.self) == entry["json"]?.string)
  }
  for entry in try #require(file["not_finite"]?.array) {
    let bits = try #require(entry["bits"]?.string.flatMap { UInt64($0, radix: 16) })
    #expect(throws: JSON.CanonicalError.notFinite(pointer: "/0")) {
      try JSON.array([.real(Double(bitPattern: bits))]).canonicalBytes()
    }
  }
}

@Test(.enabled(if: SharedData.isPresent, skip))
func canonicalDocumentsEqualTheVectors() throws {
  let file = try JSON.parse(try SharedData.bytes("vectors/jcs_documents.json"))
  for entry in try #require(file["documents"]?.array) {
    let input = try #require(entry["input"]?.string)
    let canonical = try JSON.parseCanonicalizable(Array(input.utf8)).canonicalBytes()
    #expect(String(decoding: canonical, as: UTF8.self) == entry["canonical"]?.string, "\(entry["name"]?.string ?? "")")
    let again = try JSON.parseCanonicalizable(canonical).canonicalBytes()
    #expect(again == canonical)
  }
}

@Test(.enabled(if: SharedData.isPresent, skip))
func textsWithoutACanonicalFormAreRefusedForTheRightReason() throws {
  let kinds: [String: JSON.ParseError.Kind] = [
    "duplicate_key": .duplicateKey, "lone_surrogate": .surrogate, "inexact_integer": .number,
    "number_overflow": .number, "syntax": .syntax, "invalid_utf8": .utf8, "depth": .depth, "nesting": .depth,
  ]
  let file = try JSON.parse(try SharedData.bytes("vectors/jcs_documents.json"))
  for entry in try #require(file["rejects"]?.array) {
    let input: [UInt8] =
      if let hex = entry["input_hex"]?.string {
        stride(from: 0, to: hex.count, by: 2).compactMap { UInt8(hex.dropFirst($0).prefix(2), radix: 16) }
      } else {
        Array(try #require(entry["input"]?.string).utf8)
      }
    let wanted = try #require(kinds[entry["error"]?.string ?? ""], "\(entry)")
    let name = entry["name"]?.string ?? ""
    #expect("\(name)") {
      _ = try JSON.parseCanonicalizable(input).canonicalBytes()
    } throws: { error in
      // The reader finds a lone surrogate's escape before it could be ill-formed UTF-8, and a BOM is no JSON.
      (error as? JSON.ParseError)?.kind == wanted
    }
  }
}

@Test func integersThatABinary64DoesNotHoldAreRefusedWithTheirPlace() {
  let value: JSON = ["a": [1, 9_007_199_254_740_993]]
  #expect(throws: JSON.CanonicalError.inexactInteger(pointer: "/a/1")) { try value.canonicalBytes() }
}
