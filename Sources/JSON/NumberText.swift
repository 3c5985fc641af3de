/// The texts of a finite binary64.
enum NumberText {
  /// The shortest text that reads back to the same bits and is a real in every JSON reader (`1.0`, `-0.0`, `1e+23`).
  static func shortest(_ value: Double) -> String { value.description }

  /// Number::toString of ECMAScript, as RFC 8785 wants it: `1`, `0`, `1e+21`, `0.000001`, `1e-7`.
  ///
  /// Swift's description has the same shortest digits in another layout, so digits and exponent are taken from it.
  static func canonical(_ value: Double) -> String {
    if value == 0 { return "0" }
    var digits: [UInt8] = []
    var point: Int?
    let parts = value.magnitude.description.utf8.split(separator: UInt8(ascii: "e"))
    for byte in parts[0] {
      if byte == UInt8(ascii: ".") { point = digits.count } else { digits.append(byte) }
    }
    let exponent = parts.count > 1 ? Int(String(Substring(parts[1]))) ?? 0 : 0
    // value = 0.d₁d₂…d_k × 10^position
    var position = (point ?? digits.count) + exponent
    let leading = digits.prefix { $0 == UInt8(ascii: "0") }.count
    digits.removeFirst(leading)
    position -= leading
    while digits.last == UInt8(ascii: "0") { digits.removeLast() }
    let body = layOut(digits, position)
    return value < 0 ? "-" + body : body
  }

  private static func layOut(_ digits: [UInt8], _ position: Int) -> String {
    let count = digits.count
    let text = String(decoding: digits, as: UTF8.self)
    func zeros(_ count: Int) -> String { String(repeating: "0", count: count) }
    if count <= position && position <= 21 { return text + zeros(position - count) }
    if 0 < position && position <= 21 {
      return String(decoding: digits[..<position], as: UTF8.self) + "."
        + String(decoding: digits[position...], as: UTF8.self)
    }
    if -6 < position && position <= 0 { return "0." + zeros(-position) + text }
    let exponent = position - 1
    let mantissa = count == 1 ? text : "\(text.prefix(1)).\(text.dropFirst())"
    return "\(mantissa)e\(exponent < 0 ? "-" : "+")\(abs(exponent))"
  }
}
