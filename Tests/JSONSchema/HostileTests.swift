import Foundation
import JSON
import TestSupport
import Testing

@testable import JSONSchema

private func nested(_ depth: Int, _ step: (JSON) -> JSON) -> JSON {
  (0..<depth).reduce([:]) { value, _ in step(value) }
}

@Test func theDeepestInstanceIsCheckedToItsEnd() throws {
  let schema = try CompiledSchema(
    try JSON.parse(
      ##"{"type": "object", "allOf": [{"properties": {"a": {"anyOf": [{"$ref": "#"}]}}}], "additionalProperties": true}"##
    ),
    uri: "quire:deep.json")
  let deepest = nested(JSON.maximumDepth - 1) { ["a": $0] }
  #expect(schema.isValid(deepest))
  let broken = (0..<JSON.maximumDepth - 1).reduce(JSON.integer(3)) { value, _ in ["a": value] }
  #expect(schema.validate(broken).first?.pointer == String(repeating: "/a", count: JSON.maximumDepth - 1))
}

/// Worker threads may have small stacks: the deepest recursion must fit into that of a POSIX thread.
@Test(.withoutSanitizer) func theDeepestRecursionFitsIntoAThread() throws {
  let schema = try CompiledSchema(
    try JSON.parse(
      ##"{"properties": {"a": {"allOf": [{"anyOf": [{"oneOf": [{"$ref": "#"}]}]}], "default": 1}}}"##),
    uri: "quire:deep.json")
  let deep = nested(5_000) { ["a": $0] }
  let done = DispatchSemaphore(value: 0)
  let thread = Thread {
    let violations = schema.validate(deep)
    #expect(violations.map(\.message) == ["is nested too deeply for this schema"])
    _ = schema.applyingDefaults(to: nested(500) { ["a": $0] })
    _ = schema.references(in: deep)
    done.signal()
  }
  thread.stackSize = 8 << 20
  thread.start()
  done.wait()
}

@Test func exponentialSchemasAreGivenUp() throws {
  var registry = SchemaRegistry()
  try registry.add(
    try JSON.parse(
      ##"""
      {"oneOf": [{"properties": {"a": {"$ref": "#"}, "kind": {"const": "x"}}, "required": ["kind"]},
                 {"properties": {"a": {"$ref": "#"}, "kind": {"const": "y"}}, "required": ["kind"]}]}
      """##), uri: "quire:two.json")
  let schema = try CompiledSchema(uri: "quire:two.json", registry: registry)
  #expect(schema.isValid(["a": ["a": ["kind": "x"], "kind": "y"], "kind": "x"]))
  let violations = schema.validate(nested(400) { ["a": $0, "kind": "x"] })
  #expect(violations.map(\.message) == ["takes this schema too long to check"])
  // Giving up is no proof of the contrary.
  let negated = try CompiledSchema(["not": ["$ref": "quire:two.json"]], uri: "quire:not.json", registry: registry)
  #expect(!negated.isValid(nested(400) { ["a": $0, "kind": "x"] }))
}

@Test func largeInstancesAreNotTakenForMuchWork() throws {
  let schema = try CompiledSchema(
    [
      "items": [
        "allOf": [["type": "integer"], ["minimum": 0], ["maximum": 10], ["multipleOf": 1], ["not": ["const": 11]]]
      ]
    ],
    uri: "quire:many.json")
  #expect(schema.isValid(.array(Array(repeating: 3, count: 400_000))))
}

@Test func aDeepSchemaCompiles() throws {
  let deep = (0..<JSON.maximumDepth - 2).reduce(JSON.bool(true)) { value, _ in ["not": value] }
  let schema = try CompiledSchema(deep, uri: "quire:deep.json")
  #expect(schema.isValid(3) == (JSON.maximumDepth % 2 == 0))
}

@Test func manyUnknownMembersCostNoMoreThanTheirNumber() throws {
  let schema = try CompiledSchema(
    [
      "properties": .object(JSON.Object(distinct: (0..<50).map { .init("member\($0)", [:]) })),
      "additionalProperties": false,
    ],
    uri: "quire:a.json")
  let instance = JSON.object(JSON.Object(distinct: (0..<20_000).map { .init("unknown\($0)", 1) }))
  #expect(schema.validate(instance).map(\.pointer) == (0..<11).map { "/unknown\($0)" })
}
