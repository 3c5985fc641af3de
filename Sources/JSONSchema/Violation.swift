import JSON

/// One place where an instance does not fit a schema, in words for the person who wrote it.
public struct Violation: Sendable, Hashable, CustomStringConvertible {
  /// The JSON Pointer (RFC 6901) to the value at fault.
  public let pointer: String
  /// The keyword that does not hold, such as `minItems`; `false` for the schema that allows nothing.
  public let keyword: String
  /// What would be right: "a number above 0", "one of \"smooth\" or \"plain\"".
  public let expected: String
  /// The value and its type, at most 60 bytes.
  public let found: String
  /// What to do about it, when that can be told: "did you mean 'maxIter'?".
  public let hint: String?
  /// The URI of the schema resource and the JSON Pointer to the keyword in it.
  public let schemaLocation: String
  /// "must have at least 1 item".
  let requirement: String

  /// One sentence of fewer than 200 bytes: "ks: must have at least 1 item".
  public var message: String { message(under: "") }

  /// The sentence with the name of the whole instance before the pointer: "params/ks: must have at least 1 item".
  public func message(under root: String) -> String {
    let path = root + (root.isEmpty ? String(pointer.dropFirst()) : pointer)
    let sentence = path.isEmpty ? requirement : "\(shortened(path, to: 80)): \(requirement)"
    return shortened(sentence, to: 199)
  }

  public var description: String { message }
}

/// The violations of one instance, the first `limit` in document order.
struct Report {
  struct Entry {
    /// The positions of the members and items on the way to the value.
    let order: [Int]
    let violation: Violation
    /// Whether the value is of another kind than the schema speaks of, and not a faulty one of that kind.
    let isOtherKind: Bool
  }

  let limit: Int
  private(set) var entries: [Entry] = []
  private var order: [Int] = []
  private var tokens: [String] = []

  init(limit: Int) { self.limit = limit }

  mutating func enter(_ position: Int, _ token: String) {
    order.append(position)
    tokens.append(token)
  }

  mutating func leave() {
    order.removeLast()
    tokens.removeLast()
  }

  /// Drops the violations and keeps the place.
  mutating func forget() { entries = [] }

  /// Whether a violation of the value at hand would be kept.
  var hasRoom: Bool {
    guard let last = entries.last, entries.count >= limit else { return limit > 0 }
    return order.lexicographicallyPrecedes(last.order)
  }

  mutating func add(
    _ keyword: String, _ wording: Wording, _ instance: JSON, hint: String?, schema: String, isOtherKind: Bool
  ) {
    let violation = Violation(
      pointer: JSON.Pointer(tokens).description, keyword: keyword, expected: wording.expected,
      found: JSONSchema.found(instance), hint: hint, schemaLocation: schema, requirement: wording.requirement)
    add(Entry(order: order, violation: violation, isOtherKind: isOtherKind))
  }

  mutating func merge(_ other: Report) {
    for entry in other.entries { add(entry) }
  }

  private mutating func add(_ entry: Entry) {
    // Two ways through a schema may come to the same rule.
    if entries.contains(where: { $0.violation == entry.violation }) { return }
    let position = entries.firstIndex { entry.order.lexicographicallyPrecedes($0.order) } ?? entries.count
    entries.insert(entry, at: position)
    if entries.count > limit { entries.removeLast() }
  }
}

// MARK: - Alternatives

extension Report {
  /// Of reports on the alternatives for one value that of the alternative which was plainly meant: the only one, the
  /// one whose faults lie deepest, or the only one for values of this kind. `nil` when it cannot be told.
  static func meant(among branches: [Report], for instance: JSON) -> Report? {
    if branches.count == 1 { return branches.first }
    guard let here = branches.first?.order.count else { return nil }
    if let choice = sharedChoice(branches) { return choice }
    let depths = branches.map { branch in branch.entries.map { $0.order.count }.min() ?? here }
    if let deepest = depths.max(), deepest > here {
      let candidates = zip(branches, depths).filter { $0.1 == deepest }.map(\.0)
      let open = candidates.filter { !$0.entries.contains { $0.violation.isChoice } }
      return (open.isEmpty ? candidates : open).min { $0.entries.count < $1.entries.count }
    }
    switch instance {
    case .array, .object:
      let fitting = branches.filter(\.isOfTheKind)
      return fitting.count == 1 ? fitting.first : nil
    default: return nil
    }
  }

  /// Whether the value at hand is of the kind that the schema speaks of.
  var isOfTheKind: Bool { !entries.contains { $0.order.count == order.count && $0.isOtherKind } }

  /// Alternatives that are told apart by a constant at one place below, none of which is there.
  private static func sharedChoice(_ branches: [Report]) -> Report? {
    guard let first = branches.first else { return nil }
    for entry in first.entries where entry.violation.isChoice && entry.order.count > first.order.count {
      let others = branches.compactMap { branch in
        branch.entries.first { $0.violation.isChoice && $0.order == entry.order }?.violation
      }
      guard others.count == branches.count else { continue }
      let wording = Wording.alternatives(others.map(\.expected), found: entry.violation.found)
      var report = first
      report.entries = [
        Entry(
          order: entry.order,
          violation: Violation(
            pointer: entry.violation.pointer, keyword: entry.violation.keyword, expected: wording.expected,
            found: entry.violation.found, hint: others.lazy.compactMap(\.hint).first,
            schemaLocation: entry.violation.schemaLocation, requirement: wording.requirement), isOtherKind: true)
      ]
      return report
    }
    return nil
  }
}

extension Violation {
  /// Whether one of a fixed set of values was asked for.
  fileprivate var isChoice: Bool { keyword == "const" || keyword == "enum" }
}
