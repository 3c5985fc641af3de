import Linear
import Synchronization

/// The first error of walks that cannot throw where they read.
final class ReadFault: Sendable {
  private let first = Mutex<(any Error)?>(nil)

  func note(_ error: any Error) {
    first.withLock { $0 = $0 ?? error }
  }

  /// - Throws: what was noted.
  func check() throws {
    if let error = first.withLock({ $0 }) { throw error }
  }
}

extension RowBlocks where A == Double {
  /// Rows that are read again for each walk, so that no more than a block a thread is in memory.
  init(reading reader: some RowReader, rows list: [Int]?, shift: [Double], factor: [Double]) {
    let fault = ReadFault()
    self.init(rows: list?.count ?? reader.rowCount, columns: reader.columnCount, fault: fault) { range, target, width in
      do {
        let block: Matrix<Double> =
          if let list { try reader.readRows(at: Array(list[range]), as: Double.self) } else {
            try reader.readRows(range, as: Double.self)
          }
        block.withUnsafeBuffer { x in
          for i in 0..<block.rows {
            for j in 0..<block.columns {
              target[i &* width &+ j] = (x[i &* block.columns &+ j] - shift[j]) * factor[j]
            }
          }
        }
      } catch {
        fault.note(error)
        // The walk goes on to its end over numbers that nobody will see.
        for i in 0..<range.count * width { target[i] = 0 }
      }
    }
  }
}

extension ColumnScaling {
  /// Of rows that are read once, block by block.
  init(reading reader: some RowReader, rows list: [Int]?, workers: Workers) throws {
    let count = list?.count ?? reader.rowCount
    try checkRows(list, of: reader.rowCount, list: "fitted")
    let blocks = (count + Workers.blockRows - 1) / Workers.blockRows
    let parts = try workers.map(blocks) { index in
      let range = index * Workers.blockRows..<min(count, (index + 1) * Workers.blockRows)
      let block: Matrix<Double> =
        if let list { try reader.readRows(at: Array(list[range]), as: Double.self) } else {
          try reader.readRows(range, as: Double.self)
        }
      do {
        return (rows: range.count, scaling: try ColumnScaling(block))
      } catch StatisticsError.notFinite(let row, let column) {
        throw StatisticsError.notFinite(row: list?[range.lowerBound + row] ?? range.lowerBound + row, column: column)
      }
    }
    guard let joined = ColumnScaling.joined(parts, tolerance: ColumnScaling.tolerance(of: Double.self)) else {
      throw StatisticsError.empty("rows")
    }
    self = joined
  }
}

extension LogisticRegression {
  /// Fits rows that are read block by block, once for each walk: n numbers for the labels are in memory, and a block a
  /// thread.
  ///
  ///     let fit = try LogisticRegression().fit(reading: array, labels: labels, classes: 2, workers: workers)
  ///
  /// - Parameters: as of `fit`; `precision` is not looked at, since a copy of the rows is what is to be spared.
  /// - Throws: as `fit`, and what the reader throws.
  public func fit(
    reading reader: some RowReader, labels: [Int], classes: Int, rows: [Int]? = nil, start: LinearProbe? = nil,
    workers: Workers = .serial, progress: Progress = { _, _, _ in }
  ) throws -> LogisticFit {
    try check(rows: reader.rowCount, columns: reader.columnCount, labels, start)
    let scaling = try ColumnScaling(reading: reader, rows: rows, workers: workers)
    let chosen = rows.map { $0.map { labels[$0] } } ?? labels
    let coordinates = try Coordinates(
      scaling, labels: chosen, classes: classes, penaltyWeight: 1 / C, standardize: standardize,
      balanced: classWeight == .balanced)
    let prepared = PreparedRows(
      exact: RowBlocks(reading: reader, rows: rows, shift: coordinates.shift, factor: coordinates.factor))
    let solved = try solve(coordinates, prepared, start, workers, progress)
    return try finished(solved, coordinates, prepared, workers)
  }
}
