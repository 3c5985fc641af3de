import Linear
import Statistics

/// Takes rows and their concept in pieces, and gives the LEACE map of them all.
///
///     var fitter = LEACEFitter(columns: 768, coding: .classes(2))
///     try source.forEachBlock { first, block in try fitter.add(block, labels: labels[first..<first + block.rows]) }
///     let fit = try fitter.fit()
///
/// Only moments are kept, d·(d + k) numbers. Pieces of 4096 rows in order give the bits that `Moments` of the whole
/// gives; other pieces differ in the last digits.
struct LEACEFitter {
  let columns: Int
  let coding: ConceptCoding
  /// How products of the rows are summed.
  let precision: Moments.Precision
  private var tree: BlockTree<Moments>
  private var blocks = 0
  private(set) var count = 0

  init(columns: Int, coding: ConceptCoding, precision: Moments.Precision = .double) {
    self.columns = columns
    self.coding = coding
    self.precision = precision
    tree = Self.emptyTree()
  }

  private static func emptyTree() -> BlockTree<Moments> { BlockTree { $0.merge($1) } }

  /// Adds rows with their class labels.
  /// - Throws: `StatisticsError` for sizes that do not fit, labels out of range or numbers that are not finite; rows are
  ///   then numbered from the start of the piece.
  mutating func add<S: Scalar>(_ rows: Matrix<S>, labels: [Int]) throws(StatisticsError) {
    try add(rows, concept: coding.columns(of: labels))
  }

  /// Adds rows with their concept columns, n × k.
  /// - Throws: as above.
  mutating func add<S: Scalar>(_ rows: Matrix<S>, concept: Matrix<Double>) throws(StatisticsError) {
    guard rows.columns == columns else {
      throw .lengthMismatch(what: "columns", expected: columns, found: rows.columns)
    }
    guard concept.columns == coding.columns else {
      throw .lengthMismatch(what: "columns of the concept", expected: coding.columns, found: concept.columns)
    }
    guard concept.rows == rows.rows else {
      throw .lengthMismatch(what: "rows of the concept", expected: rows.rows, found: concept.rows)
    }
    if let place = rows.firstNonFinite() { throw .notFinite(row: place.row, column: place.column) }
    if let place = concept.firstNonFinite() { throw .notFinite(row: place.row, column: place.column) }
    if rows.rows == 0 { return }
    tree.add(Moments(block: rows, concept, precision: precision), at: blocks)
    blocks += 1
    count += rows.rows
  }

  /// Takes in what another fitter has seen, as rows that come after its own.
  /// - Throws: `StatisticsError.parameter` for a fitter of other columns, another coding or other sums.
  mutating func merge(_ other: LEACEFitter) throws(StatisticsError) {
    guard other.columns == columns, other.coding == coding, other.precision == precision else {
      throw .parameter(
        name: "the other fitter", expected: "of \(columns) columns, \(coding), \(precision) sums",
        found: "of \(other.columns) columns, \(other.coding), \(other.precision) sums")
    }
    guard let theirs = other.moments else { return }
    var all = moments ?? Moments(d: columns, k: coding.columns)
    all.merge(theirs)
    tree = Self.emptyTree()
    tree.add(all, at: 0)
    blocks = 1
    count += other.count
  }

  /// Of all rows so far; nil before the first.
  var moments: Moments? { tree.total }

  /// The map for all rows so far.
  /// - Throws: as `LEACE.fit`.
  func fit(_ settings: LEACE = LEACE()) throws -> LEACEFit {
    var settings = settings
    settings.sumsInDoubles = precision == .double
    return try settings.fit(moments ?? Moments(d: columns, k: coding.columns))
  }
}
