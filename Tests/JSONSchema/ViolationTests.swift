import JSON
import JSONSchema
import Testing

private func compiled(_ text: String, asserting: Bool = true) throws -> CompiledSchema {
  try CompiledSchema(
    try JSON.parse(text), uri: "quire:probe/sparse.json", options: .init(assertsFormats: asserting))
}

private func messages(_ schema: String, _ instance: String, limit: Int = 11) throws -> [String] {
  try compiled(schema).validate(try JSON.parse(instance), limit: limit).map(\.message)
}

/// A schema, an instance, and the first sentence about it.
private let sentences: [(String, String, String)] = [
  (#"{"type": "integer"}"#, "\"abc\"", #"must be an integer, not "abc" (string)"#),
  (#"{"type": ["string", "null"]}"#, "3", "must be a string or null, not 3 (integer)"),
  (#"{"type": "number"}"#, "[1,2,3]", "must be a number, not [1,2,3] (array of 3 items)"),
  (#"{"minimum": 1}"#, "0", "must be at least 1, not 0"),
  (#"{"exclusiveMinimum": 0}"#, "-0.5", "must be above 0, not -0.5"),
  (#"{"maximum": 0.5}"#, "1", "must be at most 0.5, not 1"),
  (#"{"exclusiveMaximum": 1}"#, "1", "must be below 1, not 1"),
  (#"{"multipleOf": 0.01}"#, "0.075", "must be a multiple of 0.01, not 0.075"),
  (#"{"minLength": 1}"#, "\"\"", "must have at least 1 character"),
  (#"{"maxLength": 2}"#, "\"abc\"", "must have at most 2 characters"),
  (#"{"pattern": "^a+$"}"#, "\"b\"", #"must match ^a+$, which "b" does not"#),
  (#"{"format": "sha256"}"#, "\"b\"", #"must be 64 lower-case hexadecimal digits, not "b""#),
  (#"{"enum": ["smooth", "plain", 3]}"#, "\"x\"", #"must be "smooth", "plain" or 3, not "x""#),
  (#"{"const": {"a": 1}}"#, "[]", #"must be {"a":1}, not []"#),
  (#"{"minItems": 1}"#, "[]", "must have at least 1 item"),
  (#"{"prefixItems": [{}], "items": false}"#, "[1,2]", "must have at most 1 item"),
  (#"{"uniqueItems": true}"#, "[1,2,1.0]", "must have distinct items; those at 0 and 2 are equal"),
  (#"{"contains": {"type": "string"}}"#, "[1]", "must have at least 1 item of this kind: a string"),
  (#"{"required": ["a", "b"]}"#, #"{"a":1}"#, "must have the member 'b'"),
  (#"{"dependentRequired": {"a": ["b"]}}"#, #"{"a":1}"#, "must have the member 'b' beside 'a'"),
  (#"{"minProperties": 2}"#, #"{"a":1}"#, "must have at least 2 members"),
  (
    #"{"properties": {"ks": {"items": {"type": "integer"}}}}"#, #"{"ks":[1,"b"]}"#,
    #"ks/1: must be an integer, not "b" (string)"#
  ),
  (#"{"properties": {"a/b": false}}"#, #"{"a/b":1}"#, "a~1b: must not be given"),
  (#"{"properties": {"a": {}}, "additionalProperties": false}"#, #"{"b":1}"#, "b: is not a known member"),
  (#"{"properties": {"a": {}}, "unevaluatedProperties": false}"#, #"{"b":1}"#, "b: is not a known member"),
  (#"{"propertyNames": {"maxLength": 2}}"#, #"{"abc":1}"#, "abc: must have a name that is a string"),
  (#"{"not": {"type": "null"}}"#, "null", "must not be null"),
  (
    #"{"oneOf": [{"type": "integer"}, {"minimum": 2}]}"#, "3",
    "must be of one kind only, and is an integer and a number at least 2"
  ),
  ("false", "1", "must not be given"),
]

@Test(arguments: sentences)
func violationsAreSentences(schema: String, instance: String, sentence: String) throws {
  #expect(try messages(schema, instance).first == sentence)
}

@Test func violationCarriesAllThatAnErrorShows() throws {
  let schema = try compiled(#"{"properties": {"C": {"type": "number", "exclusiveMinimum": 0}}}"#)
  let violation = try #require(schema.validate(["C": -1]).first)
  #expect(violation.pointer == "/C")
  #expect(violation.keyword == "exclusiveMinimum")
  #expect(violation.expected == "a number above 0")
  #expect(violation.found == "-1 (integer)")
  #expect(violation.schemaLocation == "quire:probe/sparse.json#/properties/C/exclusiveMinimum")
  #expect(violation.message(under: "params") == "params/C: must be above 0, not -1")
  #expect(try messages(#"{"type": "object"}"#, "1") == ["must be an object, not 1 (integer)"])
  #expect(
    try compiled(#"{"type": "object"}"#).validate(1)[0].message(under: "params").hasPrefix("params: must be an object"))
}

@Test func violationsComeInTheOrderOfTheDocument() throws {
  let schema = #"""
    {"properties": {"a": {"type": "string"}, "b": {"items": {"maximum": 2}}, "c": {"type": "null"}},
     "required": ["d"], "allOf": [{"properties": {"c": {"minimum": 9}}}], "additionalProperties": false}
    """#
  let pointers = try compiled(schema).validate(try JSON.parse(#"{"x": 0, "c": 3, "b": [1, 3, 4], "a": 1}"#)).map(
    \.pointer)
  #expect(pointers == ["", "/x", "/c", "/c", "/b/1", "/b/2", "/a"])
}

@Test func onlySoManyViolationsAreKeptAndTheyAreTheFirst() throws {
  let schema = try compiled(#"{"allOf": [{"items": {"maximum": 5}}, {"items": {"type": "string"}}]}"#)
  let instance = JSON.array((0..<10_000).map { JSON($0) })
  #expect(schema.validate(instance).count == 11)
  #expect(schema.validate(instance).map(\.pointer) == (0..<6).map { "/\($0)" } + ["/6", "/6", "/7", "/7", "/8"])
  #expect(schema.validate(instance, limit: 1).map(\.pointer) == ["/0"])
}

@Test(arguments: [
  ("maxiter", "did you mean 'maxIter'?"), ("max_iter", "did you mean 'maxIter'?"), ("toll", "did you mean 'tol'?"),
  ("featrues", "did you mean 'features'?"), ("c", "did you mean 'C'?"), ("iterations", nil),
  ("feat", "did you mean 'features'?"),
])
func unknownMembersAreGivenTheNearestName(name: String, hint: String?) throws {
  let schema = try compiled(
    #"{"properties": {"features": {}, "maxIter": {}, "tol": {}, "C": {}}, "additionalProperties": false}"#)
  let violation = try #require(schema.validate(.object([name: 1])).first)
  // A single letter is as far from another as from nothing.
  #expect(violation.hint == (name == "c" ? nil : hint))
  #expect(violation.pointer == "/\(name)")
}

@Test func missingMembersAreFoundUnderNearlyTheirName() throws {
  let schema = try compiled(#"{"properties": {"maxIter": {}}, "required": ["maxIter"], "additionalProperties": false}"#)
  #expect(
    schema.validate(["maxiter": 3]).map(\.hint) == [
      "did you mean 'maxIter' instead of 'maxiter'?", "did you mean 'maxIter'?",
    ])
}

@Test func namesBehindReferencesAreKnownToHints() throws {
  let schema = try compiled(
    ##"{"$ref": "#/$defs/base", "unevaluatedProperties": false, "$defs": {"base": {"properties": {"maxIter": {}}}}}"##)
  #expect(schema.validate(["maxiter": 3]).first?.hint == "did you mean 'maxIter'?")
}

// MARK: Alternatives

private let input = #"""
  {"anyOf": [
    {"title": "artifact", "type": "object", "properties": {"$artifact": {"type": "string", "pattern": "^sha256:"}},
     "required": ["$artifact"], "additionalProperties": false},
    {"title": "file", "type": "object", "properties": {"$file": {"type": "string", "minLength": 1}},
     "required": ["$file"], "additionalProperties": false},
    {"type": "array", "minItems": 1, "items": {"type": "array", "items": {"type": "number"}}}]}
  """#

@Test func theAlternativeThatWasMeantIsExplained() throws {
  #expect(try messages(input, #"{"$artifact": "x"}"#) == [#"$artifact: must match ^sha256:, which "x" does not"#])
  #expect(try messages(input, #"{"$file": "x", "name": 1}"#) == ["name: is not a known member"])
  #expect(try messages(input, #"[[1, 2], [3, "x"]]"#) == [#"1/1: must be a number, not "x" (string)"#])
  #expect(try messages(input, "[]") == ["must have at least 1 item"])
  let nested = #"{"anyOf": [{"anyOf": [{"type": "object"}, {"const": 3}]}, {"type": "array", "minItems": 1}]}"#
  #expect(try messages(nested, "[]") == ["must have at least 1 item"])
}

@Test func alternativesAreNamedWhenNoneWasMeant() throws {
  let list = "an artifact, a file or an array (each item an array (each item a number))"
  #expect(try messages(input, "3") == ["must be \(list), not 3 (integer)"])
  #expect(try messages(input, "{}") == ["must be \(list), not {} (object of 0 members)"])
  #expect(
    try messages(#"{"oneOf": [{"type": "integer", "minimum": 1}, {"const": "auto"}]}"#, "0")
      == [#"must be an integer at least 1 or "auto", not 0 (integer)"#])
}

@Test func alternativesToldApartByAConstantAreNamedThere() throws {
  let schema = #"""
    {"oneOf": [{"properties": {"kind": {"const": "ward"}, "k": {"type": "integer"}}, "required": ["kind"]},
               {"properties": {"kind": {"const": "nmf"}, "tol": {"type": "number"}}, "required": ["kind"]}]}
    """#
  #expect(try messages(schema, #"{"kind": "lda"}"#) == [#"kind: must be "ward" or "nmf", not "lda" (string)"#])
  #expect(try messages(schema, #"{"kind": "nmf", "tol": "x"}"#) == [#"tol: must be a number, not "x" (string)"#])
}

// MARK: Bounds

@Test func textsStayShort() throws {
  let long = String(repeating: "é", count: 100_000)
  let deep = (0..<300).reduce(JSON.string(long)) { value, _ in ["k": [value]] }
  let name = String(repeating: "n", count: 5_000)
  let schema = try compiled(
    #"""
    {"additionalProperties": false, "type": "array", "const": 1, "not": {}, "enum": ["\#(long)", "b"], "required": ["\#(name)"],
     "anyOf": [{"pattern": "\#(name)", "type": "string"}, {"const": "\#(long)"}], "propertyNames": {"pattern": "\#(name)"}}
    """#)
  for instance: JSON in [.string(long), deep, .object([name: 1, long: .string(long)]), .array([deep, deep])] {
    let violations = schema.validate(instance)
    #expect(!violations.isEmpty)
    for violation in violations {
      #expect(violation.message.utf8.count < 200)
      #expect(violation.message(under: "params").utf8.count < 200)
      #expect(violation.found.utf8.count <= 60)
      #expect(violation.expected.utf8.count < 200)
      #expect((violation.hint ?? "").utf8.count < 200)
    }
  }
}
