import Glibc

/// The natural logarithm.
func ln(_ x: Double) -> Double { log(x) }
