import JSON

/// Members of an item that BibTeX has no field for, carried in a field of their own.
enum BibTeXCarriedItem {
  /// The name of the field.
  static let field = "csl-item"

  /// Puts the carried members into an item; `null` takes one away.
  static func apply(_ written: String, to item: inout JSON.Object) {
    guard let carried = (try? JSON.parse(written))?.object else { return }
    for member in carried.members {
      item[member.key] = member.value.isNull ? nil : member.value
    }
  }
}
