import JSON

/// Exact arithmetic on JSON's numbers: 64-bit integers and the decimals that the shortest texts of binary64 numbers
/// stand for.
enum Numbers {
  /// Whether the first number is smaller than the second. Both are numbers.
  static func isLess(_ left: JSON, _ right: JSON) -> Bool {
    switch (left, right) {
    case (.integer(let a), .integer(let b)): a < b
    case (.real(let a), .real(let b)): a < b
    case (.integer(let a), .real(let b)): isLess(a, b)
    // a < b unless b ≤ a.
    case (.real(let a), .integer(let b)): !isLess(b, a) && Int64(exactly: a) != b
    default: false
    }
  }

  private static func isLess(_ integer: Int64, _ real: Double) -> Bool {
    if real >= 0x1p63 { return true }
    // No text holds a NaN, but a value made by a program may.
    if real < -0x1p63 || real.isNaN { return false }
    // The nearest integer not above the real is exact, and an integer lies below the real when it lies below that one
    // or is that one with something left.
    let floor = real.rounded(.down)
    return integer < Int64(floor) || (integer == Int64(floor) && floor < real)
  }

  /// Whether a number is an integer times the divisor, both read as the decimals that were written: 0.07 is a multiple
  /// of 0.01 although no quotient of binary fractions says so.
  static func isMultiple(_ number: JSON, of divisor: JSON) -> Bool {
    guard let number = Decimal(number), let divisor = Decimal(divisor), divisor.digits != 0 else { return false }
    if number.digits == 0 { return true }
    let shift = number.exponent - divisor.exponent
    if shift >= 0 {
      // digits · 10^shift mod divisor
      let power = remainder(ofPower: shift, modulo: divisor.digits)
      return product(number.digits % divisor.digits, power, modulo: divisor.digits) == 0
    }
    // digits must be a multiple of divisor · 10^−shift, which soon is larger than any 64-bit number.
    var unit = divisor.digits
    for _ in 0..<(-shift) {
      let (next, overflow) = unit.multipliedReportingOverflow(by: 10)
      if overflow { return false }
      unit = next
    }
    return number.digits % unit == 0
  }

  /// The magnitude `digits · 10^exponent`.
  private struct Decimal {
    var digits: UInt64
    var exponent = 0

    init?(_ number: JSON) {
      switch number {
      case .integer(let value): digits = value.magnitude
      case .real(let value):
        // "1.25e-07", "0.0075", "1e+308", "9007199254740992.0": never more than 18 digits. No text holds what is not
        // finite.
        guard value.isFinite else { return nil }
        digits = 0
        let parts = value.magnitude.description.utf8.split(separator: UInt8(ascii: "e"), maxSplits: 1)
        var isFraction = false
        for byte in parts[0] {
          if byte == UInt8(ascii: ".") {
            isFraction = true
            continue
          }
          digits = digits * 10 + UInt64(byte - 0x30)
          if isFraction { exponent -= 1 }
        }
        if parts.count > 1 { exponent += Int(Substring(parts[1])) ?? 0 }
      default: return nil
      }
    }
  }

  private static func product(_ a: UInt64, _ b: UInt64, modulo modulus: UInt64) -> UInt64 {
    modulus.dividingFullWidth((a % modulus).multipliedFullWidth(by: b % modulus)).remainder
  }

  /// 10^exponent mod modulus, by squaring.
  private static func remainder(ofPower exponent: Int, modulo modulus: UInt64) -> UInt64 {
    var result: UInt64 = 1 % modulus
    var base: UInt64 = 10 % modulus
    var left = exponent
    while left > 0 {
      if left & 1 == 1 { result = product(result, base, modulo: modulus) }
      base = product(base, base, modulo: modulus)
      left >>= 1
    }
    return result
  }
}
