import JSON

/// One class a row: codes from 0, −1 for a row without one, and the classes' names.
public struct Labels: Sendable {
  public var codes: [Int]
  public var classes: [String]
  public var rowIDs: [String]?
  /// Digests of the matrices that the labels were computed from, as clusters and predictions are: a probe of these
  /// matrices finds the computation, not a concept.
  public var madeFrom: [String]

  public init(codes: [Int], classes: [String], rowIDs: [String]? = nil, madeFrom: [String] = []) {
    self.codes = codes
    self.classes = classes
    self.rowIDs = rowIDs
    self.madeFrom = madeFrom
  }

  public var count: Int { codes.count }

  /// Rows of each class.
  public var classCounts: [Int] {
    var counts = [Int](repeating: 0, count: classes.count)
    for code in codes where code >= 0 { counts[code] += 1 }
    return counts
  }

  /// From names in their order; classes are sorted by Unicode scalars, whole numbers by value.
  public init(names: [String?], rowIDs: [String]? = nil) {
    let distinct = Set(names.compactMap { $0 })
    let numbers = distinct.compactMap { Int($0) }
    classes =
      numbers.count == distinct.count
      ? numbers.sorted().map(String.init)
      : distinct.sorted { $0.unicodeScalars.lexicographicallyPrecedes($1.unicodeScalars) }
    let code = Dictionary(classes.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    codes = names.map { name in name.flatMap { code[$0] } ?? -1 }
    self.rowIDs = rowIDs
    madeFrom = []
  }
}
