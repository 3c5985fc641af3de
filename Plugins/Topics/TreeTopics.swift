import Charts
import Linear
import PluginKit
import Statistics
import Text

/// A tree over topics: which are near each other, and any cut of it as groups of topics.
public struct TreeTopics: Method {
  public static let name = "topics.tree"

  public struct Parameters: Decodable, Sendable {
    let labels: LabelReference
    let papers: PapersReference?
    let matrix: MatrixReference?
    let metric: KMeans.Metric
    let field: PaperField
    let k: Int?
    let height: Double?
  }

  public struct Group: Encodable, Sendable {
    let group: Int
    let name: String
    let topics: [Int]
    let size: Int
  }

  public struct Output: Encodable, Sendable {
    let merges: [[Double]]
    let order: [Int]
    let groups: [Group]
    let parents: [Int]
    let labels: ArtifactReference
    let by: String
    let warnings: [Warning]
  }

  public init() {}

  public func run(_ parameters: Parameters, _ context: Context) throws -> Output {
    guard parameters.k == nil || parameters.height == nil else {
      throw MethodError.invalidParameter(pointer: "/height", expected: "one of k and height, or none")
    }
    guard (parameters.papers == nil) != (parameters.matrix == nil) else {
      throw MethodError.invalidParameter(
        pointer: parameters.papers == nil ? "/papers" : "/matrix", expected: "one of papers and matrix",
        hint: "papers: near by their words; matrix: near by their means")
    }
    let labels = try context.labels(parameters.labels)
    let order = try CanonicalOrder(rowIDs: labels.rowIDs, count: labels.count, at: parameters.labels.pointer)
    let own = LabelledRows(labels, order)
    guard !own.classes.isEmpty, own.codes.contains(where: { $0 >= 0 }) else {
      throw MethodError.data(.tooFewSamples, pointer: parameters.labels.pointer, message: "there are no topics")
    }
    let sizes = labels.classCounts
    let tree =
      try parameters.papers.map { try byWords(own, $0, parameters.field, context) }
      ?? parameters.matrix.map { try byMeans(own, sizes, $0, parameters.metric, context) }
    guard let tree else { throw MethodError.internal("no tree") }
    let k = parameters.k ?? max(1, Int(Double(own.classes.count).squareRoot().rounded()))
    guard k <= own.classes.count else {
      throw MethodError.invalidParameter(
        pointer: "/k", expected: "at most \(own.classes.count), the number of topics, found \(k)")
    }
    let parents = parameters.height.map { tree.labels(height: $0) } ?? tree.labels(groups: k)
    let groups = (0..<((parents.max() ?? 0) + 1)).map { group -> Group in
      let topics = parents.indices.filter { parents[$0] == group }
      let largest = topics.sorted { (-sizes[$0], $0) < (-sizes[$1], $1) }
      return Group(
        group: group, name: largest.prefix(2).map { own.classes[$0] }.joined(separator: " / "), topics: topics,
        size: topics.reduce(0) { $0 + sizes[$1] })
    }
    context.display(
      Dendrogram(
        title: "Tree of the topics", merges: tree.merges.map { .init($0.first, $0.second, $0.height) },
        count: tree.count, names: own.classes.indices.map { "\(own.classes[$0]) (\(sizes[$0]))" }, groups: parents,
        groupNames: groups.map(\.name),
        heightTitle: parameters.papers == nil ? "Ward distance of the means" : "1 − cosine of the term weights"))
    return Output(
      merges: tree.merges.map { [Double($0.first), Double($0.second), $0.height, Double($0.size)] }, order: tree.order,
      groups: groups, parents: parents,
      labels: try context.save(
        Labels(
          codes: labels.codes.map { $0 < 0 ? -1 : parents[$0] }, classes: Self.distinct(groups.map(\.name)),
          rowIDs: labels.rowIDs, madeFrom: labels.madeFrom), "labels"),
      by: parameters.papers == nil ? "means" : "words", warnings: [])
  }

  private static func distinct(_ names: [String]) -> [String] {
    var seen: Set<String> = []
    return names.enumerated().map { seen.insert($1).inserted ? $1 : "\($1) (\($0))" }
  }

  /// Average linkage on the cosine of class-based term weights.
  private func byWords(
    _ own: LabelledRows, _ reference: PapersReference, _ field: PaperField, _ context: Context
  ) throws -> Linkage {
    let papers = try context.papers(reference)
    let rows = try RowPapers(papers, rowIDs: own.ids, count: own.codes.count, what: "labels", at: "/labels")
    let weights: SparseMatrix
    do throws(TextFault) {
      var counter = try TermCounter(
        .init(tokenizer: Tokenizer(skipsAddresses: true, readsTeX: true), stopWords: .all([.english, .scholarly])))
      counter.add(rows.places.map { papers.papers[$0].document(field) })
      let counts = try counter.counts()
      weights = ClassTerms.weights(
        of: try ClassTerms.counts(of: counts.matrix, topics: own.codes, count: own.classes.count))
    } catch {
      throw MethodError.data(.degenerate, pointer: "/papers", message: error.description)
    }
    let unit = FeatureMatrix.sparse(weights).unitRows
    let cosines = try unit.products(with: unit, context.workers)
    let n = cosines.rows
    let distances = Matrix<Double>(rows: n, columns: n) { target in
      for i in 0..<n {
        for j in 0..<n where i != j {
          let similarity = (cosines[min(i, j), max(i, j)] * 1e12).rounded() / 1e12
          target[i * n + j] = max(0, 1 - similarity)
        }
      }
    }
    return try Linkage(distances: distances, .average, workers: context.workers)
  }

  /// Ward's method on the means, each with its size.
  private func byMeans(
    _ own: LabelledRows, _ sizes: [Int], _ reference: MatrixReference, _ metric: KMeans.Metric, _ context: Context
  ) throws -> Linkage {
    let rows = try CanonicalRows(reference, nil, context)
    let places = try own.places(in: rows, at: reference.pointer)
    let points = try rows.dense(for: "the means", context).rows(at: places)
    let means = CentroidPlaces.centroids(points, own.codes, count: own.classes.count, metric)
    return try InputPlaces(features: reference.pointer).explain {
      try Linkage(centroids: means, sizes: sizes.map(Double.init), workers: context.workers)
    }
  }
}
