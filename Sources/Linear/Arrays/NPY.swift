/// NumPy's format of one array: a magic number, a version, a header that is a Python dictionary, the elements
/// (NEP 1; versions 1 to 3 differ in the header's length field and encoding).
enum NPY {
  static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)

  /// Descriptions of plain types take some hundred bytes; long ones belong to structures, which are not read here.
  private static let longestHeader = 1 << 16

  /// Reads the header at `range.lowerBound`; the elements must end before `range.upperBound`.
  static func info(_ source: any ByteSource, _ range: Range<Int>, name: String) throws -> ArrayInfo {
    func fault(_ kind: ArrayFault.Kind, _ message: String, at offset: Int) -> ArrayFault {
      ArrayFault(kind, message, array: name, offset: range.lowerBound + offset)
    }
    let start = try source.bytes(at: range.lowerBound, count: min(12, range.count))
    guard start.starts(with: magic) else {
      throw fault(.unknownFormat, "no NumPy array: the magic number is missing", at: 0)
    }
    guard start.count >= 10 else { throw fault(.truncated, "the header was cut", at: start.count) }
    let version = start[6]
    guard (1...3).contains(version) else {
      throw fault(.unsupportedPacking, "version \(version) of the .npy format is not known", at: 6)
    }
    let prefix = version == 1 ? 10 : 12
    guard start.count >= prefix else { throw fault(.truncated, "the header was cut", at: start.count) }
    let length = start[8..<prefix].reversed().reduce(0) { $0 << 8 | Int($1) }
    guard length <= longestHeader else {
      throw fault(.tooLarge, "a header of \(length) bytes; at most \(longestHeader) are read", at: 8)
    }
    guard length <= range.count - prefix else {
      throw fault(.truncated, "the header should have \(length) bytes, but the file ends", at: range.count)
    }
    var parser = HeaderParser(
      bytes: try source.bytes(at: range.lowerBound + prefix, count: length), offset: range.lowerBound + prefix,
      array: name)
    let header = try parser.parse()
    let (type, swapped) = try elementType(header.description, parser)
    return try ArrayInfo(
      name: name, type: type, shape: header.shape, order: header.columnMajor ? .columnMajor : .rowMajor,
      swapped: swapped, offset: range.lowerBound + prefix + length, end: range.upperBound)
  }

  /// Reads a description such as "<f8" or ">U12".
  private static func elementType(
    _ text: String, _ parser: HeaderParser
  ) throws(ArrayFault) -> (ElementType, swapped: Bool) {
    var code = Substring(text)
    var swapped = false
    if let mark = code.first, "<>|=".contains(mark) {
      swapped = mark == ">"
      code = code.dropFirst()
    }
    switch code.first {
    case "O":
      throw parser.fault(
        .objects, "the array holds Python objects, which only Python can read; convert it with astype and save it anew")
    case "U", "S", "a":
      // A length that no file could back is refused here, before it is multiplied.
      guard let length = Int(code.dropFirst()), (0...1 << 28).contains(length) else {
        throw parser.fault(.tooLarge, "text of type \(text) is too long to read")
      }
      return (code.first == "U" ? .unicode(length) : .bytes(length), swapped)
    default:
      guard let type = ElementType.numpyCodes[String(code)] else {
        throw parser.fault(
          .unsupportedType, "elements of type \(text) are not read; convert them with astype('float64')")
      }
      return (type, swapped && type.size > 1)
    }
  }
}

/// Reads the one kind of Python dictionary that stands in a header.
private struct HeaderParser {
  let bytes: [UInt8]
  /// Of the first byte, in the file.
  let offset: Int
  let array: String
  private var position = 0

  init(bytes: [UInt8], offset: Int, array: String) {
    self.bytes = bytes
    self.offset = offset
    self.array = array
  }

  func fault(_ kind: ArrayFault.Kind, _ message: String) -> ArrayFault {
    ArrayFault(kind, message, array: array, offset: offset + position)
  }

  mutating func parse() throws(ArrayFault) -> (description: String, columnMajor: Bool, shape: [Int]) {
    var description: String?
    var columnMajor: Bool?
    var shape: [Int]?
    try expect("{")
    while !accept("}") {
      let key = try string()
      try expect(":")
      switch key {
      case "descr" where description == nil:
        skipSpaces()
        if position < bytes.count, bytes[position] == UInt8(ascii: "[") {
          throw fault(.unsupportedType, "the array holds records; save each field as an array of its own")
        }
        description = try string()
      case "fortran_order" where columnMajor == nil: columnMajor = try truth()
      case "shape" where shape == nil: shape = try tuple()
      default: throw fault(.malformed, "unexpected key \(key) in the header")
      }
      if accept("}") { break }
      try expect(",")
    }
    skipSpaces()
    guard position == bytes.count else { throw fault(.malformed, "unexpected bytes after the header's dictionary") }
    guard let description, let columnMajor, let shape else {
      throw fault(.malformed, "the header lacks descr, fortran_order or shape")
    }
    return (description, columnMajor, shape)
  }

  private mutating func skipSpaces() {
    while position < bytes.count, bytes[position] == 0x20 || (9...13).contains(bytes[position]) { position += 1 }
  }

  private mutating func accept(_ character: Unicode.Scalar) -> Bool {
    skipSpaces()
    guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  private mutating func expect(_ character: Unicode.Scalar) throws(ArrayFault) {
    if !accept(character) { throw fault(.malformed, "expected \(character) in the header") }
  }

  private mutating func string() throws(ArrayFault) -> String {
    skipSpaces()
    guard position < bytes.count, bytes[position] == UInt8(ascii: "'") || bytes[position] == UInt8(ascii: "\"") else {
      throw fault(.malformed, "expected a quoted word in the header")
    }
    let quote = bytes[position]
    guard let end = bytes[(position + 1)...].firstIndex(of: quote),
      let text = String(validating: bytes[position + 1..<end], as: UTF8.self), !text.contains("\\")
    else { throw fault(.malformed, "expected a quoted word in the header") }
    position = end + 1
    return text
  }

  private mutating func word() -> String {
    skipSpaces()
    let start = position
    while position < bytes.count,
      case let byte = bytes[position],
      (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || byte == 0x2D
    { position += 1 }
    return String(decoding: bytes[start..<position], as: UTF8.self)
  }

  private mutating func truth() throws(ArrayFault) -> Bool {
    switch word() {
    case "True": return true
    case "False": return false
    default: throw fault(.malformed, "expected True or False in the header")
    }
  }

  /// As in (), (3,) or (3, 4); Python 2 wrote 3L.
  private mutating func tuple() throws(ArrayFault) -> [Int] {
    try expect("(")
    var sizes: [Int] = []
    while !accept(")") {
      skipSpaces()
      var text = word()
      if text.hasSuffix("L") { text.removeLast() }
      guard let size = Int(text) else {
        let digits = !text.isEmpty && text.allSatisfy(\.isNumber)
        throw fault(digits ? .tooLarge : .malformed, "expected a whole number in the shape, found \(text)")
      }
      sizes.append(size)
      if sizes.count > 64 { throw fault(.malformed, "more than 64 dimensions") }
      if accept(")") { break }
      try expect(",")
    }
    return sizes
  }
}
