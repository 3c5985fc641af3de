import JSON
import Pattern

/// A compiled schema object. Nodes name each other by number, since references may go round in circles.
final class Node: Sendable {
  typealias ID = Int

  /// The number of the schema resource that the node belongs to, and the pointer from its root.
  let resource: Int
  let pointer: String
  /// In the order in which they are checked: what looks at the results of the others stands last.
  let rules: [Rule]
  /// Whether a rule needs to know which members or items the others have looked at.
  let looksAtUnevaluated: Bool
  let title: String?
  let defaultValue: JSON?
  /// The members that begin with `x-`.
  let annotations: JSON.Object

  init(
    resource: Int, pointer: String, rules: [Rule], title: String? = nil, defaultValue: JSON? = nil,
    annotations: JSON.Object = JSON.Object()
  ) {
    self.resource = resource
    self.pointer = pointer
    self.rules = rules
    self.title = title
    self.defaultValue = defaultValue
    self.annotations = annotations
    looksAtUnevaluated = rules.contains { rule in
      switch rule {
      case .unevaluatedProperties, .unevaluatedItems: true
      default: false
      }
    }
  }

  /// The schema `false`.
  var isNever: Bool {
    if case .never = rules.first { true } else { false }
  }
}

/// What a schema asks of a value. Each rule holds for values of a type that it does not speak of.
enum Rule: Sendable {
  case never
  case type(TypeSet)
  case enumeration(ValueSet)
  case constant(JSON)
  case number(NumberRule)
  case string(StringRule)
  case array(ArrayRule)
  case object(ObjectRule)
  case reference(Reference)
  case dynamicReference(DynamicReference)
  case all([Node.ID])
  case any([Node.ID])
  case one([Node.ID])
  case not(Node.ID)
  case conditional(Conditional)
  case dependentSchemas([(name: String, node: Node.ID)])
  case unevaluatedItems(Node.ID)
  case unevaluatedProperties(Node.ID)
}

final class NumberRule: Sendable {
  let minimum, exclusiveMinimum, maximum, exclusiveMaximum, multipleOf: JSON?

  init(minimum: JSON?, exclusiveMinimum: JSON?, maximum: JSON?, exclusiveMaximum: JSON?, multipleOf: JSON?) {
    self.minimum = minimum
    self.exclusiveMinimum = exclusiveMinimum
    self.maximum = maximum
    self.exclusiveMaximum = exclusiveMaximum
    self.multipleOf = multipleOf
  }
}

final class StringRule: Sendable {
  /// In code points.
  let minimum, maximum: Int?
  let pattern: Pattern?
  /// Only when formats are asserted.
  let format: Format?

  init(minimum: Int?, maximum: Int?, pattern: Pattern?, format: Format?) {
    self.minimum = minimum
    self.maximum = maximum
    self.pattern = pattern
    self.format = format
  }
}

final class ArrayRule: Sendable {
  let minimum, maximum: Int?
  let isUnique: Bool
  let prefix: [Node.ID]
  let items: Node.ID?
  let contains: Node.ID?
  let minimumContained: Int
  let maximumContained: Int?

  init(
    minimum: Int?, maximum: Int?, isUnique: Bool, prefix: [Node.ID], items: Node.ID?, contains: Node.ID?,
    minimumContained: Int, maximumContained: Int?
  ) {
    self.minimum = minimum
    self.maximum = maximum
    self.isUnique = isUnique
    self.prefix = prefix
    self.items = items
    self.contains = contains
    self.minimumContained = minimumContained
    self.maximumContained = maximumContained
  }

  /// The node for the item at a position.
  func node(at position: Int) -> Node.ID? { position < prefix.count ? prefix[position] : items }
}

final class ObjectRule: Sendable {
  struct Member: Sendable {
    var node: Node.ID?
    var isRequired = false
  }

  /// The members of `properties`, in its order, then those that only `required` names.
  let members: NameTable<Member>
  let requiredCount: Int
  let patterns: [(pattern: Pattern, source: String, node: Node.ID)]
  let additional: Node.ID?
  let names: Node.ID?
  let minimum, maximum: Int?
  let dependencies: [(name: String, required: [String])]

  init(
    members: NameTable<Member>, patterns: [(pattern: Pattern, source: String, node: Node.ID)], additional: Node.ID?,
    names: Node.ID?, minimum: Int?, maximum: Int?, dependencies: [(name: String, required: [String])]
  ) {
    self.members = members
    self.requiredCount = members.entries.filter(\.value.isRequired).count
    self.patterns = patterns
    self.additional = additional
    self.names = names
    self.minimum = minimum
    self.maximum = maximum
    self.dependencies = dependencies
  }

  /// The nodes for the member of a name.
  func nodes(for name: String) -> [Node.ID] {
    let named = [members[name]?.node].compactMap { $0 } + patterns.filter { $0.pattern.matches(in: name) }.map(\.node)
    return named.isEmpty ? [additional].compactMap { $0 } : named
  }
}

final class Reference: Sendable {
  let node: Node.ID
  /// "common/matrix.json" of `quire:common/matrix.json`.
  let sharedDefinition: String?

  init(node: Node.ID, sharedDefinition: String?) {
    self.node = node
    self.sharedDefinition = sharedDefinition
  }
}

/// A `$dynamicRef` whose first target is a `$dynamicAnchor`: at run time the outermost resource on the way that has the
/// anchor decides.
final class DynamicReference: Sendable {
  let name: String
  let node: Node.ID

  init(name: String, node: Node.ID) {
    self.name = name
    self.node = node
  }
}

final class Conditional: Sendable {
  let condition: Node.ID
  let then: Node.ID?
  let otherwise: Node.ID?

  init(condition: Node.ID, then: Node.ID?, otherwise: Node.ID?) {
    self.condition = condition
    self.then = then
    self.otherwise = otherwise
  }
}
