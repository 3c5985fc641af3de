import JSON
import Synchronization
import Testing

private struct Parameters: Codable, Equatable {
  enum Metric: String, Codable { case cosine, euclidean }
  struct Range: Codable, Equatable { var low, high: Double }
  var k: Int
  var metric: Metric
  var ranges: [Range]
  var note: String?
  var anything: JSON
}

private func sample() throws -> JSON {
  try JSON.parse(#"{"k":5.0,"metric":"cosine","ranges":[{"low":1,"high":2.5}],"anything":{"x":[1,null]}}"#)
}

@Test func decodedValuesEncodeToTheSameJSON() throws {
  let parameters = try JSON.Decoder().decode(Parameters.self, from: sample())
  #expect(parameters.k == 5)
  #expect(parameters.note == nil)
  let encoded = try JSON.Encoder().encode(parameters)
  #expect(encoded == (try sample()))
  #expect(encoded.object?.keys == ["k", "metric", "ranges", "anything"])
}

@Test func aWrongTypeIsToldWithItsPointer() throws {
  var value = try sample()
  value["ranges"] = [["low": 1, "high": "two"]]
  #expect {
    _ = try JSON.Decoder().decode(Parameters.self, from: value)
  } throws: { error in
    guard case DecodingError.typeMismatch(_, let context)? = error as? DecodingError else { return false }
    return JSON.Pointer(context.codingPath).description == "/ranges/0/high"
  }
}

@Test func theDecoderTellsWhichMembersWereAskedFor() throws {
  let asked = Mutex<Set<String>>([])
  let decoder = JSON.Decoder { key in asked.withLock { _ = $0.insert(key) } }
  _ = try decoder.decode(Parameters.self, from: sample())
  #expect(
    asked.withLock { $0 } == [
      "/k", "/metric", "/ranges", "/ranges/0/low", "/ranges/0/high", "/note", "/anything",
    ])
}
