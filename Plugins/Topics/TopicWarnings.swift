import PluginKit
import Statistics

/// What a reader of any clustering should know.
enum TopicWarnings {
  static func about(_ topics: TopicRows, _ rows: CanonicalRows, metric: TopicMetric) -> [Warning] {
    var warnings: [Warning] = []
    let zeros = rows.matrix.zeroRows
    if metric == .cosine, !zeros.isEmpty {
      warnings.append(
        Warning(
          "empty-rows",
          "\(zeros.count.counted("row of zeros has", "rows of zeros have")) no direction; their topic means nothing: "
            + zeros.map(rows.name).listed()))
    }
    return warnings + weak(topics)
  }

  static func weak(_ topics: TopicRows) -> [Warning] {
    let number = topics.weak.count { $0 }
    guard number * 5 > topics.weak.count * 2, topics.sizes.count > 1 else { return [] }
    return [
      Warning("weak", "\(number) of \(topics.weak.count) rows stand between two topics: the borders are soft")
    ]
  }

  /// A cut between merges of one height is decided by the order of the ids alone.
  static func ties(_ tree: Linkage, topics: Int) -> [Warning] {
    let last = tree.count - topics
    guard topics > 1, last > 0, last < tree.merges.count else { return [] }
    let (below, above) = (tree.merges[last - 1].height, tree.merges[last].height)
    guard above - below <= 1e-12 * above else { return [] }
    return [
      Warning(
        "ties", "the merges on both sides of the cut have one height: another number of topics would be as good a cut")
    ]
  }
}
