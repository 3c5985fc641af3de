import Glibc

/// The natural logarithm; those of small whole numbers, which counts mostly are, from a table.
func ln(_ x: Double) -> Double {
  if x >= 1, x < 64, x == x.rounded(.down) { return smallLogarithms[Int(x)] }
  return log(x)
}

private let smallLogarithms = [0] + (1..<64).map { log(Double($0)) }
