import JSON
import PluginKit

/// The numbers of a value that a person wants first: estimates, then plain numbers and truth values, in their order.
enum Headline {
  static func entries(of value: JSON, atMost limit: Int = 5) -> [(name: String, text: String)] {
    guard let members = value.object?.members else { return [] }
    var found: [(name: String, text: String)] = []
    for member in members {
      guard found.count < limit else { break }
      if let text = text(member.value) { found.append((member.key, text)) }
    }
    return found
  }

  static func text(of value: JSON) -> String {
    entries(of: value).map { "\($0.name) \($0.text)" }.joined(separator: "  ")
  }

  private static func text(_ value: JSON) -> String? {
    switch value {
    case .integer(let number): return "\(number)"
    case .real(let number): return number.shortText
    case .bool(let truth): return truth ? "yes" : "no"
    case .object(let object):
      guard let middle = object["value"]?.double, let low = object["low"]?.double, let high = object["high"]?.double
      else { return counts(object) }
      return "\(middle.shortText) (\(low.shortText)–\(high.shortText))"
    default: return nil
    }
  }

  /// An object of a few whole numbers, such as the counts of an import; zeros are left out.
  private static func counts(_ object: JSON.Object) -> String? {
    let numbers = object.members.compactMap { member in member.value.int.map { (member.key, $0) } }
    guard !numbers.isEmpty, numbers.count == object.count, numbers.count <= 8 else { return nil }
    return numbers.filter { $0.1 != 0 }.map { "\($0.0) \($0.1)" }.joined(separator: ", ")
  }
}
