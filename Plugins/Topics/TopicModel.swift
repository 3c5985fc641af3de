import Linear
import PluginKit
import Statistics

/// A clustering as it is kept for papers that come later. It never changes by being used.
struct TopicModel: Sendable {
  static let kind = "topics"
  /// Below this share of the way from the next centroid to the own one a row is weak.
  static let weakCentroid = 0.05
  /// Below this share of the neighbours' votes, or of the sum of the weights, a row is weak.
  static let weakShare = 0.35
  private static let voters = 5

  enum Rule: Sendable {
    /// The nearest centroid, topics × d.
    case centroids(Matrix<Double>)
    /// The largest weight of non-negative least squares on the factors, topics × m.
    case factors(Matrix<Double>)
    /// Votes of the five nearest fitted rows by cosine.
    case neighbours(FeatureMatrix, labels: [Int])
  }

  let rule: Rule
  let metric: TopicMetric
  let topics: [String]
  /// How far each fitted row lies from its topic, ascending.
  private(set) var distances: [Double]
  /// The share of fitted rows that the rule gives another topic than the clustering did.
  private(set) var moved: Double

  struct Assigned: Sendable {
    var rows: TopicRows
    /// How far each row lies from its topic.
    var distances: [Double]
  }

  init(
    _ rule: Rule, metric: TopicMetric, topics: [String], fitted: FeatureMatrix, labels: [Int], _ workers: Workers
  ) throws {
    self.rule = rule
    self.metric = metric
    self.topics = topics
    (distances, moved) = ([], 0)
    let own = try assign(fitted, workers)
    distances = own.distances.sorted()
    moved = Double(zip(own.rows.labels, labels).count { $0 != $1 }) / Double(max(1, labels.count))
  }

  func assign(_ rows: FeatureMatrix, _ workers: Workers) throws -> Assigned {
    switch rule {
    case .centroids(let centroids): try byCentroids(rows, centroids, workers)
    case .factors(let factors): try byFactors(rows, factors, workers)
    case .neighbours(let fitted, let labels): try byNeighbours(rows, fitted, labels, workers)
    }
  }

  /// The share of fitted rows that lie nearer to their topics than this: 1 for what is farther than all.
  func quantile(_ distance: Double) -> Double {
    guard !distances.isEmpty else { return 0 }
    return Double(distances.count { $0 < distance }) / Double(distances.count)
  }

  var columns: Int {
    switch rule {
    case .centroids(let matrix), .factors(let matrix): matrix.columns
    case .neighbours(let matrix, _): matrix.columns
    }
  }

  private func byCentroids(_ rows: FeatureMatrix, _ centroids: Matrix<Double>, _ workers: Workers) throws -> Assigned {
    let places = try CentroidPlaces(rows.dense, centroids, metric, labels: nil, workers)
    return Assigned(rows: places.topics, distances: places.own)
  }

  private func byFactors(_ rows: FeatureMatrix, _ factors: Matrix<Double>, _ workers: Workers) throws -> Assigned {
    let operand = FactorOperand(rows)
    let weights = NMFFit.scaled(try NMF.weights(of: operand, h: factors, workers: workers), factors)
    let topics = TopicRows(weights: weights)
    let norms = rows.unitRows
    let directions = FeatureMatrix.dense(factors).unitRows.dense
    let cosines = try norms.products(with: .dense(directions), workers)
    return Assigned(
      rows: topics, distances: topics.labels.enumerated().map { row, topic in max(0, 1 - cosines[row, topic]) })
  }

  private func byNeighbours(
    _ rows: FeatureMatrix, _ fitted: FeatureMatrix, _ labels: [Int], _ workers: Workers
  ) throws -> Assigned {
    let count = topics.count
    let products = try rows.unitRows.products(with: fitted.unitRows, workers)
    var (codes, confidence, next, distances) = ([Int](), [Double](), [Int?](), [Double]())
    for row in 0..<products.rows {
      if row % 64 == 0 { try workers.checkCancellation() }
      let similar = products.row(row).map { ($0 * 1e12).rounded() / 1e12 }
      let nearest = Self.largest(Self.voters, of: similar)
      var votes = [Double](repeating: 0, count: count)
      for place in nearest { votes[labels[place]] += max(0, similar[place]) }
      let order = votes.indices.sorted { (-votes[$0], $0) < (-votes[$1], $1) }
      let sum = votes.reduce(0, +)
      // Without anything in common there is no vote: the largest topic, and weak.
      codes.append(order.first ?? 0)
      confidence.append(sum > 0 ? votes[order[0]] / sum : 0)
      next.append(order.count > 1 && votes[order[1]] > 0 ? order[1] : nil)
      distances.append(max(0, 1 - (nearest.first.map { similar[$0] } ?? 0)))
    }
    return Assigned(
      rows: TopicRows(
        labels: codes, confidence: confidence, weak: confidence.map { $0 < Self.weakShare }, next: next),
      distances: distances)
  }

  /// The places of the largest numbers, largest first; of equal ones the first.
  private static func largest(_ count: Int, of values: [Double]) -> [Int] {
    var best: [Int] = []
    for place in values.indices {
      if best.count == count, values[place] <= values[best[count - 1]] { continue }
      best.insert(place, at: best.firstIndex { values[$0] < values[place] } ?? best.count)
      if best.count > count { best.removeLast() }
    }
    return best
  }
}

extension TopicRows {
  /// The largest weight of each row, the lowest topic on ties; its share of the row's sum is the confidence.
  init(weights: Matrix<Double>) {
    var (labels, confidence, next) = ([Int](), [Double](), [Int?]())
    for row in 0..<weights.rows {
      let values = weights.row(row)
      let order = values.indices.sorted { (-values[$0], $0) < (-values[$1], $1) }
      let sum = values.reduce(0, +)
      labels.append(order.first ?? 0)
      confidence.append(sum > 0 ? values[order[0]] / sum : 0)
      next.append(order.count > 1 && values[order[1]] > 0 ? order[1] : nil)
    }
    self.init(
      labels: labels, confidence: confidence, weak: confidence.map { $0 < TopicModel.weakShare }, next: next)
  }
}

extension FactorOperand {
  init(_ matrix: FeatureMatrix) {
    switch matrix {
    case .dense(let matrix): self.init(matrix)
    case .sparse(let matrix): self.init(matrix)
    }
  }
}

extension FeatureMatrix {
  /// X·Yᵀ, with as many columns in both.
  func products(with other: FeatureMatrix, _ workers: Workers) throws -> Matrix<Double> {
    switch (self, other) {
    case (.dense(let x), .dense(let y)): x.timesTransposed(y)
    case (.sparse(let x), .dense(let y)): try x.times(y.transposed(), workers: workers)
    case (.dense(let x), .sparse(let y)): try y.times(x.transposed(), workers: workers).transposed()
    case (.sparse(let x), .sparse(let y)):
      // In blocks, since Yᵀ with its zeros is as long as the vocabulary.
      Matrix.stack(
        try stride(from: 0, to: y.rows, by: 256).map { start in
          let block = y.rows(at: Array(start..<min(y.rows, start + 256)))
          return try x.times(block.transposed().dense(), workers: workers).transposed()
        }
      ).transposed()
    }
  }
}

// MARK: - Storage

extension TopicModel {
  private struct Fields: Codable {
    var rule: String
    var metric: TopicMetric
    var topics: [String]
    var moved: Double
    var columns: Int
  }

  func save(_ context: Context) throws -> ArtifactReference {
    var fields = Fields(rule: "", metric: metric, topics: topics, moved: moved, columns: columns)
    let arrays: Arrays
    switch rule {
    case .centroids(let matrix):
      fields.rule = "centroids"
      arrays = Arrays(["centroids": matrix], vectors: ["distances": distances])
    case .factors(let matrix):
      fields.rule = "factors"
      arrays = Arrays(["factors": matrix], vectors: ["distances": distances])
    case .neighbours(.dense(let matrix), let labels):
      fields.rule = "neighbours"
      arrays = Arrays(["rows": matrix], vectors: ["distances": distances], integers: ["labels": labels])
    case .neighbours(.sparse(let matrix), let labels):
      fields.rule = "sparseNeighbours"
      arrays = Arrays(
        vectors: ["distances": distances, "values": matrix.values],
        integers: [
          "labels": labels, "pointers": matrix.rowPointers, "indices": matrix.columnIndices.map { Int($0) },
        ])
    }
    return try context.save(model: fields, Self.kind, "model", arrays: arrays)
  }

  /// What a clustering saved.
  init(_ reference: ModelReference, _ context: Context) throws {
    let (fields, arrays) = try context.model(reference, Self.kind, Fields.self)
    (metric, topics, moved) = (fields.metric, fields.topics, fields.moved)
    distances = try arrays.vector("distances")
    func broken(_ what: String) -> MethodError {
      .data(.format, pointer: reference.pointer, message: "the model's \(what)", hint: "fit the topics anew")
    }
    switch fields.rule {
    case "centroids": rule = .centroids(try arrays.matrix("centroids"))
    case "factors": rule = .factors(try arrays.matrix("factors"))
    case "neighbours": rule = .neighbours(.dense(try arrays.matrix("rows")), labels: try arrays.integers("labels"))
    case "sparseNeighbours":
      let labels = try arrays.integers("labels")
      do {
        rule = .neighbours(
          .sparse(
            try SparseMatrix(
              unordered: labels.count, columns: fields.columns, rowPointers: arrays.integers("pointers"),
              columnIndices: arrays.integers("indices"), values: arrays.vector("values"))), labels: labels)
      } catch let error as SparseFault {
        throw broken("rows are no sparse matrix: \(error)")
      }
    default: throw broken("rule '\(fields.rule)' is not known")
    }
    let rows =
      switch rule {
      case .centroids(let matrix), .factors(let matrix): matrix.rows
      case .neighbours(_, let labels): labels.count
      }
    if case .neighbours(let matrix, let labels) = rule {
      guard matrix.rows == labels.count, labels.allSatisfy({ topics.indices.contains($0) }) else {
        throw broken("labels do not fit its rows")
      }
    } else if rows != topics.count {
      throw broken("rows are not as many as its topics")
    }
    guard columns > 0, !topics.isEmpty else { throw broken("matrix is empty") }
  }
}
