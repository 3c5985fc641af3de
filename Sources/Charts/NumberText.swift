import Glibc

/// Numbers as text, rounded so that equal data give equal bytes.
enum NumberText {
  /// At most two decimals and no trailing zeros, for coordinates.
  static func coordinate(_ value: Double) -> String {
    var text = fixed(value, places: 2)
    guard text.utf8.contains(UInt8(ascii: ".")) else { return text }
    while text.hasSuffix("0") { text.removeLast() }
    if text.hasSuffix(".") { text.removeLast() }
    return text
  }

  /// `places` decimals, halves away from zero; never `-0`.
  static func fixed(_ value: Double, places: Int) -> String {
    guard value.isFinite else { return "–" }
    let places = max(0, min(places, 15))
    let unit = powerOfTen(places)
    let scaled = (value.magnitude * unit).rounded(.toNearestOrAwayFromZero)
    guard scaled < 9e15 else { return value.description }
    let whole = UInt64(scaled)
    let sign = value < 0 && whole > 0 ? "-" : ""
    guard places > 0 else { return sign + String(whole) }
    let divisor = UInt64(unit)
    let fraction = String(whole % divisor)
    return "\(sign)\(whole / divisor).\(String(repeating: "0", count: places - fraction.utf8.count))\(fraction)"
  }

  /// Three significant digits (subnormal numbers are 0), whole numbers below 10⁷ in full; powers of ten where the
  /// plain form would be long.
  static func brief(_ value: Double) -> String {
    guard value.isFinite else { return "–" }
    let size = value.magnitude
    guard value.isNormal else { return "0" }
    if size < 1e7 && value == value.rounded() { return fixed(value, places: 0) }
    if size >= 1e7 || size < 1e-4 { return scientific(value, digits: 2) }
    let places = max(0, 2 - exponent(of: size))
    // A number close below one keeps its distance from one: 0.9997 is not 1.
    if size < 1 && size > 0.9995 { return trimmed(fixed(value, places: 5)) }
    return size >= 1 ? fixed(value, places: min(places, 2)) : trimmed(fixed(value, places: places))
  }

  /// `d.dde±x` with at most `digits` decimals.
  static func scientific(_ value: Double, digits: Int) -> String {
    guard value.isNormal else { return value.isFinite ? "0" : "–" }
    var power = exponent(of: value.magnitude)
    var mantissa = trimmed(fixed(value / powerOfTen(power), places: digits))
    if mantissa == "10" || mantissa == "-10" {
      mantissa = value < 0 ? "-1" : "1"
      power += 1
    }
    return "\(mantissa)e\(power)"
  }

  /// `⌊log₁₀ size⌋` for a positive finite number.
  static func exponent(of size: Double) -> Int {
    var power = Int(log10(size).rounded(.down))
    // log₁₀ may round across a power of ten.
    if size < powerOfTen(power) { power -= 1 } else if size >= powerOfTen(power + 1) { power += 1 }
    return power
  }

  static func powerOfTen(_ power: Int) -> Double {
    guard abs(power) <= 22 else { return Double("1e\(power)") ?? (power > 0 ? .infinity : 0) }
    var result = 1.0
    for _ in 0..<abs(power) { result *= 10 }
    return power < 0 ? 1 / result : result
  }

  private static func trimmed(_ text: String) -> String {
    guard text.utf8.contains(UInt8(ascii: ".")), !text.contains("e") else { return text }
    var text = text
    while text.hasSuffix("0") { text.removeLast() }
    if text.hasSuffix(".") { text.removeLast() }
    return text
  }
}
