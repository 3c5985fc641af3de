/// Sixteen bytes of a text, looked at together.
struct ByteBlock {
  static let width = 16
  private let bytes: SIMD16<UInt8>

  /// - Parameter start: at least `width` bytes follow it.
  @inline(__always)
  init(_ start: UnsafePointer<UInt8>) {
    bytes = UnsafeRawPointer(start).loadUnaligned(as: SIMD16<UInt8>.self)
  }

  /// Which of the bytes meet a condition.
  struct Places {
    fileprivate let mask: SIMDMask<SIMD16<Int8>>

    @inline(__always)
    var isEmpty: Bool {
      let halves = unsafeBitCast(mask, to: SIMD2<UInt64>.self)
      return halves[0] | halves[1] == 0
    }

    @inline(__always)
    var isFull: Bool {
      let halves = unsafeBitCast(mask, to: SIMD2<UInt64>.self)
      return halves[0] & halves[1] == .max
    }

    @inline(__always)
    static func | (left: Places, right: Places) -> Places { Places(mask: left.mask .| right.mask) }
    @inline(__always)
    static func & (left: Places, right: Places) -> Places { Places(mask: left.mask .& right.mask) }
    @inline(__always)
    static prefix func ! (places: Places) -> Places { Places(mask: .!places.mask) }
  }

  @inline(__always)
  func isByte(_ byte: UInt8) -> Places { Places(mask: bytes .== SIMD16(repeating: byte)) }

  @inline(__always)
  func isAbove(_ byte: UInt8) -> Places { Places(mask: bytes .> SIMD16(repeating: byte)) }

  /// Bytes from `first` on, so many values long.
  @inline(__always)
  func isWithin(_ first: UInt8, _ length: UInt8) -> Places {
    Places(mask: (bytes &- SIMD16(repeating: first)) .< SIMD16(repeating: length))
  }

  /// Those that are one letter, in either case.
  @inline(__always)
  func isLetter(_ letter: Unicode.Scalar) -> Places {
    Places(mask: (bytes | SIMD16(repeating: 0x20)) .== SIMD16(repeating: UInt8(truncatingIfNeeded: letter.value)))
  }

  /// ASCII letters.
  @inline(__always)
  var letters: Places {
    Places(mask: ((bytes | SIMD16(repeating: 0x20)) &- SIMD16(repeating: 0x61)) .< SIMD16(repeating: 26))
  }
}
