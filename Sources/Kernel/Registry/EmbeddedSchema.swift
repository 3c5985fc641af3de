import JSON

/// A schema file as it stands in the binary. The text is not copied before somebody reads it.
struct EmbeddedSchema: Sendable {
  /// The path below `Schemas/`: `probe/logistic.json`.
  let path: String
  private let text: StaticString

  init(_ path: String, _ text: StaticString) {
    self.path = path
    self.text = text
  }

  func parse() throws(JSON.ParseError) -> JSON {
    try JSON.parse(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }
}
