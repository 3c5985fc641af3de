/// Splits work into fixed blocks over threads, such that the bits of the result do not depend on how many there are.
///
///     let moments = try workers.sum(over: rows) { range in
///       Moments(block: try file.rows(range))
///     } merge: { $0.merge($1) }
///
/// Blocks are numbered and begin in order. Each block is one thread's; before each, cancellation is looked at.
/// When blocks fail, the error of the lowest is thrown, whatever the threads did.
public struct Workers: Sendable {
  /// Rows in a block: the unit of a merge everywhere.
  public static let blockRows = 4096

  /// One thread, the caller's.
  public static let serial = Workers(jobs: 1)

  /// How many blocks are worked on at once.
  public let jobs: Int
  private let pool: any WorkerPool
  private let cancellation: @Sendable () throws -> Void

  /// Threads of its own.
  public init(jobs: Int) {
    self.init(jobs: jobs, pool: ThreadPool(threads: jobs))
  }

  /// At most `jobs` threads of a pool. `checkCancellation` throws when the work is no longer wanted; it is called
  /// from each of them.
  public init(
    jobs: Int, pool: any WorkerPool, checkCancellation: @escaping @Sendable () throws -> Void = {}
  ) {
    // A sequential build of BLAS gives wrong results when several threads call it.
    self.jobs = NumericLibrary.prepare().threading == .sequential ? 1 : max(1, jobs)
    self.pool = pool
    cancellation = checkCancellation
  }

  /// One thread, the caller's, cancelled with these: for what runs inside a block of theirs.
  public var single: Workers { Workers(jobs: 1, pool: pool, checkCancellation: cancellation) }

  /// Throws when the work is no longer wanted.
  public func checkCancellation() throws { try cancellation() }

  /// Calls `body` once for each of 0 ..< count.
  public func forEach(_ count: Int, _ body: @escaping @Sendable (Int) throws -> Void) throws {
    if jobs == 1 || count <= 1 {
      for i in 0..<max(0, count) {
        try cancellation()
        try body(i)
      }
      return
    }
    let round = Round(count: count)
    let check = cancellation
    pool.run(min(jobs, count)) { _ in
      while let i = round.take() {
        do {
          try check()
          try body(i)
        } catch {
          round.fail(at: i, error)
        }
      }
    }
    if let error = round.error { throw error }
  }

  /// The results of `body` for 0 ..< count, in that order.
  public func map<R: Sendable>(_ count: Int, _ body: @escaping @Sendable (Int) throws -> R) throws -> [R] {
    let results = Guarded([R?](repeating: nil, count: max(0, count)))
    try forEach(count) { i in
      let result = try body(i)
      results.withLock { $0[i] = result }
    }
    return results.withLock { $0.compactMap { $0 } }
  }

  /// Calls `body` once for each block of `size` rows (the last may be shorter).
  public func forEachBlock(
    of rows: Int, size: Int = blockRows, _ body: @escaping @Sendable (Range<Int>) throws -> Void
  ) throws {
    try forEach(Self.blocks(rows, size)) { try body(Self.block($0, of: rows, size)) }
  }

  /// Merges the results of all blocks in the tree of `BlockTree`; nil when there are no rows.
  public func sum<R: Sendable>(
    over rows: Int, size: Int = blockRows, _ body: @escaping @Sendable (Range<Int>) throws -> R,
    merge: @escaping @Sendable (inout R, R) -> Void
  ) throws -> R? {
    let tree = Guarded(BlockTree<R>(merge: merge))
    try forEach(Self.blocks(rows, size)) { block in
      var value = try body(Self.block(block, of: rows, size))
      var (level, index) = (0, block)
      // Merging goes on outside the lock: a part may be as large as a Gram matrix.
      while var neighbour = tree.withLock({ $0.exchange(value, level: level, at: index) }) {
        BlockTree.join(&value, &neighbour, at: index, merge)
        (level, index) = (level + 1, index / 2)
      }
    }
    return tree.withLock { $0.takeTotal() }
  }

  /// Lets `body` write each block of rows of `matrix`, all of it at once over the threads.
  public func fill<S: Scalar>(
    _ matrix: inout Matrix<S>, size: Int = blockRows,
    _ body: @escaping @Sendable (_ rows: Range<Int>, _ buffer: UnsafeMutableBufferPointer<S>) throws -> Void
  ) throws {
    let (rows, columns) = (matrix.rows, matrix.columns)
    try matrix.withUnsafeMutableBuffer { buffer in
      let memory = DisjointRows(buffer: buffer)
      try forEachBlock(of: rows, size: size) { range in
        let elements = memory.buffer[range.lowerBound * columns..<range.upperBound * columns]
        try body(range, UnsafeMutableBufferPointer(rebasing: elements))
      }
    }
  }

  /// A copy of `matrix`, each block of rows changed by `body` as soon as it is copied.
  public func changed<S: Scalar>(
    _ matrix: Matrix<S>, size: Int = blockRows,
    _ body: @escaping @Sendable (_ rows: Range<Int>, _ buffer: UnsafeMutableBufferPointer<S>) throws -> Void
  ) throws -> Matrix<S> {
    var result = Matrix<S>(uninitializedRows: matrix.rows, columns: matrix.columns)
    let columns = matrix.columns
    try fill(&result, size: size) { range, buffer in
      matrix.withUnsafeBuffer { source in
        guard let from = source.baseAddress, let to = buffer.baseAddress else { return }
        to.update(from: from + range.lowerBound * columns, count: buffer.count)
      }
      try body(range, buffer)
    }
    return result
  }

  static func blocks(_ rows: Int, _ size: Int) -> Int { rows <= 0 ? 0 : (rows - 1) / size + 1 }

  static func block(_ index: Int, of rows: Int, _ size: Int) -> Range<Int> {
    index * size..<min(rows, (index + 1) * size)
  }
}

/// Sendable: each block of rows is one thread's, and the matrix is the caller's alone until all are done.
private struct DisjointRows<S: Scalar>: @unchecked Sendable {
  let buffer: UnsafeMutableBufferPointer<S>
}

/// The numbers of one `forEach`, handed out in order until one fails.
private final class Round: Sendable {
  private struct State {
    var next = 0
    var failed: (index: Int, error: any Error)?
  }

  private let count: Int
  private let state = Guarded(State())

  init(count: Int) { self.count = count }

  func take() -> Int? {
    state.withLock { state in
      guard state.failed == nil, state.next < count else { return nil }
      defer { state.next += 1 }
      return state.next
    }
  }

  /// Numbers below a failed one have all begun, so the lowest error is always among those that come in.
  func fail(at index: Int, _ error: any Error) {
    state.withLock { state in
      if let failed = state.failed, failed.index < index { return }
      state.failed = (index, error)
    }
  }

  var error: (any Error)? { state.withLock { $0.failed?.error } }
}
