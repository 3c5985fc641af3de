import Linear

/// An order of rows of which every beginning is a sample with the classes' shares, or of whole groups.
public enum NestedSamples {
  /// - Parameters:
  ///   - labels: the class of each row.
  ///   - groups: the group of each row, to keep together; then shares of classes are left to chance.
  public static func order(labels: [Int], groups: [Int]? = nil, numbers: inout RandomNumbers) -> [Int] {
    if let groups {
      var members = Dictionary(grouping: groups.indices) { groups[$0] }.values.sorted { $0[0] < $1[0] }
      numbers.shuffle(&members)
      return members.flatMap { $0 }
    }
    var places: [(key: Double, row: Int)] = []
    for members in Dictionary(grouping: labels.indices, by: { labels[$0] }).sorted(by: { $0.key < $1.key }) {
      var rows = members.value
      numbers.shuffle(&rows)
      for (place, row) in rows.enumerated() { places.append(((Double(place) + 0.5) / Double(rows.count), row)) }
    }
    return places.sorted { ($0.key, $0.row) < ($1.key, $1.row) }.map(\.row)
  }
}
