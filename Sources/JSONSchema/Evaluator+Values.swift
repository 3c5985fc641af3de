import JSON
import Pattern

/// Rules that look at one value and at no other schema.
extension Evaluator {
  @inline(never)
  mutating func claim(_ rule: Rule, _ node: Node, _ instance: JSON) -> Bool {
    switch rule {
    case .never: return fail(node, "false", instance, Wording.never)
    case .type(let types):
      return !types.isDisjoint(with: TypeSet(of: instance))
        || fail(node, "type", instance, Wording.type(types, instance), isOtherKind: true)
    case .enumeration(let values):
      return values.contains(instance)
        || fail(
          node, "enum", instance, Wording.enumeration(values.values, instance), Wording.hint(values.values, instance),
          isOtherKind: true)
    case .constant(let value):
      return value == instance || fail(node, "const", instance, Wording.constant(value, instance), isOtherKind: true)
    case .number(let rule):
      switch instance {
      case .integer, .real: return check(rule, node, instance)
      default: return true
      }
    case .string(let rule):
      guard case .string(let text) = instance else { return true }
      return check(rule, node, instance, text)
    default: return true
    }
  }

  private mutating func check(_ rule: NumberRule, _ node: Node, _ number: JSON) -> Bool {
    var isValid = true
    if let limit = rule.minimum, Numbers.isLess(number, limit) {
      isValid = fail(node, "minimum", number, Wording.limit("at least", limit, number))
    }
    if let limit = rule.exclusiveMinimum, !Numbers.isLess(limit, number) {
      isValid = fail(node, "exclusiveMinimum", number, Wording.limit("above", limit, number))
    }
    if let limit = rule.maximum, Numbers.isLess(limit, number) {
      isValid = fail(node, "maximum", number, Wording.limit("at most", limit, number))
    }
    if let limit = rule.exclusiveMaximum, !Numbers.isLess(number, limit) {
      isValid = fail(node, "exclusiveMaximum", number, Wording.limit("below", limit, number))
    }
    if let divisor = rule.multipleOf, !Numbers.isMultiple(number, of: divisor) {
      isValid = fail(node, "multipleOf", number, Wording.multiple(divisor, number))
    }
    return isValid
  }

  private mutating func check(_ rule: StringRule, _ node: Node, _ instance: JSON, _ text: String) -> Bool {
    var isValid = true
    if rule.minimum != nil || rule.maximum != nil {
      let count = text.unicodeScalars.count
      if let minimum = rule.minimum, count < minimum {
        isValid = fail(node, "minLength", instance, Wording.size("at least", minimum, "character", in: "a string"))
      }
      if let maximum = rule.maximum, count > maximum {
        isValid = fail(node, "maxLength", instance, Wording.size("at most", maximum, "character", in: "a string"))
      }
    }
    if let pattern = rule.pattern, !pattern.matches(in: text) {
      isValid = fail(node, "pattern", instance, Wording.pattern(pattern.source, instance))
    }
    if let format = rule.format, !format.holds(text) {
      isValid = fail(node, "format", instance, Wording.format(format, instance))
    }
    return isValid
  }
}
