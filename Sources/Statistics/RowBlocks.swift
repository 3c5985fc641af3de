import Linear

/// The rows (x − shift)·factor of a matrix, handed out in blocks that fit the cache, in the arithmetic `A`.
///
/// Either the rows lie ready in `matrix`, and whoever multiplies them folds `shift` and `factor` into his own
/// numbers; or each block is made when it is asked for.
struct RowBlocks<A: Scalar>: Sendable {
  let rows: Int
  let columns: Int
  /// The rows as they lie, when no block needs to be made.
  let matrix: Matrix<A>?
  /// What the one who multiplies the blocks of `withBlock` still has to subtract from each column …
  let shift: [Double]
  /// … and then to multiply it by.
  let factor: [Double]
  /// Whether blocks come shifted and multiplied.
  let isScaled: Bool
  /// Where rows are read from elsewhere, what went wrong there; who walks over them asks at the end.
  let fault: ReadFault?
  private let source: @Sendable (_ rows: Range<Int>, _ target: UnsafeMutablePointer<A>, _ stride: Int) -> Void

  /// Blocks that come scaled from elsewhere.
  init(
    rows: Int, columns: Int, fault: ReadFault,
    source: @escaping @Sendable (_ rows: Range<Int>, _ target: UnsafeMutablePointer<A>, _ stride: Int) -> Void
  ) {
    (self.rows, self.columns, self.fault, self.source) = (rows, columns, fault, source)
    (matrix, isScaled) = (nil, true)
    shift = [Double](repeating: 0, count: columns)
    factor = [Double](repeating: 1, count: columns)
  }

  /// Blocks that are made on demand.
  init<S: Scalar>(_ features: Matrix<S>, rows list: [Int]?, shift: [Double], factor: [Double]) {
    rows = list?.count ?? features.rows
    columns = features.columns
    matrix = nil
    isScaled = true
    fault = nil
    self.shift = [Double](repeating: 0, count: features.columns)
    self.factor = [Double](repeating: 1, count: features.columns)
    source = Self.scaled(features, list, shift, factor)
  }

  /// All rows of `features` as they lie, to be shifted and multiplied by who uses them.
  init(viewing features: Matrix<A>, shift: [Double], factor: [Double]) {
    self.init(features, shift, factor, isScaled: false)
  }

  private init(_ features: Matrix<A>, _ shift: [Double], _ factor: [Double], isScaled: Bool) {
    self.isScaled = isScaled
    fault = nil
    rows = features.rows
    columns = features.columns
    matrix = features
    self.shift = shift
    self.factor = factor
    source = Self.scaled(features, nil, shift, factor)
  }

  /// Rows that are scaled already.
  init(ready: Matrix<A>) {
    self.init(
      ready, [Double](repeating: 0, count: ready.columns), [Double](repeating: 1, count: ready.columns), isScaled: true)
  }

  /// All blocks made once and kept.
  func materialised(_ workers: Workers) throws -> RowBlocks {
    var copy = Matrix<A>.zeros(rows, columns)
    try write(to: &copy, workers)
    return RowBlocks(ready: copy)
  }

  /// All rows, shifted and multiplied.
  func write(to target: inout Matrix<A>, _ workers: Workers) throws {
    let (source, width) = (source, columns)
    try workers.fill(&target, size: 1024) { range, buffer in
      guard let base = buffer.baseAddress else { return }
      source(range, base, width)
    }
  }

  /// How many rows of this width half a second-level cache holds.
  var blockRows: Int { max(16, min(256, 262_144 / (max(1, columns) * MemoryLayout<A>.stride))) }

  /// Calls `body` with each block of the rows `range`, in order; `shift` and `factor` are left to it.
  /// - Parameter size: the rows of a block; nil for `blockRows`.
  func forEachBlock(
    in range: Range<Int>, size: Int? = nil, _ body: (_ rows: Range<Int>, _ block: UnsafePointer<A>) throws -> Void
  ) rethrows {
    let size = size ?? blockRows
    if let matrix {
      try matrix.withUnsafeBuffer { buffer in
        guard let base = buffer.baseAddress else { return }
        for start in stride(from: range.lowerBound, to: range.upperBound, by: size) {
          let block = start..<min(start + size, range.upperBound)
          try body(block, base + start * columns)
        }
      }
    } else {
      try forEachScaledBlock(in: range, stride: columns, size: size) { try body($0, $1) }
    }
  }

  /// Calls `body` with each block of the rows `range`, in order, shifted and multiplied; rows are `stride` apart,
  /// and what lies between their ends is 0 at first and the body's to write.
  func forEachScaledBlock(
    in range: Range<Int>, stride width: Int, size: Int? = nil,
    _ body: (_ rows: Range<Int>, _ block: UnsafeMutablePointer<A>) throws -> Void
  ) rethrows {
    let size = size ?? blockRows
    var scratch = Matrix<A>.zeros(min(size, range.count), width)
    try scratch.withUnsafeMutableBuffer { buffer in
      guard let base = buffer.baseAddress else { return }
      for start in Swift.stride(from: range.lowerBound, to: range.upperBound, by: size) {
        let block = start..<min(start + size, range.upperBound)
        source(block, base, width)
        try body(block, base)
      }
    }
  }

  private static func scaled<S: Scalar>(
    _ features: Matrix<S>, _ list: [Int]?, _ shift: [Double], _ factor: [Double]
  ) -> @Sendable (Range<Int>, UnsafeMutablePointer<A>, Int) -> Void {
    { rows, target, width in
      let columns = features.columns
      features.withUnsafeBuffer { x in
        shift.withUnsafeBufferPointer { shift in
          factor.withUnsafeBufferPointer { factor in
            for i in rows {
              let from = (list?[i] ?? i) &* columns
              let to = (i &- rows.lowerBound) &* width
              for j in 0..<columns { target[to &+ j] = A((Double(x[from &+ j]) - shift[j]) * factor[j]) }
            }
          }
        }
      }
    }
  }
}
