import Linear

/// Bytes of array files, put together by hand.
enum Fixture {
  static func littleEndian<T: FixedWidthInteger>(_ value: T) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
  }

  static func bigEndian<T: FixedWidthInteger>(_ value: T) -> [UInt8] {
    withUnsafeBytes(of: value.bigEndian) { Array($0) }
  }

  /// A `.npy` with a header as it is given.
  static func npy(_ header: String, _ elements: [UInt8], version: UInt8 = 1) -> [UInt8] {
    let text = Array(header.utf8)
    let length = version == 1 ? littleEndian(UInt16(text.count)) : littleEndian(UInt32(text.count))
    return [0x93] + Array("NUMPY".utf8) + [version, 0] + length + text + elements
  }

  static func npy(
    _ type: String, _ shape: String, _ elements: [UInt8], columnMajor: Bool = false, version: UInt8 = 1
  ) -> [UInt8] {
    npy(
      "{'descr': '\(type)', 'fortran_order': \(columnMajor ? "True" : "False"), 'shape': \(shape), }\n", elements,
      version: version)
  }

  static func safetensors(_ header: String, _ elements: [UInt8]) -> [UInt8] {
    littleEndian(UInt64(header.utf8.count)) + Array(header.utf8) + elements
  }

  /// Two arrays and texts, as our writer packs them.
  static func archive() throws -> [UInt8] {
    try ArrayWriter.bytes { sink in
      try ArrayWriter.npz(
        [
          ("a", .matrix(Matrix<Double>([[1, 2, 3], [4, 5, 6]]))), ("b", .integers([7, 8, 9])),
          ("names", try .strings(["x", "", "żółć"])),
        ], to: sink)
    }
  }

  static func tensors() throws -> [UInt8] {
    try ArrayWriter.bytes { sink in
      try ArrayWriter.safetensors(
        [
          ("bias", .vector([Float(1), 2])), ("weights", .matrix(Matrix<Double>([[1, 2, 3], [4, 5, 6]]))),
          ("codes", .integers([Int32(1), 2, 3])),
        ], metadata: ["kind": "probe", "α": "\"β\"\n"], to: sink)
    }
  }
}

extension ArrayFile {
  init(bytes: [UInt8], format: Format? = nil) throws { try self.init(MemoryBytes(bytes), format: format) }

  /// Reads whatever there is, as a hostile file's victim would.
  func readEverything() throws {
    for name in names {
      if format == .csv {
        _ = try strings(name)
        continue
      }
      let array = try array(name)
      if array.info.type.isText {
        _ = try array.readStrings()
      } else {
        let matrix = try array.readMatrix(as: Double.self)
        _ = try array.readRows(at: [0, matrix.rows - 1], as: Float.self)
        if array.info.type.isInteger { _ = try array.readIntegers() }
      }
    }
  }
}

/// The kind of the fault that `body` throws; nil when it throws none or another error.
func faultKind(_ body: () throws -> Void) -> ArrayFault.Kind? {
  do { try body() } catch let fault as ArrayFault { return fault.kind } catch {}
  return nil
}
