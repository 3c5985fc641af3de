import JSON
import Pattern

extension Compiler {
  /// The rules of a schema object in the order in which they are checked: cheap ones first, and what depends on the
  /// others last.
  mutating func rules(of schema: SchemaObject, _ vocabulary: Vocabulary) throws(SchemaError) -> [Rule] {
    var rules: [Rule] = []
    if vocabulary.validation { rules += try claims(of: schema) }
    if let rule = try stringRule(of: schema, vocabulary) { rules.append(rule) }
    if let rule = try arrayRule(of: schema, vocabulary) { rules.append(rule) }
    if let rule = try objectRule(of: schema, vocabulary) { rules.append(rule) }
    rules += try references(of: schema)
    if vocabulary.applicator { rules += try combinations(of: schema) }
    if vocabulary.unevaluated {
      if let place = schema.child("unevaluatedItems") { rules.append(.unevaluatedItems(try node(for: place))) }
      if let place = schema.child("unevaluatedProperties") {
        rules.append(.unevaluatedProperties(try node(for: place)))
      }
    }
    return rules
  }

  // MARK: Claims about one value

  private func claims(of schema: SchemaObject) throws(SchemaError) -> [Rule] {
    var rules: [Rule] = []
    if let value = schema["type"] { rules.append(.type(try types(value, schema))) }
    if let values = try schema.array("enum") { rules.append(.enumeration(ValueSet(values))) }
    if let value = schema["const"] { rules.append(.constant(value)) }
    let number = NumberRule(
      minimum: try schema.number("minimum"), exclusiveMinimum: try schema.number("exclusiveMinimum"),
      maximum: try schema.number("maximum"), exclusiveMaximum: try schema.number("exclusiveMaximum"),
      multipleOf: try schema.number("multipleOf"))
    if let divisor = number.multipleOf, !Numbers.isLess(0, divisor) {
      throw schema.malformed("multipleOf", "a number above 0", divisor)
    }
    if ["minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum", "multipleOf"].contains(where: {
      schema[$0] != nil
    }) {
      rules.append(.number(number))
    }
    return rules
  }

  private func types(_ value: JSON, _ schema: SchemaObject) throws(SchemaError) -> TypeSet {
    var types: TypeSet = []
    let names = if let name = value.string { [name] } else { try schema.strings(value, "type") }
    for name in names {
      guard let known = TypeSet.names.first(where: { $0.name == name }) else {
        throw schema.malformed("type", "one of \(TypeSet.names.map(\.name).joined(separator: ", "))", value)
      }
      types.insert(known.type)
    }
    return types
  }

  private func stringRule(of schema: SchemaObject, _ vocabulary: Vocabulary) throws(SchemaError) -> Rule? {
    var (minimum, maximum): (Int?, Int?) = (nil, nil)
    var pattern: Pattern?
    var format: Format?
    if vocabulary.validation {
      minimum = try schema.count("minLength")
      maximum = try schema.count("maxLength")
      if let source = try schema.string("pattern") { pattern = try schema.pattern(source, "pattern") }
    }
    if options.assertsFormats || vocabulary.formatAssertion {
      format = try schema.string("format").flatMap(Format.init(rawValue:))
    }
    if minimum == nil, maximum == nil, pattern == nil, format == nil { return nil }
    return .string(StringRule(minimum: minimum, maximum: maximum, pattern: pattern, format: format))
  }

  // MARK: Arrays and objects

  private mutating func arrayRule(of schema: SchemaObject, _ vocabulary: Vocabulary) throws(SchemaError) -> Rule? {
    let claims = ["minItems", "maxItems", "uniqueItems"].contains { schema[$0] != nil } && vocabulary.validation
    let parts = ["prefixItems", "items", "contains"].contains { schema[$0] != nil } && vocabulary.applicator
    guard claims || parts else { return nil }
    var prefix: [Node.ID] = []
    if vocabulary.applicator {
      for place in try schema.children("prefixItems") { prefix.append(try node(for: place)) }
    }
    return .array(
      ArrayRule(
        minimum: claims ? try schema.count("minItems") : nil, maximum: claims ? try schema.count("maxItems") : nil,
        isUnique: claims ? try schema.flag("uniqueItems") : false, prefix: prefix,
        items: parts ? try node("items", of: schema) : nil,
        contains: parts ? try node("contains", of: schema) : nil,
        minimumContained: vocabulary.validation ? try schema.count("minContains") ?? 1 : 1,
        maximumContained: vocabulary.validation ? try schema.count("maxContains") : nil))
  }

  private mutating func objectRule(of schema: SchemaObject, _ vocabulary: Vocabulary) throws(SchemaError) -> Rule? {
    var members = NameTable<ObjectRule.Member>()
    var patterns: [(pattern: Pattern, source: String, node: Node.ID)] = []
    var (additional, names): (Node.ID?, Node.ID?) = (nil, nil)
    var (minimum, maximum): (Int?, Int?) = (nil, nil)
    var dependencies: [(name: String, required: [String])] = []
    if vocabulary.applicator {
      for (name, place) in try schema.named("properties") {
        let child = try node(for: place)
        members.update(name, default: ObjectRule.Member()) { $0.node = child }
      }
      for (source, place) in try schema.named("patternProperties") {
        patterns.append((try schema.pattern(source, "patternProperties"), source, try node(for: place)))
      }
      additional = try node("additionalProperties", of: schema)
      names = try node("propertyNames", of: schema)
    }
    if vocabulary.validation {
      for name in try schema.names("required") {
        members.update(name, default: ObjectRule.Member()) { $0.isRequired = true }
      }
      for member in try schema.members("dependentRequired") {
        dependencies.append((member.key, try schema.strings(member.value, "dependentRequired")))
      }
      minimum = try schema.count("minProperties")
      maximum = try schema.count("maxProperties")
    }
    if members.entries.isEmpty, patterns.isEmpty, dependencies.isEmpty, additional == nil, names == nil, minimum == nil,
      maximum == nil
    {
      return nil
    }
    return .object(
      ObjectRule(
        members: members, patterns: patterns, additional: additional, names: names, minimum: minimum, maximum: maximum,
        dependencies: dependencies))
  }

  private mutating func node(_ keyword: String, of schema: SchemaObject) throws(SchemaError) -> Node.ID? {
    guard let place = schema.child(keyword) else { return nil }
    return try node(for: place)
  }

  // MARK: References

  private mutating func references(of schema: SchemaObject) throws(SchemaError) -> [Rule] {
    var rules: [Rule] = []
    if let reference = try schema.string("$ref") {
      let target = try node(for: try target(of: reference, "$ref", schema).place)
      let shared = reference.hasPrefix("quire:common/") ? String(reference.dropFirst("quire:".count)) : nil
      rules.append(.reference(Reference(node: target, sharedDefinition: shared)))
    }
    if let reference = try schema.string("$dynamicRef") {
      let (place, anchor) = try target(of: reference, "$dynamicRef", schema)
      let target = try node(for: place)
      if anchor?.isDynamic ?? false, let name = URIReference(reference).decodedFragment {
        expectDynamic(name)
        rules.append(.dynamicReference(DynamicReference(name: name, node: target)))
      } else {
        rules.append(.reference(Reference(node: target, sharedDefinition: nil)))
      }
    }
    return rules
  }

  private func target(
    of reference: String, _ keyword: String, _ schema: SchemaObject
  ) throws(SchemaError) -> (place: SchemaPlace, anchor: SchemaRegistry.Anchor?) {
    if let target = registry.place(reference, from: schema.place) { return target }
    let target = URIReference(reference).resolved(against: URIReference(schema.place.resource))
    let reason =
      registry[target.absolute] == nil
      ? "\(target.absolute) was not given to the validator, which fetches nothing"
      : "nothing stands at #\(target.fragment ?? "") of \(target.absolute)"
    throw schema.place.error(.unresolved, shortened(reason, to: 200), at: keyword)
  }

  // MARK: Combinations

  private mutating func combinations(of schema: SchemaObject) throws(SchemaError) -> [Rule] {
    var rules: [Rule] = []
    for (keyword, rule) in [("allOf", Rule.all), ("anyOf", Rule.any), ("oneOf", Rule.one)] {
      var nodes: [Node.ID] = []
      for place in try schema.children(keyword) { nodes.append(try node(for: place)) }
      if !nodes.isEmpty { rules.append(rule(nodes)) }
    }
    if let node = try node("not", of: schema) { rules.append(.not(node)) }
    if let condition = try node("if", of: schema) {
      rules.append(
        .conditional(
          Conditional(
            condition: condition, then: try node("then", of: schema), otherwise: try node("else", of: schema))))
    }
    var dependent: [(name: String, node: Node.ID)] = []
    for (name, place) in try schema.named("dependentSchemas") { dependent.append((name, try node(for: place))) }
    if !dependent.isEmpty { rules.append(.dependentSchemas(dependent)) }
    return rules
  }
}
