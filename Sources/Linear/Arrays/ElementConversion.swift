/// Turns stored bytes into numbers. The element's type is looked at once per run, not per element.
enum ElementConversion {
  /// Writes `count` numbers, `stride` apart.
  /// - Throws: `ArrayFault.wrongType` for text.
  @_specialize(where S == Double)
  @_specialize(where S == Float)
  static func convert<S: Scalar>(
    _ bytes: UnsafeRawPointer, count: Int, type: ElementType, swapped: Bool, to target: UnsafeMutablePointer<S>,
    stride: Int
  ) throws(ArrayFault) {
    switch type {
    case .bool:
      for i in 0..<count { target[i &* stride] = (bytes + i).load(as: UInt8.self) == 0 ? 0 : 1 }
    case .int8: integers(Int8.self, bytes, count, swapped, target, stride)
    case .int16: integers(Int16.self, bytes, count, swapped, target, stride)
    case .int32: integers(Int32.self, bytes, count, swapped, target, stride)
    case .int64: integers(Int64.self, bytes, count, swapped, target, stride)
    case .uint8: integers(UInt8.self, bytes, count, swapped, target, stride)
    case .uint16: integers(UInt16.self, bytes, count, swapped, target, stride)
    case .uint32: integers(UInt32.self, bytes, count, swapped, target, stride)
    case .uint64: integers(UInt64.self, bytes, count, swapped, target, stride)
    case .float16:
      for i in 0..<count { target[i &* stride] = S(half(load(UInt16.self, bytes, i, swapped))) }
    case .bfloat16:
      for i in 0..<count {
        target[i &* stride] = S(Float(bitPattern: UInt32(load(UInt16.self, bytes, i, swapped)) << 16))
      }
    case .float32:
      for i in 0..<count { target[i &* stride] = S(Float(bitPattern: load(UInt32.self, bytes, i, swapped))) }
    case .float64:
      for i in 0..<count { target[i &* stride] = S(Double(bitPattern: load(UInt64.self, bytes, i, swapped))) }
    case .unicode, .bytes:
      throw ArrayFault(.wrongType, "expected numbers, found text")
    }
  }

  @inline(__always)
  private static func integers<T: FixedWidthInteger & BitwiseCopyable, S: Scalar>(
    _: T.Type, _ bytes: UnsafeRawPointer, _ count: Int, _ swapped: Bool, _ target: UnsafeMutablePointer<S>,
    _ stride: Int
  ) {
    for i in 0..<count { target[i &* stride] = S(load(T.self, bytes, i, swapped)) }
  }

  /// One whole number or truth value.
  /// - Returns: nil when 64 signed bits cannot hold it.
  static func integer(_ bytes: UnsafeRawPointer, _ i: Int, type: ElementType, swapped: Bool) -> Int? {
    switch type {
    case .bool: load(UInt8.self, bytes, i, swapped) == 0 ? 0 : 1
    case .int8: Int(load(Int8.self, bytes, i, swapped))
    case .int16: Int(load(Int16.self, bytes, i, swapped))
    case .int32: Int(load(Int32.self, bytes, i, swapped))
    case .int64: Int(load(Int64.self, bytes, i, swapped))
    case .uint8: Int(load(UInt8.self, bytes, i, swapped))
    case .uint16: Int(load(UInt16.self, bytes, i, swapped))
    case .uint32: Int(load(UInt32.self, bytes, i, swapped))
    case .uint64: Int(exactly: load(UInt64.self, bytes, i, swapped))
    default: nil
    }
  }

  /// The text of one element, without the NULs that fill it up.
  /// - Returns: nil for what is no Unicode scalar.
  static func text(_ bytes: UnsafeRawPointer, _ i: Int, type: ElementType, swapped: Bool) -> String? {
    switch type {
    case .unicode(let length):
      var scalars = String.UnicodeScalarView()
      var pendingNULs = 0
      for k in 0..<length {
        let value = load(UInt32.self, bytes, i * length + k, swapped)
        guard let scalar = Unicode.Scalar(value) else { return nil }
        if value == 0 {
          pendingNULs += 1
        } else {
          for _ in 0..<pendingNULs { scalars.append("\0") }
          pendingNULs = 0
          scalars.append(scalar)
        }
      }
      return String(scalars)
    case .bytes(let length):
      let element = UnsafeRawBufferPointer(start: bytes + i * length, count: length)
      let end = element.lastIndex { $0 != 0 }.map { $0 + 1 } ?? 0
      return String(validating: element[..<end], as: UTF8.self)
    default: return nil
    }
  }

  @inline(__always)
  private static func load<T: FixedWidthInteger & BitwiseCopyable>(
    _: T.Type, _ bytes: UnsafeRawPointer, _ i: Int, _ swapped: Bool
  ) -> T {
    let value = (bytes + i &* MemoryLayout<T>.size).loadUnaligned(as: T.self)
    return swapped ? value.byteSwapped : value
  }

  /// IEEE 754 binary16: 1 sign, 5 exponent, 10 fraction bits.
  @inline(__always)
  private static func half(_ bits: UInt16) -> Float {
    let sign = UInt32(bits & 0x8000) << 16
    let magnitude = UInt32(bits & 0x7FFF)
    // Moved into the exponent of a float, the number is too small by 2¹¹², infinities and NaN apart.
    let shifted = Float(bitPattern: magnitude << 13)
    let value = magnitude >= 0x7C00 ? Float(bitPattern: 0x7F80_0000 | magnitude << 13) : shifted * 0x1p112
    return Float(bitPattern: value.bitPattern | sign)
  }
}
