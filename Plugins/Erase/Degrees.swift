import func Glibc.acos

/// Angles as people read them.
enum Degrees {
  /// 0 … 90, of a cosine whose rounding may have left 0 … 1.
  static func ofCosine(_ cosine: Double) -> Double { acos(min(1, max(0, cosine))) * 180 / Double.pi }
}
