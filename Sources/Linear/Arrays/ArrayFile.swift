/// A file of arrays: `.npy`, `.npz`, `.safetensors` or `.csv`.
///
///     let file = try ArrayFile(FileBytes(path: "activations.npz"))
///     let layer = try file.array("layer_12")
///     try layer.forEachBlock(as: Float.self) { first, rows in … }
///
/// Opening reads headers alone. Nothing is allocated by a size that the file only declares: a shape whose bytes are
/// not there is refused first.
public struct ArrayFile: Sendable {
  public enum Format: String, Sendable {
    case npy, npz, safetensors, csv
  }

  public let format: Format
  /// The arrays of an archive, the columns of a table; one empty name for `.npy`. In the file's order.
  public let names: [String]
  /// The texts that a `.safetensors` file carries beside its arrays.
  public let metadata: [String: String]
  private let source: any ByteSource
  private let contents: Contents

  private enum Contents: Sendable {
    case npy
    case npz([String: ZipArchive.Member], inflateLimit: Int)
    case safetensors([String: SafeTensors.Tensor])
    case csv(CSVFile)
  }

  /// - Parameters:
  ///   - format: tables are known by their file's name alone; the other formats also by their first bytes.
  ///   - inflateLimit: the most bytes of memory that a deflated member may unpack to.
  /// - Throws: `ArrayFault`, `ByteSourceFault`.
  public init(_ source: any ByteSource, format: Format? = nil, inflateLimit: Int = 1 << 32) throws {
    guard let format = try format ?? Self.format(of: source) else {
      throw ArrayFault(
        .unknownFormat, "neither .npy nor .npz nor .safetensors; a table needs a file name that ends in .csv", offset: 0
      )
    }
    self.format = format
    self.source = source
    switch format {
    case .npy:
      names = [""]
      metadata = [:]
      contents = .npy
    case .npz:
      let members = try ZipArchive(source).members.filter { $0.name.hasSuffix(".npy") }
      names = members.map { String($0.name.dropLast(4)) }
      metadata = [:]
      contents = .npz(Dictionary(uniqueKeysWithValues: zip(names, members)), inflateLimit: inflateLimit)
    case .safetensors:
      let file = try SafeTensors(source)
      names = file.tensors.map(\.name)
      metadata = file.metadata
      contents = .safetensors(Dictionary(uniqueKeysWithValues: zip(names, file.tensors)))
    case .csv:
      let table = try CSVFile(source)
      names = table.columnNames
      metadata = [:]
      contents = .csv(table)
    }
  }

  /// The format that a file's first bytes tell; tables have none.
  public static func format(of source: any ByteSource) throws -> Format? {
    let start = try source.bytes(at: 0, count: min(9, source.count))
    if start.starts(with: NPY.magic) { return .npy }
    if start.starts(with: [0x50, 0x4B, 3, 4]) || start.starts(with: [0x50, 0x4B, 5, 6]) { return .npz }
    return start.count == 9 && start[8] == UInt8(ascii: "{") ? .safetensors : nil
  }

  /// The format that a file's name tells.
  public static func format(ofName name: String) -> Format? {
    guard let dot = name.lastIndex(of: ".") else { return nil }
    return Format(rawValue: name[name.index(after: dot)...].lowercased())
  }

  /// One array; without a name the only one.
  /// - Throws: `ArrayFault.missingArray`, which tells the names that there are.
  public func array(_ name: String? = nil) throws -> StoredArray {
    let wanted = try name ?? onlyName()
    switch contents {
    case .npy:
      guard wanted.isEmpty else { throw missing(wanted) }
      return StoredArray(info: try NPY.info(source, 0..<source.count, name: ""), source: source)
    case .npz(let members, let limit):
      guard let member = members[wanted] else { throw missing(wanted) }
      return try archived(wanted, member, limit)
    case .safetensors(let tensors):
      guard let tensor = tensors[wanted] else { throw missing(wanted) }
      return try stored(tensor)
    case .csv:
      throw ArrayFault(.wrongType, "a table's columns are read by rows", array: wanted)
    }
  }

  /// The rows of what a path names behind `#`: an array, or columns with commas between; nil is all there is.
  public func reader(_ selection: String? = nil) throws -> any RowReader {
    guard case .csv(let table) = contents else { return try array(selection) }
    return try table.columns(selection)
  }

  /// The texts of an array of text, or of one column of a table.
  public func strings(_ name: String? = nil) throws -> [String] {
    guard case .csv(let table) = contents else { return try array(name).readStrings() }
    return try table.strings(name ?? onlyName())
  }

  private func onlyName() throws(ArrayFault) -> String {
    guard names.count == 1, let name = names.first else { throw missing(nil) }
    return name
  }

  private func missing(_ name: String?) -> ArrayFault {
    let known = names.prefix(20).joined(separator: ", ") + (names.count > 20 ? ", …" : "")
    let what = name.map { "there is no array \($0)" } ?? "there are \(names.count) arrays: name one"
    return ArrayFault(
      .missingArray, "\(what) (the file has \(known.isEmpty ? "none with a name" : known))", array: name)
  }

  private func archived(_ name: String, _ member: ZipArchive.Member, _ limit: Int) throws -> StoredArray {
    switch member.method {
    case 0:
      guard member.range.count == member.count else {
        throw ArrayFault(
          .malformed, "a stored member has two sizes, \(member.range.count) and \(member.count)", array: name,
          offset: member.entryOffset)
      }
      return StoredArray(info: try NPY.info(source, member.range, name: name), source: source)
    case 8:
      let bytes = try InflatedBytes(source, member, limit: limit)
      return StoredArray(info: try NPY.info(bytes, 0..<bytes.count, name: name), source: bytes)
    default:
      throw ArrayFault(
        .unsupportedPacking, "the member is packed by method \(member.method); only stored and deflated ones are read",
        array: name, offset: member.entryOffset)
    }
  }

  private func stored(_ tensor: SafeTensors.Tensor) throws(ArrayFault) -> StoredArray {
    guard let type = ElementType.safeTensorsCodes[tensor.code] else {
      throw ArrayFault(
        .unsupportedType, "elements of type \(tensor.code) are not read", array: tensor.name,
        offset: tensor.range.lowerBound)
    }
    let info = try ArrayInfo(
      name: tensor.name, type: type, shape: tensor.shape, order: .rowMajor, swapped: false,
      offset: tensor.range.lowerBound, end: tensor.range.upperBound)
    guard info.count * type.size == tensor.range.count else {
      throw ArrayFault(
        .malformed, "the shape \(tensor.shape) of \(type.name) does not take \(tensor.range.count) bytes",
        array: tensor.name, offset: tensor.range.lowerBound)
    }
    return StoredArray(info: info, source: source)
  }
}
