import JSON

/// Writes arrays such that the same ones give the same bytes: no clock, no names of users, a stated order.
///
///     try ArrayWriter.npz([("matrix", .matrix(scores)), ("rowIds", .strings(ids))], to: sink)
public enum ArrayWriter {
  /// One array as `.npy`, byte for byte as NumPy writes it.
  public static func npy(_ content: ArrayContent, to sink: ByteSink) throws {
    try npyHeader(content).withUnsafeBytes(sink)
    try content.emit(sink)
  }

  /// Version 1 of the format, filled up with blanks so that the elements begin on a 64-byte border.
  static func npyHeader(_ content: ArrayContent) throws(ArrayFault) -> [UInt8] {
    guard let description = content.type.numpyDescription else {
      throw ArrayFault(.unsupportedType, "NumPy has no elements of type \(content.type.name)")
    }
    let sizes = content.shape.map(String.init)
    let shape = sizes.count == 1 ? "(\(sizes[0]),)" : "(\(sizes.joined(separator: ", ")))"
    var header = "{'descr': '\(description)', 'fortran_order': False, 'shape': \(shape), }"
    // NumPy leaves room for the first size to grow to 21 digits in place.
    if let first = sizes.first { header += String(repeating: " ", count: 21 - first.count) }
    let blanks = 64 - (10 + header.utf8.count + 1) % 64
    header += String(repeating: " ", count: blanks) + "\n"
    let length = header.utf8.count
    return NPY.magic + [1, 0, UInt8(length & 255), UInt8(length >> 8)] + Array(header.utf8)
  }

  /// Named arrays as an uncompressed `.npz`: members in the order given, dated 1980-01-01, elements on 64-byte
  /// borders.
  public static func npz(_ arrays: [(name: String, content: ArrayContent)], to sink: ByteSink) throws {
    try npz(arrays, wideFrom: 0xFFFF_FFFF, to: sink)
  }

  /// As `npz`, with sizes and places written in 64 bits from `wideFrom` on: tests need no 4 GiB for it.
  package static func npz(
    _ arrays: [(name: String, content: ArrayContent)], wideFrom: Int, to sink: ByteSink
  ) throws {
    try withoutActuallyEscaping(sink) { sink in
      var archive = ZipWriter(sink, wideFrom: wideFrom)
      for array in arrays { try archive.add(array.name + ".npy", array.content) }
      try archive.finish()
    }
  }

  /// Named arrays as `.safetensors`, the widest elements first, then by name; the header is filled up with blanks so
  /// that the elements begin on a 64-byte border.
  public static func safetensors(
    _ arrays: [(name: String, content: ArrayContent)], metadata: [String: String] = [:], to sink: ByteSink
  ) throws {
    let ordered = arrays.sorted { ($1.content.type.size, $0.name) < ($0.content.type.size, $1.name) }
    var members: [JSON.Object.Member] = []
    if !metadata.isEmpty {
      let pairs = metadata.sorted { $0.key < $1.key }
      members.append(.init("__metadata__", .object(.init(distinct: pairs.map { .init($0.key, .string($0.value)) }))))
    }
    var end = 0
    var names: Set<String> = ["__metadata__"]
    for array in ordered {
      guard names.insert(array.name).inserted else {
        throw ArrayFault(
          .malformed, "two arrays have one name, or one that the format keeps for itself", array: array.name)
      }
      guard let code = ElementType.safeTensorsCodes.first(where: { $0.value == array.content.type })?.key else {
        throw ArrayFault(
          .unsupportedType, "the format has no elements of type \(array.content.type.name)", array: array.name)
      }
      let start = end
      end += array.content.byteCount
      members.append(
        .init(
          array.name,
          [
            "dtype": .string(code), "shape": .array(array.content.shape.map { JSON($0) }),
            "data_offsets": [JSON(start), JSON(end)],
          ]))
    }
    var header = Array(JSON.object(.init(distinct: members)).text.utf8)
    header.append(contentsOf: repeatElement(UInt8(ascii: " "), count: (64 - (8 + header.count) % 64) % 64))
    let length = withUnsafeBytes(of: UInt64(header.count).littleEndian) { Array($0) }
    try (length + header).withUnsafeBytes(sink)
    for array in ordered { try array.content.emit(sink) }
  }

  /// What a writer writes, in memory.
  public static func bytes(_ write: (ByteSink) throws -> Void) rethrows -> [UInt8] {
    var bytes: [UInt8] = []
    try write { bytes.append(contentsOf: $0) }
    return bytes
  }
}
