/// The rows that are fitted and the rows that are scored, as the parameters `train`, `test` and `split` name them.
public struct TrainTest: Sendable, Equatable {
  /// Row numbers in the order given.
  public let train: [Int]
  /// None of them in `train`; nil: the train rows are scored, which a result has to say.
  public let test: [Int]?

  /// What is scored.
  public var scored: [Int] { test ?? train }
  public var isHeldOut: Bool { test != nil }
}

extension Context {
  /// Opens the parameters; without `train` and `split` all rows are fitted.
  ///
  /// - Parameter rows: the rows that there are; the first input is asked for their ids.
  /// - Throws: `MethodError` for `split` beside the others, an empty list, a row that stands twice or on both sides.
  public func trainTest(
    train: RowsReference?, test: RowsReference?, split: FileReference?, of rows: NamedRows
  ) throws -> TrainTest {
    if let split {
      if train != nil || test != nil {
        throw MethodError.invalidParameter(
          pointer: split.pointer, expected: "no split beside \(train != nil ? "train" : "test")",
          hint: "a split names the train and the test rows; leave the others out")
      }
      let lists = try rowLists(split, ["train", "test"], of: rows.count)
      try check(lists[0], split.pointer, "train", rows)
      try check(lists[1], split.pointer, "test", rows)
      try checkApart(lists[0], lists[1], split.pointer, rows, isNamed: true)
      return TrainTest(train: lists[0], test: lists[1])
    }
    let fitted = try train.map { try rowNumbers($0, of: rows.count) } ?? Array(0..<rows.count)
    try check(fitted, train?.pointer ?? rows.pointer, "train", rows)
    guard let test else { return TrainTest(train: fitted, test: nil) }
    let scored = try rowNumbers(test, of: rows.count)
    try check(scored, test.pointer, "test", rows)
    try checkApart(fitted, scored, test.pointer, rows, isNamed: train != nil)
    return TrainTest(train: fitted, test: scored)
  }

  /// The rows to fit where nothing is scored: those of `train`, the train rows of `split`, or all.
  /// - Throws: as above.
  public func trainRows(train: RowsReference?, split: FileReference?, of rows: NamedRows) throws -> [Int] {
    try trainTest(train: train, test: nil, split: split, of: rows).train
  }

  private func check(_ list: [Int], _ pointer: String, _ side: String, _ rows: NamedRows) throws {
    guard !list.isEmpty else {
      throw MethodError.data(
        .tooFewSamples, pointer: pointer, message: "there are no \(side) rows",
        hint: "name at least one row, or leave the list out")
    }
    var seen = [Bool](repeating: false, count: rows.count)
    for row in list {
      guard !seen[row] else {
        throw MethodError.invalidParameter(
          pointer: pointer, expected: "each \(side) row once, found \(rows.name(of: row)) twice",
          hint: "name each row once")
      }
      seen[row] = true
    }
  }

  private func checkApart(
    _ train: [Int], _ test: [Int], _ pointer: String, _ rows: NamedRows, isNamed: Bool
  ) throws {
    let shared = Set(train).intersection(test).sorted()
    guard !shared.isEmpty else { return }
    throw MethodError.invalidParameter(
      pointer: pointer,
      expected: "no row on both sides, found \(shared.map(rows.name).listed()) in train and in test",
      hint: isNamed
        ? "a row that was fitted cannot be scored: take it out of one list"
        : "without train all rows are fitted: name the train rows too, or give a split of data.split")
  }
}
