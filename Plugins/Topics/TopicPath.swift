import Linear
import PluginKit
import Statistics
import Text

/// The way in which topics.auto groups papers.
enum TopicPath: String, Encodable, Sendable {
  /// Neighbours by words and by the given vectors, spectral groups.
  case graph
  /// Sixty groupings of the texts.
  case consensus
  /// k-means on LSA of the texts.
  case lsa
}

/// Papers with all that the paths need, in the canonical order.
struct TopicSource: Sendable {
  let documents: [TextDocument]
  let matrices: [FeatureMatrix]
  let path: TopicPath
  let seed: UInt64

  static let neighbours = 20

  /// - Parameter rows: nil for all; `few` makes the consensus of fewer groupings.
  func group(_ k: Int, rows: [Int]? = nil, few: Bool = false, workers: Workers) throws -> TopicRows {
    let documents = rows.map { $0.map { self.documents[$0] } } ?? documents
    let k = min(k, documents.count)
    if k == 1 { return .single(documents.count) }
    switch path {
    case .consensus:
      return try TextConsensus(documents, k: k, seed: seed, members: few ? .few : .init(), workers: workers)
        .topics(k, workers: workers).topics
    case .lsa:
      let points = LatentGroups.points(try TextSpace(documents).latent(k, workers), rank: k)
      return try Self.means(points, k, seed, few ? 5 : 20, workers)
    case .graph:
      var graph = try NeighbourGraph(
        FactorOperand(try TextSpace(documents).weights), neighbours: Self.neighbours, workers: workers)
      for matrix in matrices {
        try graph.add(
          try NeighbourGraph(
            FactorOperand(rows.map { matrix.rows(at: $0) } ?? matrix), neighbours: Self.neighbours, workers: workers))
      }
      let joined = graph.degrees.count { $0 > 0 }
      guard joined > 0 else { return .single(documents.count) }
      return GraphGroups(graph, try graph.spectralGroups(min(k, joined), seed: seed, workers: workers)).topics
    }
  }

  private static func means(
    _ points: Matrix<Double>, _ k: Int, _ seed: UInt64, _ restarts: Int, _ workers: Workers
  ) throws -> TopicRows {
    let groups = Groups(
      try KMeans(k: k, metric: .cosine, restarts: restarts, seed: seed).fit(points, workers: workers))
    return try CentroidPlaces(points, groups.centroids, .cosine, labels: groups.labels, workers).topics
  }
}

extension TopicRows {
  /// All rows in one topic.
  static func single(_ count: Int) -> TopicRows {
    TopicRows(
      labels: [Int](repeating: 0, count: count), confidence: [Double](repeating: 1, count: count),
      weak: [Bool](repeating: false, count: count), next: [Int?](repeating: nil, count: count))
  }
}

/// How much of a grouping comes back on parts of the papers.
struct SubsampleStability: Sendable {
  /// The mean ARI over pairs of ten subsamples of 80 %, on the papers of both.
  let meanARI: Double
  /// Of each topic the mean over subsamples of the best Jaccard index (Hennig 2007).
  let jaccard: [Double]
  /// Pairs that are together in 30 to 70 % of the subsamples that have both.
  let doubtfulPairs: Int

  static let subsamples = 10

  /// - Parameter repeated: near-duplicates have one number and stay together, so that none vouches for its twin.
  init(
    _ source: TopicSource, _ topics: TopicRows, k: Int, repeated: [Int], workers: Workers, progress: (Int) -> Void
  ) throws {
    let n = topics.labels.count
    let units = Set(repeated).sorted()
    let members = Dictionary(grouping: repeated.indices) { repeated[$0] }
    let drawn = (0..<Self.subsamples).map { index -> [Int] in
      var numbers = RandomNumbers(seed: source.seed, step: "subsample", index: index)
      let size = max(2, Int((0.8 * Double(units.count)).rounded()))
      return numbers.sample(min(size, units.count), of: units.count).flatMap { members[units[$0]] ?? [] }.sorted()
    }
    progress(0)
    let runs = try workers.map(Self.subsamples) { index -> [Int] in
      var labels = [Int](repeating: -1, count: n)
      let found = try source.group(k, rows: drawn[index], few: true, workers: workers.single).labels
      for (place, row) in drawn[index].enumerated() { labels[row] = found[place] }
      return labels
    }
    progress(1)
    var agreements: [Double] = []
    for a in runs.indices {
      for b in a + 1..<runs.count {
        let both = (0..<n).filter { runs[a][$0] >= 0 && runs[b][$0] >= 0 }
        guard both.count > 1 else { continue }
        agreements.append(
          try PartitionAgreement(both.map { runs[a][$0] }, both.map { runs[b][$0] }).adjustedRand)
      }
    }
    meanARI = agreements.isEmpty ? 1 : agreements.reduce(0, +) / Double(agreements.count)
    var sums = [Double](repeating: 0, count: topics.sizes.count)
    for run in runs {
      let rows = (0..<n).filter { run[$0] >= 0 && topics.labels[$0] >= 0 }
      let table = Overlap(
        rows.map { topics.labels[$0] }, rows.map { run[$0] }, topics.sizes.count, (run.max() ?? 0) + 1)
      for topic in sums.indices { sums[topic] += table.best(topic).jaccard }
    }
    jaccard = sums.map { $0 / Double(runs.count) }
    doubtfulPairs = Self.doubtful(runs, n)
  }

  private static func doubtful(_ runs: [[Int]], _ n: Int) -> Int {
    // All pairs of a large collection are too many to look at.
    guard n <= 3000 else { return 0 }
    var result = 0
    for i in 0..<n {
      for j in 0..<i {
        var (both, same) = (0, 0)
        for run in runs where run[i] >= 0 && run[j] >= 0 {
          both += 1
          if run[i] == run[j] { same += 1 }
        }
        if both > 0, 10 * same >= 3 * both, 10 * same <= 7 * both { result += 1 }
      }
    }
    return result
  }
}
