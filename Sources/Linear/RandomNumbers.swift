internal import Glibc

/// The one generator of random numbers: xoshiro256** seeded through SplitMix64.
///
///     var numbers = RandomNumbers(seed: 42, step: "kmeans", index: 3)
///     let row = numbers.below(150)
///
/// A value: a copy goes on with the same numbers. The same seed gives the same numbers everywhere
/// (Blackman & Vigna 2021 for xoshiro256**, Steele, Lea & Flood 2014 for SplitMix64).
public struct RandomNumbers: RandomNumberGenerator, Sendable {
  @usableFromInline var s0: UInt64
  @usableFromInline var s1: UInt64
  @usableFromInline var s2: UInt64
  @usableFromInline var s3: UInt64
  @usableFromInline var spareGaussian: Double?

  /// The state is the first four outputs of SplitMix64 from `seed`.
  public init(seed: UInt64) {
    var source = SplitMix64(state: seed)
    s0 = source.next()
    s1 = source.next()
    s2 = source.next()
    s3 = source.next()
  }

  /// The sub-stream of a named step: seed' = SplitMix64(seed XOR FNV-1a-64(step)), and with an index
  /// SplitMix64(seed' XOR index), where SplitMix64(x) is the first output from the state x.
  public init(seed: UInt64, step: String, index: Int? = nil) {
    var derived = SplitMix64.first(from: seed ^ fnv1a64(step.utf8))
    if let index { derived = SplitMix64.first(from: derived ^ UInt64(bitPattern: Int64(index))) }
    self.init(seed: derived)
  }

  /// 64 random bits.
  @inlinable
  public mutating func next() -> UInt64 {
    let result = Self.rotate(s1 &* 5, by: 7) &* 9
    let t = s1 << 17
    s2 ^= s0
    s3 ^= s1
    s1 ^= s2
    s0 ^= s3
    s2 ^= t
    s3 = Self.rotate(s3, by: 45)
    return result
  }

  @inlinable
  static func rotate(_ x: UInt64, by k: UInt64) -> UInt64 { (x &<< k) | (x &>> (64 &- k)) }

  /// A double in 0 ..< 1: the upper 53 bits times 2⁻⁵³.
  @inlinable
  public mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// A whole number in 0 ..< bound, each equally likely (multiply and reject, Lemire 2019).
  @inlinable
  public mutating func below(_ bound: Int) -> Int {
    precondition(bound > 0, "no whole number lies below \(bound)")
    let range = UInt64(bound)
    var (high, low) = range.multipliedFullWidth(by: next())
    if low < range {
      let threshold = (0 &- range) % range
      while low < threshold { (high, low) = range.multipliedFullWidth(by: next()) }
    }
    return Int(high)
  }

  /// A number of the standard normal law (Box & Muller 1958).
  ///
  /// Two units u, v give √(−2 ln(1 − u))·cos 2πv and, at the next call, the same with sin.
  public mutating func gaussian() -> Double {
    if let spare = spareGaussian {
      spareGaussian = nil
      return spare
    }
    let radius = (-2 * log(1 - unit())).squareRoot()
    let angle = 2 * Double.pi * unit()
    spareGaussian = radius * sin(angle)
    return radius * cos(angle)
  }

  /// A rows × columns matrix of `gaussian()`, drawn column after column.
  public mutating func gaussians<S: Scalar>(rows: Int, columns: Int, as: S.Type = S.self) -> Matrix<S> {
    var result = Matrix<S>.zeros(rows, columns)
    result.withUnsafeMutableBuffer { buffer in
      for j in 0..<columns {
        for i in 0..<rows { buffer[i &* columns &+ j] = S(gaussian()) }
      }
    }
    return result
  }

  /// Puts the elements in random order: from the last place down, each swaps with one at or before it
  /// (Fisher & Yates, as Durstenfeld 1964 has it).
  @inlinable
  public mutating func shuffle<T>(_ elements: inout [T]) {
    var i = elements.count - 1
    while i > 0 {
      elements.swapAt(i, below(i + 1))
      i -= 1
    }
  }

  /// 0 ..< count in random order.
  public mutating func permutation(_ count: Int) -> [Int] {
    var order = Array(0..<count)
    shuffle(&order)
    return order
  }

  /// `size` different whole numbers below `count`, ascending, each set equally likely (Knuth, algorithm S).
  public mutating func sample(_ size: Int, of count: Int) -> [Int] {
    precondition(size >= 0 && size <= count, "cannot draw \(size) of \(count)")
    var chosen: [Int] = []
    chosen.reserveCapacity(size)
    var i = 0
    while chosen.count < size {
      if below(count - i) < size - chosen.count { chosen.append(i) }
      i += 1
    }
    return chosen
  }
}

/// The seeder: a counter with a mixing function.
struct SplitMix64 {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  static func first(from state: UInt64) -> UInt64 {
    var source = SplitMix64(state: state)
    return source.next()
  }
}

/// The 64-bit FNV-1a hash of some bytes (Fowler, Noll & Vo).
public func fnv1a64(_ bytes: some Sequence<UInt8>) -> UInt64 {
  var hash: UInt64 = 0xCBF2_9CE4_8422_2325
  for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
  return hash
}
