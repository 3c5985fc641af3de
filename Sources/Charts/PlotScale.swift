import Glibc

/// Where the values of one axis stand in the picture, and which of them bear a label.
struct PlotScale {
  struct Tick: Equatable {
    let value: Double
    let label: String
  }

  /// What happens to the interval of the data.
  enum Margin {
    /// It grows to the next tick on both sides, and to zero.
    case ticksAndZero
    case ticks
    /// It grows by a twenty-fifth on both sides.
    case padded
  }

  let lower: Double
  let upper: Double
  let start: Double
  let end: Double
  let isLogarithmic: Bool
  let ticks: [Tick]

  /// - Parameters:
  ///   - values: what must be visible; those that the axis cannot hold do not count.
  ///   - start: the coordinate of the lower end, `end` that of the upper one.
  init(
    _ values: some Sequence<Double>, axis: Axis, from start: Double, to end: Double, margin: Margin, tickCount: Int
  ) {
    var least = Double.infinity
    var greatest = -Double.infinity
    for value in values where axis.holds(value) {
      least = min(least, value)
      greatest = max(greatest, value)
    }
    var interval = least <= greatest ? (least, greatest) : (axis.scale == .linear ? (0, 1) : (1, 10))
    var margin = margin
    if let domain = axis.domain, axis.holds(domain.lowerBound), axis.holds(domain.upperBound),
      domain.lowerBound < domain.upperBound
    {
      interval = (domain.lowerBound, domain.upperBound)
      margin = .ticks
    }
    self.start = start
    self.end = end
    isLogarithmic = axis.scale == .logarithmic
    if isLogarithmic {
      (lower, upper, ticks) = Self.logarithmic(interval, count: tickCount + 2)
    } else {
      let fixed = axis.domain != nil && margin == .ticks
      (lower, upper, ticks) = Self.linear(
        interval, margin: margin, isFixed: fixed, count: tickCount, leastStep: axis.leastStep ?? 0)
    }
  }

  /// The coordinate of a value, held to the ends of the axis.
  subscript(value: Double) -> Double {
    let share =
      isLogarithmic
      ? (log10(value) - log10(lower)) / (log10(upper) - log10(lower))
      : (value - lower) / (upper - lower)
    return start + (end - start) * min(max(share, 0), 1)
  }

  func shows(_ value: Double) -> Bool {
    value.isDrawable && value >= lower && value <= upper
  }

  // MARK: - Ticks

  /// Steps of 1, 2 or 5 times a power of ten (Heckbert 1990, "Nice numbers for graph labels").
  private static func linear(
    _ interval: (Double, Double), margin: Margin, isFixed: Bool, count: Int, leastStep: Double
  ) -> (Double, Double, [Tick]) {
    var (low, high) = interval
    if margin == .ticksAndZero { (low, high) = (min(low, 0), max(high, 0)) }
    if high - low <= max(low.magnitude, high.magnitude) * 1e-12 {
      let room = low == 0 ? 0.5 : low.magnitude * 0.1
      (low, high) = (low - room, high + room)
    }
    if margin == .padded {
      let room = (high - low) / 25
      (low, high) = (low - room, high + room)
    }
    let rough = max((high - low) / Double(max(count, 1)), leastStep)
    let power = NumberText.exponent(of: rough)
    let size = rough / NumberText.powerOfTen(power)
    let factor = size <= 1.5 ? 1.0 : size <= 3 ? 2.0 : size <= 7 ? 5.0 : 10.0
    let step = factor * NumberText.powerOfTen(power)
    if margin != .padded && !isFixed {
      low = (low / step + 1e-9).rounded(.down) * step
      high = (high / step - 1e-9).rounded(.up) * step
    }
    let first = (low / step - 1e-9).rounded(.up)
    let last = (high / step + 1e-9).rounded(.down)
    // Values that differ only in their last bits leave no room for ticks of their own.
    guard first.magnitude < 1e12, last >= first, last - first < 100 else {
      return (low, high, [Tick(value: low, label: label(low, power)), Tick(value: high, label: label(high, power))])
    }
    let smallest = factor == 10 ? power + 1 : power
    let ticks = (0...Int(last - first)).map { offset in
      let value = (first + Double(offset)) * step
      return Tick(value: value, label: label(value, smallest))
    }
    return (low, high, ticks)
  }

  private static func logarithmic(_ interval: (Double, Double), count: Int) -> (Double, Double, [Tick]) {
    let first = NumberText.exponent(of: interval.0)
    var last = NumberText.exponent(of: interval.1)
    if NumberText.powerOfTen(last) < interval.1 * (1 - 1e-12) { last += 1 }
    last = max(last, first + 1)
    let stride = max(1, (last - first + count - 1) / max(count, 1))
    let factors = last - first <= 1 ? [1.0, 2, 5] : last - first <= 2 ? [1.0, 3] : [1.0]
    var ticks: [Tick] = []
    for power in Swift.stride(from: first, through: last, by: stride) {
      for factor in factors where power < last || factor == 1 {
        let value = factor * NumberText.powerOfTen(power)
        ticks.append(Tick(value: value, label: NumberText.brief(value)))
      }
    }
    return (NumberText.powerOfTen(first), NumberText.powerOfTen(last), ticks)
  }

  private static func label(_ value: Double, _ power: Int) -> String {
    let text =
      power < -6 || value.magnitude >= 1e7
      ? NumberText.scientific(
        value, digits: min(max(NumberText.exponent(of: max(value.magnitude, 1e-300)) - power, 0), 6))
      : NumberText.fixed(value, places: max(0, -power))
    return text.replacingMinus
  }
}

extension String {
  /// A true minus sign in place of a leading hyphen, for labels in pictures.
  var replacingMinus: String { hasPrefix("-") ? "−" + dropFirst() : self }
}
