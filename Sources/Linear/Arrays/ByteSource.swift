internal import Glibc

/// Bytes that are read in pieces, from any place: a file, an artifact, memory.
public protocol ByteSource: Sendable {
  /// How many bytes there are.
  var count: Int { get }

  /// Fills the whole buffer with the bytes from `offset` on, or throws; several threads may read at once.
  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws
}

/// Why bytes could not be read.
public enum ByteSourceFault: Error, Sendable, Equatable, CustomStringConvertible {
  /// The bytes end before what was asked for; a file may have been cut meanwhile.
  case endOfBytes(offset: Int, wanted: Int, count: Int)
  /// The system refused, with its error number.
  case system(operation: String, path: String, errno: Int32)
  /// A folder, a pipe, a device.
  case notAFile(path: String)

  public var description: String {
    switch self {
    case .endOfBytes(let offset, let wanted, let count):
      "expected \(wanted) bytes from byte \(offset) on, but there are only \(count) in all"
    case .system(let operation, let path, let errno):
      "cannot \(operation) \(path): \(String(cString: strerror(errno)))"
    case .notAFile(let path):
      "\(path) is not a regular file"
    }
  }
}

extension ByteSource {
  /// A copy of a few bytes.
  public func bytes(at offset: Int, count: Int) throws -> [UInt8] {
    guard offset >= 0, count >= 0, count <= self.count - offset else {
      throw ByteSourceFault.endOfBytes(offset: offset, wanted: count, count: self.count)
    }
    return try [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      try read(
        into: UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[..<count]), at: offset)
      filled = count
    }
  }
}

/// A regular file, read with `pread`: a file that is cut meanwhile is an error, not a signal as with a mapping.
public final class FileBytes: ByteSource {
  public let path: String
  public let count: Int
  private let descriptor: CInt

  /// - Throws: `ByteSourceFault`.
  public init(path: String) throws {
    // Without O_NONBLOCK opening a pipe would wait for its writer.
    descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    if descriptor < 0 { throw ByteSourceFault.system(operation: "open", path: path, errno: errno) }
    self.path = path
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      let number = errno
      close(descriptor)
      throw ByteSourceFault.system(operation: "look at", path: path, errno: number)
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      throw ByteSourceFault.notAFile(path: path)
    }
    count = Int(status.st_size)
  }

  deinit { close(descriptor) }

  public func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws {
    var done = 0
    while done < buffer.count {
      let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
      let got = pread(descriptor, rest.baseAddress, rest.count, off_t(offset + done))
      if got < 0 {
        if errno == EINTR { continue }
        throw ByteSourceFault.system(operation: "read", path: path, errno: errno)
      }
      if got == 0 {
        throw ByteSourceFault.endOfBytes(offset: offset, wanted: buffer.count, count: offset + done)
      }
      done += got
    }
  }
}

/// Bytes in memory.
public struct MemoryBytes: ByteSource {
  public let bytes: [UInt8]

  public init(_ bytes: [UInt8]) { self.bytes = bytes }

  public var count: Int { bytes.count }

  public func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws {
    guard offset >= 0, buffer.count <= bytes.count - offset else {
      throw ByteSourceFault.endOfBytes(offset: offset, wanted: buffer.count, count: bytes.count)
    }
    bytes.withUnsafeBytes { source in
      guard let from = source.baseAddress, let to = buffer.baseAddress, !buffer.isEmpty else { return }
      memcpy(to, from + offset, buffer.count)
    }
  }
}

/// A part of other bytes.
struct PartOfBytes: ByteSource {
  let source: any ByteSource
  let range: Range<Int>

  var count: Int { range.count }

  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws {
    guard offset >= 0, buffer.count <= count - offset else {
      throw ByteSourceFault.endOfBytes(offset: offset, wanted: buffer.count, count: count)
    }
    try source.read(into: buffer, at: range.lowerBound + offset)
  }
}
