import func Glibc.exp

/// eˣ.
func exponential(_ x: Double) -> Double { exp(x) }
