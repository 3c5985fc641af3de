import Linear
import Statistics

import func Glibc.exp

func exponential(_ x: Double) -> Double { exp(x) }

/// The best linear autoencoders of rows X under two penalties, from X = U·Σ·Vᵀ (Steck et al. 2024).
struct ClosedFormEmbedding: Sendable {
  /// σ, all of them.
  let singularValues: [Double]
  /// σ²/(σ² + λ) of the kept directions.
  let shares: [Double]
  /// A = B = V·diag(√shares), p × k: one best solution of ‖X − XABᵀ‖² + λ‖ABᵀ‖².
  let first: Matrix<Double>
  /// B·D⁻¹ for D = diag(√shares): another, with columns of length 1.
  let rescaled: Matrix<Double>
  /// B = V·diag(√(σ(1 − λ/σ)₊)) of ‖X − XABᵀ‖² + λ(‖XA‖² + ‖B‖²), unique up to rotation.
  let second: Matrix<Double>
  /// A = V·diag(√((1 − λ/σ)₊/σ)).
  let secondInput: Matrix<Double>
  private let lambda: Double

  /// - Throws: `StatisticsError` for a penalty below 0 or a rank out of range; `NumericError`.
  init(_ rows: Matrix<Double>, lambda: Double, rank: Int?) throws {
    guard lambda >= 0, lambda.isFinite else {
      throw StatisticsError.parameter(name: "lambda", expected: "from 0", found: "\(lambda)")
    }
    let most = min(rows.rows, rows.columns)
    guard most > 0 else { throw StatisticsError.empty("rows") }
    let k = min(rank ?? most, most)
    guard k > 0 else { throw StatisticsError.parameter(name: "rank", expected: "at least 1", found: "\(k)") }
    let parts = try SVD(rows)
    let least = parts.defaultTolerance
    singularValues = parts.singularValues
    let kept = parts.singularValues.prefix(k).map { $0 > least ? $0 : 0 }
    shares = kept.map { $0 > 0 ? $0 * $0 / ($0 * $0 + lambda) : 0 }
    let axes = parts.vt.rows(0..<k).transposed()
    func scaled(_ factors: [Double]) -> Matrix<Double> {
      var result = axes
      result.scaleColumns(by: factors)
      return result
    }
    first = scaled(shares.map { $0.squareRoot() })
    rescaled = scaled(shares.map { $0 > 0 ? 1 : 0 })
    let left = kept.map { $0 > 0 ? max(0, 1 - lambda / $0) : 0 }
    second = scaled(zip(left, kept).map { ($0 * $1).squareRoot() })
    secondInput = scaled(zip(left, kept).map { $1 > 0 ? ($0 / $1).squareRoot() : 0 })
    self.lambda = lambda
  }

  var secondDirections: Int { (0..<second.columns).count { second.column($0).norm > 0 } }

  func firstObjective(_ rows: Matrix<Double>) -> Double {
    let product = first.timesTransposed(first)
    let rest = rows.adding(rows.times(product), times: -1).frobeniusNorm
    return rest * rest + lambda * product.frobeniusNorm * product.frobeniusNorm
  }

  func secondObjective(_ rows: Matrix<Double>) -> Double {
    let inner = rows.times(secondInput)
    let rest = rows.adding(inner.timesTransposed(second), times: -1).frobeniusNorm
    let (a, b) = (inner.frobeniusNorm, second.frobeniusNorm)
    return rest * rest + lambda * (a * a + b * b)
  }
}

/// The cosines between the rows of an embedding.
struct ItemCosines: Sendable {
  /// p × p; NaN for a row of zeros, which has none.
  let values: Matrix<Double>
  let norms: [Double]

  init(_ embedding: Matrix<Double>) {
    norms = (0..<embedding.rows).map { embedding.row($0).norm }
    values = CausalSpace.cosines(embedding)
  }

  var undefined: [Int] { norms.indices.filter { norms[$0] == 0 } }

  /// How other cosines differ, over pairs of different items that have both.
  struct Change: Sendable {
    let largest: Double?
    let mean: Double?
    /// The mean over items of Kendall's τ-b between both orders of the others.
    let kendall: Double?
  }

  func change(to other: ItemCosines) throws -> Change {
    let p = values.rows
    let known = (0..<p).filter { norms[$0] > 0 && other.norms[$0] > 0 }
    var (largest, sum, pairs) = (0.0, 0.0, 0)
    var orders: [Double] = []
    for i in known {
      let others = known.filter { $0 != i }
      let (a, b) = (others.map { values[i, $0] }, others.map { other.values[i, $0] })
      for (x, y) in zip(a, b) {
        largest = max(largest, (x - y).magnitude)
        sum += (x - y).magnitude
        pairs += 1
      }
      // Rounding must not make an order of cosines that are equal.
      let rounded = (a.map { ($0 * 1e12).rounded() }, b.map { ($0 * 1e12).rounded() })
      if let order = try Correlation.kendall(rounded.0, rounded.1) { orders.append(order) }
    }
    return Change(
      largest: pairs > 0 ? largest : nil, mean: pairs > 0 ? sum / Double(pairs) : nil,
      kendall: orders.isEmpty ? nil : fixedSum(orders) / Double(orders.count))
  }
}
