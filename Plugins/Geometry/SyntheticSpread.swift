import Linear

import func Glibc.pow

/// Rows of a known shape, to see what each measure of spread makes of them.
public struct SyntheticSpread: Decodable, Sendable {
  enum Kind: String, Decodable, Sendable {
    case uniformCube, normal, anisotropicNormal, clusters, sphere, offCentreBall, lowRank
  }

  let kind: Kind
  let rows: Int
  let columns: Int

  func drawn(_ numbers: inout RandomNumbers) -> Matrix<Double> {
    switch kind {
    case .uniformCube:
      return made(&numbers) { 2 * $0.unit() - 1 }
    case .normal: return made(&numbers) { $0.gaussian() }
    case .anisotropicNormal:
      var result = made(&numbers) { $0.gaussian() }
      result.scaleColumns(by: (0..<columns).map { pow(0.5, Double($0)) })
      return result
    case .clusters:
      let centres = Matrix<Double>(rows: 5, columns: columns) { buffer in
        for i in buffer.indices { buffer[i] = 10 * numbers.gaussian() }
      }
      let own = (0..<rows).map { _ in numbers.below(5) }
      return made(&numbers) { $0.gaussian() }.adding(centres.rows(at: own))
    case .sphere:
      var result = made(&numbers) { $0.gaussian() }
      result.normaliseRows()
      return result
    case .offCentreBall:
      var result = made(&numbers) { $0.gaussian() }
      result.normaliseRows()
      result.scaleRows(by: (0..<rows).map { _ in pow(numbers.unit(), 1 / Double(columns)) })
      result.addToRows([Double](repeating: 10, count: columns))
      return result
    case .lowRank:
      let rank = max(1, columns / 10)
      let inner: Matrix<Double> = numbers.gaussians(rows: rows, columns: rank)
      return inner.times(numbers.gaussians(rows: rank, columns: columns))
    }
  }

  private func made(_ numbers: inout RandomNumbers, _ draw: (inout RandomNumbers) -> Double) -> Matrix<Double> {
    Matrix(rows: rows, columns: columns) { buffer in
      for i in buffer.indices { buffer[i] = draw(&numbers) }
    }
  }
}
