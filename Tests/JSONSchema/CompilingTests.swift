import JSON
import Testing

@testable import JSONSchema

private func kind(_ schema: String, _ registry: SchemaRegistry = SchemaRegistry()) throws -> SchemaError.Kind? {
  let document = try JSON.parse(schema)
  do throws(SchemaError) {
    _ = try CompiledSchema(document, uri: "quire:test.json", registry: registry)
    return nil
  } catch {
    return error.kind
  }
}

@Test(arguments: [
  #"{"type": "float"}"#, #"{"type": 3}"#, #"{"type": [3]}"#, #"{"enum": 3}"#, #"{"minimum": "3"}"#,
  #"{"multipleOf": 0}"#, #"{"multipleOf": -1}"#, #"{"minLength": -1}"#, #"{"minItems": 1.5}"#, #"{"uniqueItems": 1}"#,
  #"{"required": "a"}"#, #"{"required": [1]}"#, #"{"properties": []}"#, #"{"properties": {"a": 3}}"#, #"{"allOf": []}"#,
  #"{"anyOf": {}}"#, #"{"items": [{}]}"#, #"{"pattern": "("}"#, #"{"patternProperties": {"[": {}}}"#, #"{"$ref": 3}"#,
  #"{"$id": 3}"#, ##"{"$id": "#a"}"##, #"{"dependentRequired": {"a": "b"}}"#, "3", "[]", "null",
])
func malformedKeywordsAreRefused(schema: String) throws {
  #expect(try kind(schema) == .malformed)
}

@Test func errorsSayWhere() throws {
  #expect {
    try CompiledSchema(["properties": ["a b": ["minimum": "x"]]], uri: "quire:test.json")
  } throws: { error in
    "\(error)" == #"quire:test.json#/properties/a b/minimum: must be a number, not "x" (string)"#
  }
  #expect {
    try CompiledSchema(["pattern": "(?=a)"], uri: "quire:test.json")
  } throws: { error in
    (error as? SchemaError)?.kind == .unsupported && "\(error)".contains("column 1: look-ahead is not supported")
  }
}

@Test(arguments: [
  ##"{"$ref": "#/$defs/missing"}"##, ##"{"$ref": "#missing"}"##, #"{"$ref": "quire:common/other.json"}"#,
  #"{"$ref": "https://json-schema.org/draft/2020-12/schema"}"#, ##"{"$dynamicRef": "#a"}"##, ##"{"$ref": "#/%zz"}"##,
  #"{"$schema": "http://json-schema.org/draft-07/schema#"}"#,
])
func nothingIsFetched(schema: String) throws {
  #expect(try kind(schema) == .unresolved)
}

@Test(arguments: [
  ##"{"$ref": "#"}"##, ##"{"allOf": [{"$ref": "#"}]}"##,
  ##"{"properties": {"a": {"not": {"$ref": "#/properties/a"}}}}"##,
  ##"{"$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"anyOf": [true, {"$ref": "#/$defs/a"}]}}, "$ref": "#/$defs/a"}"##,
])
func circlesInPlaceAreRefused(schema: String) throws {
  #expect(try kind(schema) == .endless)
}

@Test func circlesThroughTheInstanceAreFine() throws {
  let schema = try CompiledSchema(["items": ["$ref": "#"], "type": "array"], uri: "quire:tree.json")
  #expect(schema.isValid([[[]], []]))
  #expect(schema.validate([[[]], [3]]).map(\.pointer) == ["/1/0"])
}

@Test func duplicateIdentifiersAreRefused() throws {
  #expect(try kind(#"{"$defs": {"a": {"$anchor": "x"}, "b": {"$anchor": "x"}}}"#) == .duplicate)
  #expect(try kind(#"{"$defs": {"a": {"$id": "quire:x", "type": "null"}, "b": {"$id": "quire:x"}}}"#) == .duplicate)
  var registry = SchemaRegistry()
  try registry.add(["type": "null"], uri: "quire:a.json")
  try registry.add(["type": "null"], uri: "quire:a.json")
  #expect(throws: SchemaError.self) { try registry.add(["type": "string"], uri: "quire:a.json") }
}

@Test func unknownRequiredVocabulariesAreRefused() throws {
  var registry = SchemaRegistry()
  try registry.add(["$vocabulary": ["https://example.com/vocabulary": true]], uri: "https://example.com/meta")
  #expect(try kind(#"{"$schema": "https://example.com/meta"}"#, registry) == .unsupported)
}

@Test func aPartOfADocumentCompiles() throws {
  let file: JSON = [
    "name": "probe.logistic",
    "params": [
      "type": "object",
      "properties": [
        "C": ["$ref": "#/$defs/penalty"], "k": ["$ref": "#near"], "n": ["$anchor": "near", "type": "null"],
      ],
    ],
    "result": ["type": "object"],
    "$defs": ["penalty": ["type": "number", "exclusiveMinimum": 0]],
    "examples": [["params": ["C": 0]]],
  ]
  let params = try CompiledSchema(file, uri: "quire:probe/logistic.json#/params")
  #expect(params.isValid(["C": 1, "k": nil]))
  #expect(
    params.validate(["C": 0, "k": 1]).map(\.schemaLocation) == [
      "quire:probe/logistic.json#/$defs/penalty/exclusiveMinimum",
      "quire:probe/logistic.json#/params/properties/n/type",
    ])
  var registry = SchemaRegistry()
  try registry.add(file, uri: "quire:probe/logistic.json")
  #expect(try !CompiledSchema(uri: "quire:probe/logistic.json#/result", registry: registry).isValid(3))
  #expect(throws: SchemaError.self) { try CompiledSchema(uri: "quire:probe/logistic.json#/none", registry: registry) }
  #expect(throws: SchemaError.self) { try CompiledSchema(uri: "quire:other.json", registry: registry) }
}

@Test(arguments: [
  // RFC 3986, section 5.4, against http://a/b/c/d;p?q
  ("g:h", "g:h"), ("g", "http://a/b/c/g"), ("./g", "http://a/b/c/g"), ("g/", "http://a/b/c/g/"), ("/g", "http://a/g"),
  ("//g", "http://g"), ("?y", "http://a/b/c/d;p?y"), ("g?y", "http://a/b/c/g?y"), (";x", "http://a/b/c/;x"),
  ("", "http://a/b/c/d;p?q"), (".", "http://a/b/c/"), ("./", "http://a/b/c/"), ("..", "http://a/b/"),
  ("../", "http://a/b/"), ("../g", "http://a/b/g"), ("../..", "http://a/"), ("../../g", "http://a/g"),
  ("../../../g", "http://a/g"), ("/./g", "http://a/g"), ("/../g", "http://a/g"), ("g.", "http://a/b/c/g."),
  (".g", "http://a/b/c/.g"), ("g..", "http://a/b/c/g.."), ("./../g", "http://a/b/g"), ("./g/.", "http://a/b/c/g/"),
  ("g/./h", "http://a/b/c/g/h"), ("g/../h", "http://a/b/c/h"), ("g;x=1/../y", "http://a/b/c/y"),
])
func referencesResolveAsTheStandardShows(reference: String, expected: String) {
  #expect(URIReference(reference).resolved(against: URIReference("http://a/b/c/d;p?q")).absolute == expected)
}
