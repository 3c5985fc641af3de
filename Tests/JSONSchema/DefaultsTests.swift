import JSON
import JSONSchema
import Testing

private func filled(_ schema: String, _ instance: String) throws -> String {
  try CompiledSchema(try JSON.parse(schema), uri: "quire:test.json").applyingDefaults(to: try JSON.parse(instance)).text
}

@Test func defaultsFollowTheGivenMembersInTheOrderOfTheSchema() throws {
  let schema =
    #"{"properties": {"C": {"default": 1.0}, "maxIter": {"default": 100}, "labels": {}, "tol": {"default": 1e-4}}}"#
  #expect(try filled(schema, #"{"labels": [], "maxIter": 5}"#) == #"{"labels":[],"maxIter":5,"C":1.0,"tol":0.0001}"#)
  #expect(try filled(schema, "{}") == #"{"C":1.0,"maxIter":100,"tol":0.0001}"#)
  #expect(try filled(schema, #"{"C": null, "maxIter": null, "tol": null}"#) == #"{"C":null,"maxIter":null,"tol":null}"#)
  #expect(try filled(schema, "[3]") == "[3]")
}

@Test func defaultsReachIntoObjectsArraysAndReferences() throws {
  let schema = #"""
    {"properties": {
       "solver": {"$ref": "#/$defs/solver", "default": {"kind": "newton"}},
       "steps": {"items": {"$ref": "#/$defs/solver"}},
       "pair": {"prefixItems": [{"properties": {"a": {"default": 1}}}]},
       "other": {"additionalProperties": {"properties": {"a": {"default": 1}}}},
       "weight": {"$ref": "#/$defs/weight"}},
     "allOf": [{"properties": {"seed": {"default": 0}}}],
     "$defs": {"solver": {"properties": {"kind": {"default": "lbfgs"}, "memory": {"default": 10}}},
               "weight": {"type": "number", "default": 0.5}}}
    """#
  #expect(try filled(schema, "{}") == #"{"solver":{"kind":"newton","memory":10},"weight":0.5,"seed":0}"#)
  #expect(
    try filled(
      schema, #"{"steps": [{}, {"memory": 3}], "pair": [{}, {}], "other": {"x": {}}, "solver": {}, "weight": 1}"#)
      == #"{"steps":[{"kind":"lbfgs","memory":10},{"memory":3,"kind":"lbfgs"}],"pair":[{"a":1},{}],"other":{"x":{"a":1}},"#
      + #""solver":{"kind":"lbfgs","memory":10},"weight":1,"seed":0}"#)
}

@Test func defaultsOfTheBranchInForceAreFilledIn() throws {
  let schema = #"""
    {"properties": {"kind": {"default": "ward"}, "options": {"anyOf": [
        {"type": "string"}, {"type": "object", "properties": {"a": {"default": 1}}}]}},
     "if": {"properties": {"kind": {"const": "ward"}}},
     "then": {"properties": {"linkage": {"default": "ward"}}}, "else": {"properties": {"inits": {"default": 10}}}}
    """#
  #expect(try filled(schema, "{}") == #"{"kind":"ward","linkage":"ward"}"#)
  #expect(try filled(schema, #"{"kind": "nmf", "options": {}}"#) == #"{"kind":"nmf","options":{"a":1},"inits":10}"#)
}

@Test func fillingTwiceChangesNothing() throws {
  let schema = try CompiledSchema(
    try JSON.parse(
      #"""
      {"properties": {"a": {"default": {}, "properties": {"b": {"default": [{}]}}},
                      "c": {"oneOf": [{"type": "null"}, {"required": ["d"], "properties": {"e": {"default": 2}}}]}}}
      """#), uri: "quire:test.json")
  for instance: JSON in [[:], ["a": ["b": 1]], ["c": nil], ["c": ["d": 1]], ["c": [:]], 3, ["x": [1, [:]]]] {
    let once = schema.applyingDefaults(to: instance)
    #expect(schema.applyingDefaults(to: once).text == once.text)
  }
}

@Test func aDefaultThatAsksForItselfEnds() throws {
  #expect(try filled(##"{"properties": {"next": {"$ref": "#", "default": {}}}}"##, "{}") == #"{"next":{}}"#)
  #expect(
    try filled(##"{"properties": {"next": {"$ref": "#", "default": {}}}}"##, #"{"next":{}}"#)
      == #"{"next":{"next":{}}}"#)
}

// MARK: Shared definitions

private let matrix: JSON = [
  "title": "matrix",
  "anyOf": [
    ["$ref": "quire:common/input.json#/$defs/one"],
    ["type": "array", "items": ["$ref": "quire:common/input.json#/$defs/one"]],
    ["type": "array", "items": ["type": "array"]],
  ],
]
private let input: JSON = ["$defs": ["one": ["type": "object", "required": ["$artifact"]]]]

private func registry() throws -> SchemaRegistry {
  var registry = SchemaRegistry()
  try registry.add(matrix, uri: "quire:common/matrix.json")
  try registry.add(input, uri: "quire:common/input.json")
  return registry
}

@Test func sharedDefinitionsAreReportedWithTheirAnnotations() throws {
  let file: JSON = [
    "params": [
      "type": "object",
      "properties": [
        "features": ["$ref": "quire:common/matrix.json", "x-rank": 2, "x-streamed": true, "description": "rows"],
        "given": ["anyOf": [["type": "string"], ["$ref": "#/$defs/own"]]],
        "matrices": ["type": "array", "items": ["$ref": "quire:common/matrix.json"]],
        "C": ["type": "number"],
      ],
    ],
    "$defs": ["own": ["$ref": "quire:common/matrix.json", "x-dtype": "int64"]],
  ]
  let schema = try CompiledSchema(file, uri: "quire:probe/x.json#/params", registry: try registry())
  let params: JSON = [
    "C": 1, "matrices": [[[1]], [["$artifact": "x"]]], "given": "none", "features": ["$artifact": "sha256:0"],
  ]
  let found = schema.references(in: params)
  #expect(found.map(\.pointer) == ["/matrices/0", "/matrices/1", "/matrices/1/0", "/features"])
  #expect(
    found.map(\.definition) == [
      "common/matrix.json", "common/matrix.json", "common/input.json#/$defs/one", "common/matrix.json",
    ])
  #expect(found[3].annotations == ["x-rank": 2, "x-streamed": true])

  let other = schema.references(in: ["given": [[1, 2]]])
  #expect(other.map(\.pointer) == ["/given"])
  #expect(other.first?.annotations == ["x-dtype": "int64"])
  #expect(schema.references(in: ["given": "none", "C": 1]).isEmpty)
}

// MARK: Our own files

@Test func keywordsOutsideOurListAreNamed() throws {
  let schema = try JSON.parse(
    #"""
    {"type": "object", "x-unit": "nats", "$comment": "no", "properties": {"contains": {"contains": {}},
      "a": {"format": "email", "anyOf": [{"minProperties": 1}, {"format": "uri"}]}, "b": {"$ref": "../common/matrix.json"},
      "c": {"$ref": "quire:common/matrix.json"}, "d": {"$ref": "#/$defs/e"}, "f": {"const": {"$id": "x"}}},
     "$defs": {"e": {"unevaluatedProperties": false}}, "examples": [{"foo": 1}]}
    """#)
  #expect(
    CompiledSchema.unknownKeywords(in: schema) == [
      "/$comment", "/properties/contains/contains", "/properties/a/format", "/properties/a/anyOf/0/minProperties",
      "/properties/b/$ref", "/$defs/e/unevaluatedProperties",
    ])
}
