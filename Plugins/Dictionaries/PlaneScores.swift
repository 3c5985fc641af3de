import Linear

import func Glibc.cos
import func Glibc.exp
import func Glibc.log2
import func Glibc.sin

/// Whether points in a plane are one feature of two dimensions, or two of one (Engels et al. 2024).
struct PlaneScores: Sendable {
  /// n × 2.
  let x, y: [Double]
  let bins: Int
  let epsilon: Double

  /// The mutual information of both coordinates, in bits, of the points turned by an angle in radians: (x·cos t − y·sin t,
  /// x·sin t + y·cos t) in equal bins over the range of each, the largest in the last bin; 0 where one does not vary.
  func information(angle: Double) -> Double {
    let (c, s) = (cos(angle), sin(angle))
    let first = binned(x.indices.map { x[$0] * c - y[$0] * s })
    let second = binned(x.indices.map { x[$0] * s + y[$0] * c })
    var counts = [Double](repeating: 0, count: bins * bins)
    var (rows, columns) = ([Double](repeating: 0, count: bins), [Double](repeating: 0, count: bins))
    for i in first.indices {
      counts[first[i] * bins + second[i]] += 1
      rows[first[i]] += 1
      columns[second[i]] += 1
    }
    let n = Double(first.count)
    var sum = 0.0
    for i in 0..<bins {
      for j in 0..<bins where counts[i * bins + j] > 0 {
        let share = counts[i * bins + j] / n
        sum += share * log2(share * n * n / (rows[i] * columns[j]))
      }
    }
    return max(0, sum)
  }

  private func binned(_ values: [Double]) -> [Int] {
    let (low, high) = (values.min() ?? 0, values.max() ?? 0)
    guard high > low else { return [Int](repeating: 0, count: values.count) }
    let edges = (0...bins).map { low + (high - low) * (Double($0) / Double(bins)) }
    return values.map { value in
      var bin = min(bins - 1, max(0, Int(Double(bins) * ((value - low) / (high - low)))))
      // As counted against the edges themselves, whatever the quotient rounds to.
      while bin > 0, value < edges[bin] { bin -= 1 }
      while bin < bins - 1, value >= edges[bin + 1] { bin += 1 }
      return bin
    }
  }

  /// The share of points with |v·f + c| < ε·rms(v·f + c); nil where that is 0 everywhere.
  func mixture(_ v: (Double, Double), _ c: Double) -> Double? {
    let values = x.indices.map { v.0 * x[$0] + v.1 * y[$0] + c }
    let size = (values.reduce(0) { $0 + $1 * $1 } / Double(max(1, values.count))).squareRoot()
    guard size > 0 else { return nil }
    return Double(values.count { $0.magnitude < epsilon * size }) / Double(values.count)
  }

  struct Mixture: Sendable {
    let share: Double
    let v: (Double, Double)
    let c: Double
  }

  /// The largest share over directions and offsets: all of a grid, then steps from the best ones on a smooth share.
  ///
  /// The official code takes one random start, which may end in a local maximum.
  func bestMixture() -> Mixture {
    let angles = 36
    var starts: [(share: Double, angle: Double, offset: Double)] = []
    let spread = (x.reduce(0) { $0 + $1 * $1 } + y.reduce(0) { $0 + $1 * $1 }) / Double(max(1, x.count))
    let size = spread.squareRoot()
    guard size > 0 else { return Mixture(share: 1, v: (1, 0), c: 0) }
    for k in 0..<angles {
      let angle = Double.pi * Double(k) / Double(angles)
      for step in -15...15 {
        let offset = size * Double(step) / 10
        starts.append((mixture((cos(angle), sin(angle)), offset) ?? 0, angle, offset))
      }
    }
    starts.sort { ($0.share, -$0.angle, -$0.offset) > ($1.share, -$1.angle, -$1.offset) }
    var best = starts[0]
    for start in starts.prefix(5) {
      var (angle, offset) = (start.angle, start.offset)
      var (turn, move) = (Double.pi / Double(angles) / 2, size / 20)
      // A smooth share rises where the sharp one is flat.
      var value = smoothMixture(angle, offset)
      for _ in 0..<40 {
        let steps = [(turn, 0.0), (-turn, 0), (0, move), (0, -move)].map { (angle + $0.0, offset + $0.1) }
        let scored = steps.map { ($0, smoothMixture($0.0, $0.1)) }
        if let top = scored.max(by: { $0.1 < $1.1 }), top.1 > value {
          ((angle, offset), value) = top
        } else {
          (turn, move) = (turn / 2, move / 2)
        }
        let share = mixture((cos(angle), sin(angle)), offset) ?? 0
        if share > best.share { best = (share, angle, offset) }
      }
    }
    return Mixture(share: best.share, v: (cos(best.angle), sin(best.angle)), c: best.offset)
  }

  /// The share with a soft border: the mean of a sigmoid of ε − |value|/rms.
  private func smoothMixture(_ angle: Double, _ c: Double) -> Double {
    let v = (cos(angle), sin(angle))
    let values = x.indices.map { v.0 * x[$0] + v.1 * y[$0] + c }
    let size = (values.reduce(0) { $0 + $1 * $1 } / Double(max(1, values.count))).squareRoot()
    guard size > 0 else { return 0 }
    return values.reduce(0) { $0 + 1 / (1 + exp(-(epsilon - $1.magnitude / size) * 20 / epsilon)) }
      / Double(values.count)
  }

  /// How far the points are from a circle about their mean: the deviation of their distances as a share of the mean
  /// distance; 0 for a circle, nil for a single place.
  var circleDeviation: Double? {
    let n = Double(max(1, x.count))
    let (a, b) = (x.reduce(0, +) / n, y.reduce(0, +) / n)
    let radii = x.indices.map { ((x[$0] - a) * (x[$0] - a) + (y[$0] - b) * (y[$0] - b)).squareRoot() }
    let mean = radii.reduce(0, +) / n
    guard mean > 0 else { return nil }
    return (radii.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / n).squareRoot() / mean
  }
}
