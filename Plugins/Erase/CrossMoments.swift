import Linear
import Statistics

/// What `Moments` holds but for the d × d scatter of x with itself: all that orthogonal and oracle erasure read, at
/// 2·n·d·k flops.
struct CrossMoments: Sendable, Equatable {
  private(set) var count: Int
  private(set) var meanX: [Double]
  private(set) var meanZ: [Double]
  /// Σ (x − mean)², d numbers.
  private(set) var squaresX: [Double]
  /// Σ (x − mean x)(z − mean z)ᵀ, d × k.
  private(set) var scatterXZ: Matrix<Double>
  /// Σ (z − mean z)(z − mean z)ᵀ, k × k.
  private(set) var scatterZZ: Matrix<Double>

  /// The moments of no rows.
  init(d: Int, k: Int) {
    count = 0
    meanX = [Double](repeating: 0, count: d)
    meanZ = [Double](repeating: 0, count: k)
    squaresX = meanX
    scatterXZ = .zeros(d, k)
    scatterZZ = .zeros(k, k)
  }

  /// What is in moments that were summed in full.
  init(_ moments: Moments) {
    (count, meanX, meanZ) = (moments.count, moments.meanX, moments.meanZ)
    squaresX = moments.scatterXX.diagonal.map { max(0, $0) }
    (scatterXZ, scatterZZ) = (moments.scatterXZ, moments.scatterZZ)
  }

  /// Of rows of `x` and the same rows of `z`, in blocks of 4096 merged in a fixed tree.
  /// - Throws: `StatisticsError` for lists that do not fit or numbers that are not finite; what cancels the workers.
  @_specialize(where S == Double)
  @_specialize(where S == Float)
  init<S: Scalar>(_ x: Matrix<S>, _ z: Matrix<Double>, rows: [Int]? = nil, workers: Workers = .serial) throws {
    guard z.rows == x.rows else {
      throw StatisticsError.lengthMismatch(what: "rows of the concept", expected: x.rows, found: z.rows)
    }
    if let row = rows?.first(where: { $0 < 0 || $0 >= x.rows }) {
      throw StatisticsError.badRow(list: "fitted", row: row, rows: x.rows)
    }
    let sum = try workers.sum(over: rows?.count ?? x.rows) { range in
      let list = rows.map { Array($0[range]) } ?? Array(range)
      return CrossMoments(block: x, z, list)
    } merge: {
      $0.merge($1)
    }
    self = sum ?? CrossMoments(d: x.columns, k: z.columns)
    if let place = scatterXZ.firstNonFinite() {
      let row = rows ?? Array(0..<x.rows)
      let first = row.first { !x[$0, place.row].isFinite || !z[$0, place.column].isFinite }
      throw StatisticsError.notFinite(row: first ?? 0, column: place.row)
    }
  }

  /// Of one block: its first row is subtracted from each, and the sums are moved to the mean at the end.
  private init<S: Scalar>(block x: Matrix<S>, _ z: Matrix<Double>, _ rows: [Int]) {
    let (d, k) = (x.columns, z.columns)
    self.init(d: d, k: k)
    guard let first = rows.first else { return }
    let (pivotX, pivotZ) = (x.row(first).map { Double($0) }, z.row(first))
    var shiftedX = Matrix<Double>.zeros(min(128, rows.count), d)
    var sumX = meanX
    var sumZ = meanZ
    for start in stride(from: 0, to: rows.count, by: 128) {
      let piece = rows[start..<min(start + 128, rows.count)]
      if piece.count < shiftedX.rows { shiftedX = .zeros(piece.count, d) }
      Self.shift(x, piece, pivotX, &shiftedX, &sumX, &squaresX)
      var shiftedZ = z.rows(at: Array(piece))
      shiftedZ.subtractFromRows(pivotZ)
      for i in 0..<piece.count { for j in 0..<k { sumZ[j] += shiftedZ[i, j] } }
      scatterXZ.setToProduct(of: shiftedX, .yes, shiftedZ, .no, alpha: 1, beta: 1)
      scatterZZ.setToProduct(of: shiftedZ, .yes, shiftedZ, .no, alpha: 1, beta: 1)
    }
    let n = Double(rows.count)
    sumX.scale(by: 1 / n)
    sumZ.scale(by: 1 / n)
    scatterXZ.addOuterProduct(sumX, sumZ, times: -n)
    scatterZZ.addOuterProduct(sumZ, sumZ, times: -n)
    for j in 0..<d { squaresX[j] = max(0, squaresX[j] - n * sumX[j] * sumX[j]) }
    count = rows.count
    meanX = zip(pivotX, sumX).map { $0 + $1 }
    meanZ = zip(pivotZ, sumZ).map { $0 + $1 }
  }

  private static func shift<S: Scalar>(
    _ x: Matrix<S>, _ rows: ArraySlice<Int>, _ pivot: [Double], _ target: inout Matrix<Double>, _ sum: inout [Double],
    _ squares: inout [Double]
  ) {
    let d = x.columns
    target.withUnsafeMutableBuffer { target in
      x.withUnsafeBuffer { source in
        sum.withUnsafeMutableBufferPointer { sum in
          squares.withUnsafeMutableBufferPointer { squares in
            for (i, row) in rows.enumerated() {
              for j in 0..<d {
                let difference = Double(source[row &* d &+ j]) - pivot[j]
                target[i &* d &+ j] = difference
                sum[j] += difference
                squares[j] += difference * difference
              }
            }
          }
        }
      }
    }
  }

  /// The moments of both sets of rows (Chan, Golub & LeVeque 1979); those of other sizes stop the program.
  mutating func merge(_ other: CrossMoments) {
    precondition(
      meanX.count == other.meanX.count && meanZ.count == other.meanZ.count, "moments of other sizes cannot merge")
    if other.count == 0 { return }
    if count == 0 {
      self = other
      return
    }
    let share = Double(other.count) / Double(count + other.count)
    let weight = Double(count) * share
    let deltaX = zip(other.meanX, meanX).map { $0 - $1 }
    let deltaZ = zip(other.meanZ, meanZ).map { $0 - $1 }
    for j in 0..<squaresX.count { squaresX[j] += other.squaresX[j] + weight * deltaX[j] * deltaX[j] }
    scatterXZ.add(other.scatterXZ)
    scatterXZ.addOuterProduct(deltaX, deltaZ, times: weight)
    scatterZZ.add(other.scatterZZ)
    scatterZZ.addOuterProduct(deltaZ, deltaZ, times: weight)
    meanX.add(deltaX, times: share)
    meanZ.add(deltaZ, times: share)
    count += other.count
  }

  /// The most directions that Σxz can have: one less than the classes that have rows; of numbers their columns. Sums in
  /// 32 bits have a little of every other direction too.
  func mostDirections(_ coding: ConceptCoding) -> Int {
    let varying = scatterZZ.diagonal.count { $0 > 0 }
    if case .classes = coding, scatterZZ.columns > 1 { return max(0, varying - 1) }
    return varying
  }

  /// √(Σ (x − mean)²/(n − 1)).
  var deviations: [Double] { squaresX.map { ($0 / Double(max(1, count - 1))).squareRoot() } }
}
