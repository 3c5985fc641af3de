/// A step length with enough decrease and enough change of slope (Wolfe 1969), by cubic steps inside a bracket.
/// Where values are too close for rounding to tell, the slopes decide alone (Hager & Zhang 2005).
///
///     while search.judge(value: f(search.length), slope: g(search.length)) == .again {}
struct LineSearch {
  enum Verdict {
    case accepted
    /// Another length is to be tried.
    case again
    case failed
  }

  private struct Place {
    var length: Double
    var value: Double
    var slope: Double
  }

  /// The step to try, as a multiple of the direction.
  private(set) var length: Double
  private let origin: Place
  /// The rise of the value that may be rounding.
  private let noise: Double
  private let limit: Int
  private var low: Place
  private var high: Place?
  private var tries = 0
  private let sufficient = 1e-4
  private let bend = 0.9

  /// - Parameters:
  ///   - value, slope: where the step begins.
  ///   - limit: the lengths that may be tried.
  init(value: Double, slope: Double, first: Double, noise: Double, limit: Int) {
    origin = Place(length: 0, value: value, slope: slope)
    low = origin
    length = first
    self.noise = noise
    self.limit = max(1, limit)
  }

  /// Judges the value and the slope at `length`, and moves `length` where that is no good.
  mutating func judge(value: Double, slope: Double) -> Verdict {
    tries += 1
    let here = Place(length: length, value: value, slope: slope)
    if value.isFinite, slope.isFinite {
      let falls = value <= origin.value + sufficient * length * origin.slope
      let levels = value <= origin.value + noise && slope <= (2 * sufficient - 1) * origin.slope
      if !(falls || levels) || slope > -bend * origin.slope {
        high = here
      } else if slope < bend * origin.slope {
        low = here
      } else {
        return .accepted
      }
      length = next()
    } else {
      high = Place(length: length, value: .infinity, slope: .infinity)
      length = low.length + (length - low.length) / 10
    }
    return tries < limit ? .again : .failed
  }

  private func next() -> Double {
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
