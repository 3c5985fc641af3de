import Linear
import PluginKit
import Statistics
import Synchronization

/// How labels are read as a concept.
public enum ConceptKind: String, Codable, Sendable {
  /// Each class is a column of its own (for two classes: one column), also where classes are numbers.
  case classes
  /// The numbers themselves are the columns.
  case numeric
}

/// The rows that an eraser is fitted on, and what is to be taken out of them.
struct ConceptInput: Sendable {
  let features: RowSource
  /// All rows of the table.
  let table: NamedRows
  /// The fitted rows, ascending.
  let rows: [Int]
  let coding: ConceptCoding
  /// The names of the classes that the fitted rows have; nil for numbers.
  let classes: [String]?
  /// Fitted rows of each class.
  let classCounts: [Int]?
  private let concept: Concept
  let labelsPointer: String
  /// The name of each row's class, nil where it has none; nil for numbers.
  private let allNames: [String?]?

  private enum Concept: Sendable {
    /// The class of each row of the table.
    case classes([Int])
    case numbers(RowSource)
  }

  /// - Throws: `MethodError` for rows that do not fit, a fitted row without a label, or fewer than two rows.
  init(
    _ context: Context, features reference: MatrixReference, labels: LabelReference, kind: ConceptKind,
    train: RowsReference?, split: FileReference?
  ) throws {
    features = try context.rows(reference)
    labelsPointer = labels.pointer
    switch kind {
    case .classes:
      let read = try context.labels(labels)
      guard !read.classes.isEmpty else {
        throw MethodError.invalidParameter(
          pointer: labels.pointer, expected: "classes, found none",
          hint: "numbers that are not whole, and rows of numbers, are a concept of zKind numeric")
      }
      let names = read.namedRows(labels)
      try context.checkSameRows(features.namedRows, names)
      table = NamedRows(pointer: reference.pointer, count: names.count, ids: features.rowIDs ?? names.ids)
      rows = try context.trainRows(train: train, split: split, of: table).sorted()
      let found = try read.classes(
        of: rows, NamedRows(pointer: labels.pointer, count: names.count, ids: table.ids))
      concept = .classes(found.codes)
      coding = .classes(max(1, found.names.count))
      (classes, classCounts) = (found.names, found.counts(rows))
      allNames = read.codes.map { $0 < 0 ? nil : read.classes[$0] }
    case .numeric:
      let numbers = try context.rows(MatrixReference(pointer: labels.pointer))
      try context.checkSameRows(features.namedRows, numbers.namedRows)
      table = NamedRows(
        pointer: reference.pointer, count: features.rowCount, ids: features.rowIDs ?? numbers.rowIDs)
      rows = try context.trainRows(train: train, split: split, of: table).sorted()
      concept = .numbers(numbers)
      coding = .numeric(numbers.columnCount)
      (classes, classCounts, allNames) = (nil, nil, nil)
    }
    guard rows.count > 1 else {
      throw MethodError.data(
        .tooFewSamples, pointer: train?.pointer ?? reference.pointer,
        message: "one row is fitted, and a covariance needs two", hint: "give more rows")
    }
  }

  var places: InputPlaces {
    InputPlaces(features: features.pointer, labels: labelsPointer, classes: classes ?? [], rows: rows)
  }

  /// The ids of the fitted rows, where rows have ids.
  var fittedIDs: [String]? { table.ids.map { ids in rows.map { ids[$0] } } }

  /// The concept columns of some rows of the table.
  func columns(_ part: [Int]) throws -> Matrix<Double> {
    switch concept {
    case .classes(let codes): try coding.columns(of: part.map { codes[$0] })
    case .numbers(let source): try source.gather(part)
    }
  }

  /// The concept columns of some rows of the table, and their classes where it is one of classes.
  func labels(of part: [Int]) throws -> RowLabels {
    switch concept {
    case .classes(let codes): RowLabels(columns: try columns(part), codes: part.map { codes[$0] })
    case .numbers: RowLabels(columns: try columns(part), codes: nil)
    }
  }

  /// The class of each fitted row.
  /// - Throws: `MethodError.invalidParameter` for a concept of numbers.
  func fittedClasses(_ method: String) throws -> [Int] {
    guard case .classes(let codes) = concept else {
      throw MethodError.invalidParameter(
        pointer: labelsPointer, expected: "classes, since \(method) has no form for numbers",
        hint: "give zKind classes, or use erase.leace for a concept of numbers")
    }
    return rows.map { codes[$0] }
  }

  /// The class of each of some rows that are not fitted, in the fitted rows' own numbers.
  /// - Throws: `MethodError` for a row without a class, or of one that no fitted row has.
  func classified(rows part: [Int]) throws -> [Int] {
    guard case .classes(let codes) = concept, let names = classes else { return [] }
    return try part.map { row in
      if codes[row] >= 0 { return codes[row] }
      guard let name = allNames?[row] ?? nil else {
        throw MethodError.invalidParameter(
          pointer: labelsPointer, expected: "a class for each row that is used, found none for \(table.name(of: row))",
          hint: "name the rows to use by train and test; data.split leaves out rows without a label")
      }
      guard let code = names.firstIndex(of: name) else {
        throw MethodError.data(
          .degenerate, pointer: labelsPointer,
          message: "\(table.name(of: row)) is of class '\(name)', which no fitted row has", row: row,
          hint: "split with data.split, which keeps every class on both sides, or leave the rows of the class out")
      }
      return code
    }
  }

  /// The fitted rows in memory.
  func fittedRows<S: Scalar>(_ context: Context, as: S.Type = S.self) throws -> Matrix<S> {
    try context.reserve(rows.count * features.columnCount * MemoryLayout<S>.stride, for: "the fitted rows")
    return try features.gather(rows, as: S.self)
  }

  /// The moments of the fitted rows of each class, without a concept.
  func classMoments(_ context: Context) throws -> [Moments] {
    guard case .classes(let codes) = concept, let count = classes?.count else { return [] }
    let d = features.columnCount
    try context.reserve(
      count * (context.workers.jobs + 8) * d * d * MemoryLayout<Double>.stride, for: "the covariances")
    let rows = rows
    let sum = try context.workers.sum(over: rows.count) { range in
      let part = Array(rows[range])
      let x = try features.gather(part, as: Double.self)
      return try (0..<count).map { c in
        try Moments(x.rows(at: part.indices.filter { codes[part[$0]] == c }), workers: context.workers.single)
      }
    } merge: { (own: inout [Moments], other: [Moments]) in
      for c in own.indices { own[c].merge(other[c]) }
    }
    return sum ?? []
  }

  /// The moments of the fitted rows, read block by block over the workers and merged in a fixed tree; the bits do not
  /// depend on how many workers there are.
  func moments<S: Scalar>(as: S.Type, _ precision: Moments.Precision, _ context: Context) throws -> Moments {
    let (d, k) = (features.columnCount, coding.columns)
    let workers = min(context.workers.jobs, rows.count / Workers.blockRows + 1)
    // Each worker has a block of rows and three scatters; the tree holds one for each of its levels.
    let levels = Int.bitWidth - (rows.count / Workers.blockRows).leadingZeroBitCount + 1
    let block = Workers.blockRows * (d + k) * MemoryLayout<S>.stride
    try context.reserve(
      workers * block + (3 * workers + levels) * d * (d + k) * MemoryLayout<Double>.stride, for: "the covariances")
    let done = Counter()
    let rows = rows
    let sum = try context.workers.sum(over: rows.count) { range in
      let part = Array(rows[range])
      let x = try features.gather(part, as: S.self)
      let moments = try Moments(x, columns(part), precision: precision, workers: context.workers)
      let count = done.add(part.count)
      context.progress(count, of: rows.count, "covariances, \(count) of \(rows.count) rows")
      return moments
    } merge: {
      $0.merge($1)
    }
    return sum ?? Moments(d: d, k: k)
  }
}

/// Counts what several threads have done.
final class Counter: Sendable {
  private let total = Atomic(0)

  /// The sum with what is added.
  func add(_ count: Int) -> Int { total.add(count, ordering: .relaxed).newValue }
}
