import Linear

/// A step length with enough decrease and enough change of slope (Wolfe 1969), by cubic steps inside a bracket.
/// Where values are too close for rounding to tell, the slopes decide alone (Hager & Zhang 2005).
struct LineSearch {
  let noise: Double
  private let sufficient = 1e-4
  private let bend = 0.9

  init(noise: Double) { self.noise = noise }

  struct Found {
    var accepted: (point: [Double], evaluation: LimitedMemoryBFGS.Evaluation)?
    var evaluations: Int
  }

  private struct Place {
    var length: Double
    var value: Double
    var slope: Double
  }

  func run(
    from start: [Double], along direction: [Double], value: Double, slope: Double, first: Double, limit: Int,
    _ evaluate: (_ point: [Double]) throws -> LimitedMemoryBFGS.Evaluation
  ) throws -> Found {
    let origin = Place(length: 0, value: value, slope: slope)
    var low = origin
    var high: Place?
    var length = first
    for used in 1...max(1, limit) {
      var point = start
      point.add(direction, times: length)
      if point == start { return Found(accepted: nil, evaluations: used - 1) }
      let evaluation = try evaluate(point)
      let here = Place(length: length, value: evaluation.value, slope: direction.dot(evaluation.gradient))
      guard here.value.isFinite, here.slope.isFinite else {
        high = Place(length: length, value: .infinity, slope: .infinity)
        length = low.length + (length - low.length) / 10
        continue
      }
      let falls = here.value <= value + sufficient * length * slope
      let levels = here.value <= value + noise && here.slope <= (2 * sufficient - 1) * slope
      if !(falls || levels) || here.slope > -bend * slope {
        high = here
      } else if here.slope < bend * slope {
        low = here
      } else {
        return Found(accepted: (point, evaluation), evaluations: used)
      }
      length = next(low, high)
    }
    return Found(accepted: nil, evaluations: limit)
  }

  private func next(_ low: Place, _ high: Place?) -> Double {
    guard let high else { return low.length * 4 }
    let width = high.length - low.length
    guard high.value.isFinite else { return low.length + width / 10 }
    let cubic = Self.cubicMinimum(low, high)
    let inside = cubic.isFinite ? cubic : low.length + width / 2
    return min(max(inside, low.length + 0.1 * width), high.length - 0.1 * width)
  }

  /// Where the cubic through two values and slopes has its minimum (Nocedal & Wright 2006, eq. 3.59).
  private static func cubicMinimum(_ a: Place, _ b: Place) -> Double {
    let d1 = a.slope + b.slope - 3 * (a.value - b.value) / (a.length - b.length)
    let square = d1 * d1 - a.slope * b.slope
    guard square >= 0 else { return .nan }
    let d2 = square.squareRoot() * (b.length > a.length ? 1 : -1)
    return b.length - (b.length - a.length) * ((b.slope + d2 - d1) / (b.slope - a.slope + 2 * d2))
  }
}
