/// The functions between the products of an encoder.
///
/// Plain arithmetic on one number after the other, without calls and branches, so that the compiler makes vectors of
/// it; what it gives differs from the function itself by no more than some roundings of single precision.
enum Activations {
  /// x ← x·Φ(x) with x = y + b, by the error function itself and not its tanh look-alike (Hendrycks & Gimpel 2016).
  ///
  /// - Parameter rows: rows × bias.count numbers, row after row.
  static func addBiasAndActivate(_ rows: UnsafeMutableBufferPointer<Float>, _ bias: [Float]) {
    forEachRow(of: rows, bias) { row, bias, width in
      for j in 0..<width {
        let x = row[j] + bias[j]
        row[j] = 0.5 * x * (1 + errorFunction(x * 0.70710678))
      }
    }
  }

  static func addBias(_ rows: UnsafeMutableBufferPointer<Float>, _ bias: [Float]) {
    forEachRow(of: rows, bias) { row, bias, width in
      for j in 0..<width { row[j] += bias[j] }
    }
  }

  /// xⱼ ← exp(xⱼ − max x) / Σ.
  static func softmax(_ row: UnsafeMutablePointer<Float>, _ count: Int) {
    guard count > 0 else { return }
    var largest = row[0]
    for j in 1..<max(1, count) { largest = row[j] > largest ? row[j] : largest }
    for j in 0..<count { row[j] = exponential(row[j] - largest) }
    let scale = 1 / sum(row, count) { $0 }
    for j in 0..<count { row[j] *= scale }
  }

  /// Each row less its mean, over its standard deviation, times `scale`, plus `shift` (Ba, Kiros & Hinton 2016).
  static func normalise(
    _ rows: UnsafeMutableBufferPointer<Float>, scale: [Float], shift: [Float], epsilon: Float
  ) {
    scale.withUnsafeBufferPointer { scale in
      forEachRow(of: rows, shift) { row, shift, width in
        let mean = sum(row, width) { $0 } / Float(width)
        let square = sum(row, width) { ($0 - mean) * ($0 - mean) }
        let factor = 1 / (square / Float(width) + epsilon).squareRoot()
        for j in 0..<width { row[j] = (row[j] - mean) * factor * scale[j] + shift[j] }
      }
    }
  }

  // MARK: - Functions

  /// erf(x) for |x| ≤ 4, ±1 beyond, by an odd rational function that was fitted to it by weighted least squares; off by
  /// less than 4e-7 with all roundings.
  @inline(__always) static func errorFunction(_ x: Float) -> Float {
    let below: Float = x < 4 ? x : 4
    let t = below > -4 ? below : -4
    let s = t * t
    var p: Float = s * 1.9748195129928198e-06 + 0.00028804184990651144
    p = p * s + 0.004003679809610569
    p = p * s + 0.05346758309802885
    p = p * s + 0.1962498234528348
    p = p * s + 1.1283789764089918
    var q: Float = s * 3.7480774400925696e-05 + 0.00121636747969675
    q = q * s + 0.0154444905099122
    q = q * s + 0.11647677002452472
    q = q * s + 0.5072530363223675
    q = q * s + 1
    return t * p / q
  }

  /// eˣ for x ≤ 0, to a relative 2e-7; below −87 it stays what it is there, less than 2e-38.
  @inline(__always) static func exponential(_ x: Float) -> Float {
    // 1.5·2²³: adding it leaves the nearest whole number in the low bits.
    let magic: Float = 12_582_912
    let clamped: Float = x > -87 ? x : -87
    let shifted = clamped * 1.442695041 + magic
    let whole = shifted - magic
    // ln 2 in two parts, the first exact in few bits.
    let r = (clamped - whole * 0.693359375) + whole * 2.12194440e-4
    var p: Float = r * 0.0013888889 + 0.0083333333
    p = p * r + 0.041666667
    p = p * r + 0.16666667
    p = p * r + 0.5
    p = p * r + 1
    p = p * r + 1
    return p * Float(bitPattern: (shifted.bitPattern &+ 127) &<< 23)
  }

  /// Σ f(xⱼ) in four running sums.
  @inline(__always) private static func sum(
    _ x: UnsafeMutablePointer<Float>, _ count: Int, _ f: (Float) -> Float
  ) -> Float {
    var (a, b, c, d): (Float, Float, Float, Float) = (0, 0, 0, 0)
    let whole = count & ~3
    var j = 0
    while j < whole {
      a += f(x[j])
      b += f(x[j &+ 1])
      c += f(x[j &+ 2])
      d += f(x[j &+ 3])
      j &+= 4
    }
    while j < count {
      a += f(x[j])
      j &+= 1
    }
    return (a + c) + (b + d)
  }

  @inline(__always) private static func forEachRow(
    of rows: UnsafeMutableBufferPointer<Float>, _ bias: [Float],
    _ body: (UnsafeMutablePointer<Float>, UnsafePointer<Float>, Int) -> Void
  ) {
    bias.withUnsafeBufferPointer { bias in
      guard let start = rows.baseAddress, let shift = bias.baseAddress else { return }
      let width = bias.count
      for row in 0..<rows.count / width { body(start + row * width, shift, width) }
    }
  }
}
