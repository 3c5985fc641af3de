import Linear

/// How two things occur over chunks, as a table of four counts.
public struct CoOccurrence: Sendable {
  /// A way to say how alike two binary columns are.
  public enum Kind: String, Codable, Sendable, CaseIterable {
    case simpleMatching, jaccard, dice, overlap, phi
  }

  let both, first, second, neither: Double

  /// nil where it is 0/0.
  func affinity(_ kind: Kind) -> Double? {
    func ratio(_ a: Double, _ b: Double) -> Double? { b > 0 ? a / b : nil }
    switch kind {
    case .simpleMatching: return ratio(both + neither, both + first + second + neither)
    case .jaccard: return ratio(both, both + first + second)
    case .dice: return ratio(2 * both, 2 * both + first + second)
    case .overlap: return ratio(both, both + min(first, second))
    case .phi:
      let size = (both + first) * (second + neither) * (both + second) * (first + neither)
      return ratio(both * neither - first * second, size.squareRoot())
    }
  }

  /// Between the columns of 0s and 1s; where it is not defined for a column with itself the column is named and has 0
  /// with every other.
  static func matrix(_ occurrences: Matrix<Double>, _ kind: Kind) -> (values: Matrix<Double>, undefined: [Int]) {
    let (n, m) = (Double(occurrences.rows), occurrences.columns)
    var result = occurrences.gram()
    let counts = result.diagonal
    result.withUnsafeMutableBuffer { buffer in
      for i in 0..<m {
        for j in 0..<m {
          let both = buffer[i * m + j]
          let table = CoOccurrence(
            both: both, first: counts[i] - both, second: counts[j] - both, neither: n - counts[i] - counts[j] + both)
          buffer[i * m + j] = table.affinity(kind) ?? 0
        }
      }
    }
    let undefined = (0..<m).filter { i in
      CoOccurrence(both: counts[i], first: 0, second: 0, neither: n - counts[i]).affinity(kind) == nil
    }
    return (result, undefined)
  }
}
