/// What one element of a stored array is.
public enum ElementType: Sendable, Hashable {
  case bool
  case int8, int16, int32, int64
  case uint8, uint16, uint32, uint64
  case float16, bfloat16, float32, float64
  /// Text of at most so many Unicode scalars, four bytes each.
  case unicode(Int)
  /// Text of at most so many bytes.
  case bytes(Int)

  /// Bytes of one element.
  public var size: Int {
    switch self {
    case .bool, .int8, .uint8: 1
    case .int16, .uint16, .float16, .bfloat16: 2
    case .int32, .uint32, .float32: 4
    case .int64, .uint64, .float64: 8
    case .unicode(let count): 4 * count
    case .bytes(let count): count
    }
  }

  public var isText: Bool {
    switch self {
    case .unicode, .bytes: true
    default: false
    }
  }

  /// Whole numbers and truth values.
  public var isInteger: Bool {
    switch self {
    case .bool, .int8, .int16, .int32, .int64, .uint8, .uint16, .uint32, .uint64: true
    default: false
    }
  }

  /// The type's name as NumPy has it: "float64".
  public var name: String {
    switch self {
    case .unicode(let count): "str\(count)"
    case .bytes(let count): "bytes\(count)"
    default: "\(self)"
    }
  }

  /// NumPy's kind letter and size without byte order: "f8".
  static let numpyCodes: [String: ElementType] = [
    "b1": .bool, "?": .bool, "i1": .int8, "i2": .int16, "i4": .int32, "i8": .int64, "u1": .uint8, "u2": .uint16,
    "u4": .uint32, "u8": .uint64, "f2": .float16, "f4": .float32, "f8": .float64,
  ]

  static let safeTensorsCodes: [String: ElementType] = [
    "BOOL": .bool, "I8": .int8, "I16": .int16, "I32": .int32, "I64": .int64, "U8": .uint8, "U16": .uint16,
    "U32": .uint32, "U64": .uint64, "F16": .float16, "BF16": .bfloat16, "F32": .float32, "F64": .float64,
  ]

  /// The whole NumPy description, little-endian: "<f8", "|b1", "<U7"; nil for what NumPy has no type for.
  var numpyDescription: String? {
    switch self {
    case .unicode(let count): return "<U\(count)"
    case .bytes(let count): return "|S\(count)"
    default:
      guard let code = Self.numpyCodes.first(where: { $0.value == self && $0.key != "?" })?.key else { return nil }
      return (size == 1 ? "|" : "<") + code
    }
  }
}

/// The order of an array's elements in the file.
public enum ElementOrder: Sendable {
  /// C order: the last index runs fastest.
  case rowMajor
  /// Fortran order: the first index runs fastest.
  case columnMajor
}

/// What a stored array is, before any of it is read.
public struct ArrayInfo: Sendable, Equatable {
  /// Inside the file; empty where it holds but one.
  public let name: String
  public let type: ElementType
  public let shape: [Int]
  public let order: ElementOrder
  /// Whether the bytes of an element run the other way than this machine's.
  public let swapped: Bool
  /// Where the elements begin, from the start of the file.
  public let offset: Int

  /// The first size; 1 for a single number.
  public var rows: Int { shape.first ?? 1 }

  /// The product of all sizes but the first.
  public var columns: Int { shape.dropFirst().reduce(1, *) }

  /// How many elements.
  public var count: Int { rows * columns }

  /// Checks that the shape's bytes can be counted and are there, from `offset` to `end`.
  init(
    name: String, type: ElementType, shape: [Int], order: ElementOrder, swapped: Bool, offset: Int, end: Int
  ) throws(ArrayFault) {
    if shape.count > 64 { throw ArrayFault(.malformed, "\(shape.count) dimensions", array: name, offset: offset) }
    var bytes = max(type.size, 0)
    var count = 1
    for size in shape {
      if size < 0 {
        throw ArrayFault(.malformed, "the shape has a negative size, \(size)", array: name, offset: offset)
      }
      let (product, overflow) = bytes.multipliedReportingOverflow(by: size)
      let (elements, overflowToo) = count.multipliedReportingOverflow(by: size)
      if overflow || (overflowToo && product != 0) {
        throw ArrayFault(
          .tooLarge, "the shape \(shape) has more bytes than can be counted", array: name, offset: offset)
      }
      (bytes, count) = (product, overflowToo ? Int.max : elements)
    }
    // Nothing in the file backs an array without bytes, so its sizes are held to what loops can bear.
    let limit = 1 << 24
    let extent = shape.reduce(1.0) { $0 * Double(max(1, $1)) }
    if bytes == 0, count > limit || extent > 0x1p31 || shape.contains(where: { $0 > limit }) {
      throw ArrayFault(.tooLarge, "the shape \(shape) names rows without any bytes", array: name, offset: offset)
    }
    if bytes > end - offset {
      throw ArrayFault(
        .truncated,
        "the shape \(shape) of \(type.name) takes \(bytes) bytes from byte \(offset) on, "
          + "but there are \(max(0, end - offset)); the file was cut", array: name, offset: end)
    }
    self.name = name
    self.type = type
    self.shape = shape
    self.order = order
    self.swapped = swapped
    self.offset = offset
  }
}
