import Linear
import PluginKit
import Statistics
import Text

/// Papers as weighted terms, by the defaults of features.tfidf.
struct TextSpace: Sendable {
  let model: TFIDF
  /// Texts × terms, rows of length 1.
  let weights: SparseMatrix
  /// The counts behind them.
  let counts: SparseMatrix
  /// The median number of different words of a text.
  let medianWords: Double

  /// - Throws: `MethodError` when the texts have no terms at all.
  init(_ documents: [TextDocument], titleWeight: Int = 1, ngram: ClosedRange<Int> = 1...1) throws {
    let options = TermCounter.Options(
      tokenizer: Tokenizer(skipsAddresses: true, readsTeX: true), ngram: ngram, stopWords: .english,
      titleWeight: titleWeight)
    do throws(TextFault) {
      var counter = try TermCounter(options)
      counter.add(documents)
      medianWords = counter.medianDistinctTerms
      var found = try counter.counts(minimum: .count(2))
      // Few texts may have no word in common.
      if found.vocabulary.isEmpty { found = try counter.counts() }
      model = TFIDF(found, options: .init(counting: options))
      counts = found.matrix
      weights = model.weights(of: counts)
    } catch {
      throw MethodError.data(.degenerate, pointer: "/papers", message: error.description)
    }
    guard !model.vocabulary.isEmpty else {
      throw MethodError.data(
        .degenerate, pointer: "/papers", message: "the texts have no words beside stop words",
        hint: "look at field, or give papers with titles and abstracts")
    }
  }

  /// Other counts of the same terms.
  init(model: TFIDF, counts: SparseMatrix, medianWords: Double) {
    self.model = model
    self.counts = counts
    self.medianWords = medianWords
    weights = model.weights(of: counts)
  }

  /// Texts in the space of the leading singular vectors, and the space.
  func latent(_ rank: Int, _ workers: Workers) throws -> TruncatedSVD {
    var options = TruncatedSVD.Options()
    options.tolerance = 1e-9
    return try TruncatedSVD(
      weights, rank: max(1, min(rank, min(weights.rows, weights.columns))), options: options,
      random: RandomNumbers(seed: 0, step: "lsa"), workers: workers)
  }
}

/// Texts that are equal but for a few words: versions of one paper.
enum NearDuplicates {
  /// The least cosine of their term weights.
  static let limit = 0.95

  /// For each row the first row that it repeats, itself for most; chains are one group.
  static func groups(_ space: TextSpace, _ workers: Workers) throws -> [Int] {
    var parents = Array(0..<space.weights.rows)
    func root(_ row: Int) -> Int {
      var row = row
      while parents[row] != row { row = parents[row] }
      return row
    }
    for (row, near) in try NeighbourGraph.similarRows(
      FactorOperand(space.weights), above: limit, workers: workers
    ).enumerated() {
      for other in near {
        let (a, b) = (root(row), root(other))
        parents[max(a, b)] = min(a, b)
      }
    }
    return parents.indices.map(root)
  }
}

/// Many groupings of the same texts, and how often each two texts are together (Strehl & Ghosh 2002; evidence
/// accumulation of Fred & Jain 2005).
struct TextConsensus: Sendable {
  /// Which groupings take part.
  struct Members: Sendable {
    var titleWeights = [1, 2, 3]
    var ngrams = [1...1, 1...2]
    var scales = [0.7, 0.85, 1, 1.15, 1.3]

    /// For subsamples, where each grouping is made many times.
    static let few = Members(titleWeights: [1], ngrams: [1...1, 1...2], scales: [0.85, 1, 1.15])
  }

  /// The most texts: all pairs are counted.
  static let mostRows = 3000

  /// Share of the groupings that put two texts together, n × n.
  let together: Matrix<Double>
  let members: Int

  init(
    _ documents: [TextDocument], k: Int, seed: UInt64, members: Members = Members(), workers: Workers,
    progress: (Int, Int) -> Void = { _, _ in }
  ) throws {
    let n = documents.count
    let ranks = Set(members.scales.map { max(1, Int((Double(k) * $0).rounded())) }).sorted()
    let kinds = members.titleWeights.flatMap { weight in members.ngrams.map { (weight, $0) } }
    progress(0, kinds.count + 1)
    // One decomposition at the largest rank serves all ranks of a feature set.
    let spaces = try workers.map(kinds.count) { place in
      let space = try TextSpace(documents, titleWeight: kinds[place].0, ngram: kinds[place].1)
      return (space, try space.latent(ranks.last ?? k, workers.single))
    }
    var sums = Matrix<Double>.zeros(n, n)
    var count = 0
    for (place, (space, parts)) in spaces.enumerated() {
      progress(place + 1, kinds.count + 1)
      let operand = FactorOperand(space.weights)
      let possible = ranks.filter { $0 <= min(n, space.weights.columns) }
      let groupings = try workers.map(2 * possible.count) { number -> [Int] in
        let rank = possible[number / 2]
        if number % 2 == 0 { return try NMF(k: rank).fit(operand, parts: parts, workers: workers.single).labels }
        return try LatentGroups.labels(parts, rank: rank, k: rank, seed: seed, restarts: 10, workers.single)
      }
      for labels in groupings {
        count += 1
        sums.withUnsafeMutableBuffer { sums in
          for i in 0..<n {
            for j in 0..<n where labels[i] == labels[j] { sums[i &* n &+ j] += 1 }
          }
        }
      }
    }
    // Divided at the end, so that equal shares are equal to the last bit.
    sums.withUnsafeMutableBuffer { sums in
      for i in sums.indices { sums[i] /= Double(max(1, count)) }
    }
    together = sums
    self.members = count
  }

  /// k groups by average linkage on 1 − share.
  func topics(_ k: Int, workers: Workers) throws -> (topics: TopicRows, tree: Linkage) {
    let n = together.rows
    let distances = Matrix<Double>(rows: n, columns: n) { target in
      together.withUnsafeBuffer { shares in
        for i in target.indices { target[i] = 1 - shares[i] }
      }
    }
    let tree = try Linkage(distances: distances, .average, workers: workers)
    let labels = tree.labels(groups: min(k, n))
    let count = (labels.max() ?? 0) + 1
    var sizes = [Double](repeating: 0, count: count)
    for label in labels { sizes[label] += 1 }
    var (confidence, next, weak) = ([Double](), [Int?](), [Bool]())
    for row in 0..<n {
      var means = [Double](repeating: 0, count: count)
      together.withRow(row) { shares in
        for other in 0..<n where other != row { means[labels[other]] += shares[other] }
      }
      let own = labels[row]
      for topic in 0..<count {
        let size = topic == own ? sizes[topic] - 1 : sizes[topic]
        means[topic] = size > 0 ? min(1, means[topic] / size) : 0
      }
      let other = (0..<count).filter { $0 != own && means[$0] > 0 }.min { (-means[$0], $0) < (-means[$1], $1) }
      confidence.append(count == 1 ? 1 : means[own])
      next.append(other)
      weak.append(count > 1 && (means[own] < TopicModel.weakShare || (other.map { means[$0] > means[own] } ?? false)))
    }
    return (TopicRows(labels: labels, confidence: confidence, weak: weak, next: next), tree)
  }
}

/// k-means in the space of the leading singular vectors.
enum LatentGroups {
  static func points(_ parts: TruncatedSVD, rank: Int) -> Matrix<Double> {
    FeatureMatrix.dense(parts.scores.columns(0..<min(rank, parts.scores.columns))).unitRows.dense
  }

  static func labels(
    _ parts: TruncatedSVD, rank: Int, k: Int, seed: UInt64, restarts: Int, _ workers: Workers
  ) throws -> [Int] {
    try KMeans(k: k, metric: .cosine, restarts: restarts, seed: seed).fit(points(parts, rank: rank), workers: workers)
      .labels
  }
}
