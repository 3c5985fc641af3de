/// Names in the order in which they get their hue and shape.
struct Categories {
  private(set) var names: [String] = []
  private var positions: [String: Int] = [:]

  /// - Parameter order: names that come first; the others follow in the order of their appearance.
  init(order: [String], appearing others: some Sequence<String>) {
    for name in order { add(name) }
    for name in others { add(name) }
  }

  private mutating func add(_ name: String) {
    guard positions[name] == nil else { return }
    positions[name] = names.count
    names.append(name)
  }

  subscript(name: String?) -> Int? { name.flatMap { positions[$0] } }
}
