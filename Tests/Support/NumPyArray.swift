/// The numbers of a `.npy` file (C order, little endian), for tests that compare with arrays from elsewhere.
/// Written apart from the readers of the library, so that a fault there does not hide.
public struct NumPyArray: Sendable {
  public let shape: [Int]
  /// "<f8", "<f4", "<i8" or "|u1".
  public let dtype: String
  public let numbers: [Double]

  public struct Fault: Error {
    public let message: String
  }

  public init(_ bytes: [UInt8]) throws {
    guard bytes.count > 10, bytes[0...5].elementsEqual([0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59]) else {
      throw Fault(message: "not an .npy file")
    }
    let isFirst = bytes[6] == 1
    let length = Int(bytes[8]) | Int(bytes[9]) << 8 | (isFirst ? 0 : Int(bytes[10]) << 16 | Int(bytes[11]) << 24)
    let start = (isFirst ? 10 : 12) + length
    let header = String(decoding: bytes[(isFirst ? 10 : 12)..<start], as: UTF8.self)
    guard let kind = header.split(separator: "'").first(where: { $0.count == 3 && "<|".contains($0.prefix(1)) }),
      let open = header.firstIndex(of: "("), let close = header.firstIndex(of: ")"),
      header.contains("'fortran_order': False")
    else { throw Fault(message: "unexpected header \(header)") }
    dtype = String(kind)
    shape = header[header.index(after: open)..<close].split(separator: ",")
      .compactMap { Int($0.filter { $0.isNumber }) }
    let count = shape.reduce(1, *)
    let body = bytes[start...]
    numbers = try body.withUnsafeBytes { raw in
      func read<T: BitwiseCopyable>(_ type: T.Type, _ convert: (T) -> Double) throws -> [Double] {
        guard raw.count == count * MemoryLayout<T>.size else { throw Fault(message: "wrong length") }
        return (0..<count).map {
          convert(raw.loadUnaligned(fromByteOffset: $0 * MemoryLayout<T>.size, as: T.self))
        }
      }
      switch kind {
      case "<f8": return try read(Double.self) { $0 }
      case "<f4": return try read(Float.self) { Double($0) }
      case "<i8": return try read(Int64.self) { Double($0) }
      case "|u1": return try read(UInt8.self) { Double($0) }
      default: throw Fault(message: "unexpected kind \(kind)")
      }
    }
  }

  /// The array in a file of the shared data.
  public init(shared path: String) throws { try self.init(SharedData.bytes(path)) }
}
