import Linear
import PluginKit

/// Papers that have a label, in the order of their ids.
struct LabelledPapers {
  let papers: [PaperEntry]
  /// The topic of each, from 0; −1 for none.
  let topics: [Int]
  /// How many papers of the set the labels do not name.
  let unnamed: Int
  /// The ids that belong to the rows in the order of the labels.
  private let rowIDs: [String]
  /// The row of the labels of each paper.
  private let rows: [Int]

  /// Papers in the order of their ids, each with its topic.
  init(_ papers: [PaperEntry], topics: [Int]) {
    self.papers = papers
    self.topics = topics
    unnamed = 0
    rowIDs = papers.map(\.id)
    rows = Array(papers.indices)
  }

  init(_ labels: Labels, _ set: PaperSet, at pointer: String) throws {
    guard labels.count > 0, set.count > 0 else {
      throw MethodError.data(
        .tooFewSamples, pointer: pointer, message: "there are \(labels.count) labels and \(set.count) papers")
    }
    let places = try RowPapers(set, rowIDs: labels.rowIDs, count: labels.count, what: "labels", at: pointer).places
    rowIDs = places.map { set.papers[$0].id }
    rows = try CanonicalOrder(rowIDs: rowIDs, count: labels.count, at: pointer).rows
    papers = rows.map { set.papers[places[$0]] }
    topics = rows.map { labels.codes[$0] }
    unnamed = set.count - papers.count
    guard topics.contains(where: { $0 >= 0 }) else {
      throw MethodError.data(.degenerate, pointer: pointer, message: "no paper has a topic")
    }
  }

  /// For each paper its row in a matrix with these ids; without ids the matrix has the rows of the labels.
  func rows(of ids: [String]?, count: Int, at pointer: String) throws -> [Int] {
    guard let ids else {
      guard count == rows.count else {
        throw MethodError.data(
          .shape, pointer: pointer, message: "\(count) rows for \(rows.count) labels",
          hint: "give a matrix of the rows that were labelled")
      }
      return rows
    }
    let known = Dictionary(ids.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    return try papers.map { paper in
      guard let row = known[paper.id] else {
        throw MethodError.data(
          .shape, pointer: pointer, message: "the paper \(paper.id) has a label and no row",
          hint: "give a matrix of the rows that were labelled")
      }
      return row
    }
  }

  /// One number for each paper, from a matrix of one column.
  func confidence(_ reference: MatrixReference, _ context: Context) throws -> [Double] {
    let (matrix, ids) = try context.features(reference)
    guard matrix.columns == 1 else {
      throw MethodError.data(
        .shape, pointer: reference.pointer, message: "\(matrix.columns) columns where one is expected",
        hint: "give the output 'confidence' of the clustering")
    }
    let rows = try rows(of: ids, count: matrix.rows, at: reference.pointer)
    return matrix.rows(at: rows).dense.elements
  }
}

/// Where labelled papers lie.
struct Positions {
  /// A row for each paper, of length 1.
  let matrix: FeatureMatrix

  init(of texts: LabelledPapers, _ reference: MatrixReference, _ context: Context) throws {
    let (all, ids) = try context.features(reference)
    guard all.columns > 0 else {
      throw MethodError.data(.shape, pointer: reference.pointer, message: "the matrix has no columns")
    }
    matrix = all.rows(at: try texts.rows(of: ids, count: all.rows, at: reference.pointer)).unitRows
  }

  /// The cosine of each paper to the mean direction of its topic, 0 where that is negative or there is none.
  func nearnessToMeans(_ texts: LabelledPapers) -> [Double] {
    var means: [Int: [Double]] = [:]
    for (row, topic) in texts.topics.enumerated() where topic >= 0 {
      forEachEntry(row) { column, value in
        means[topic, default: [Double](repeating: 0, count: matrix.columns)][column] += value
      }
    }
    let lengths = means.mapValues { mean in mean.reduce(0) { $0 + $1 * $1 }.squareRoot() }
    return texts.topics.enumerated().map { row, topic in
      guard let mean = means[topic], let length = lengths[topic], length > 0 else { return 0 }
      var product = 0.0
      forEachEntry(row) { column, value in product += value * mean[column] }
      return max(0, min(1, product / length))
    }
  }

  private func forEachEntry(_ row: Int, _ body: (_ column: Int, _ value: Double) -> Void) {
    switch matrix {
    case .dense(let matrix):
      matrix.withRow(row) { row in
        for column in row.indices { body(column, row[column]) }
      }
    case .sparse(let matrix):
      matrix.withRow(row) { columns, values in
        for entry in columns.indices { body(Int(columns[entry]), values[entry]) }
      }
    }
  }
}
