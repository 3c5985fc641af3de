internal import func Glibc.exp

/// Whether two properties of the same things go together more or less often than by chance.
public enum ExactTest {
  /// Fisher's exact test (1935), two-sided: the chance, with both numbers as they are, of an overlap that is no likelier
  /// than the one found.
  ///
  /// - Parameters:
  ///   - both: how many have both properties.
  ///   - first: how many have the first one.
  ///   - second: how many have the second one.
  ///   - all: how many there are.
  /// - Returns: 1 for numbers that no table has.
  public static func p(both: Int, first: Int, second: Int, of all: Int) -> Double {
    guard first >= 0, second >= 0, max(first, second) <= all else { return 1 }
    let possible = max(0, first + second - all)...min(first, second)
    guard possible.contains(both) else { return 1 }
    let constant =
      logFactorial(first) + logFactorial(all - first) + logFactorial(second) + logFactorial(all - second)
      - logFactorial(all)
    func logChance(_ x: Int) -> Double {
      constant - logFactorial(x) - logFactorial(first - x) - logFactorial(second - x)
        - logFactorial(all - first - second + x)
    }
    // What is as likely but for a rounding is as likely.
    let limit = logChance(both) + 1e-7
    var sum = 0.0
    for x in possible {
      let chance = logChance(x)
      if chance <= limit { sum += exp(chance) }
    }
    return min(1, sum)
  }
}
