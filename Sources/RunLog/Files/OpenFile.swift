import Glibc

/// Repeats a system call while a signal interrupts it.
func uninterrupted<T: SignedInteger>(_ call: () -> T) -> T {
  while true {
    let result = call()
    if result >= 0 || errno != EINTR { return result }
  }
}

/// What `stat` says of a file, as far as the store asks.
struct FileStatus: Sendable, Equatable {
  let device: UInt64
  let inode: UInt64
  let size: Int
  let links: Int
  let isRegular: Bool
  /// Nanoseconds since 1970 of the last change of content and of the last change of the inode.
  let modified: Int64
  let changed: Int64

  init(_ status: stat) {
    device = UInt64(status.st_dev)
    inode = UInt64(status.st_ino)
    size = Int(status.st_size)
    links = Int(status.st_nlink)
    isRegular = status.st_mode & S_IFMT == S_IFREG
    modified = FileStatus.nanoseconds(status.st_mtim)
    changed = FileStatus.nanoseconds(status.st_ctim)
  }

  /// The status of a path, symbolic links not followed; `nil` when nothing is there.
  init?(path: String) {
    var status = stat()
    guard uninterrupted({ lstat(path, &status) }) == 0 else { return nil }
    self.init(status)
  }

  func isSameFile(as other: FileStatus) -> Bool { device == other.device && inode == other.inode }

  // A hostile file system can claim any time; wrapping keeps it from trapping.
  private static func nanoseconds(_ time: timespec) -> Int64 {
    Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
  }
}

/// An open file, closed with its last reference. It holds nothing that changes, so threads may share it;
/// `name` is what messages call it.
final class OpenFile: Sendable {
  let descriptor: Int32
  let name: String

  init(_ path: String, name: String, _ flags: Int32, mode: mode_t = 0o644, action: String = "open") throws {
    descriptor = uninterrupted { open(path, flags | O_CLOEXEC, mode) }
    self.name = name
    guard descriptor >= 0 else { throw RunLogError.system(action, name) }
  }

  /// `nil` when the file does not exist.
  static func existing(_ path: String, name: String, _ flags: Int32 = O_RDONLY) throws -> OpenFile? {
    do {
      return try OpenFile(path, name: name, flags)
    } catch let error as RunLogError where error.systemError == "ENOENT" || error.systemError == "ENOTDIR" {
      return nil
    }
  }

  deinit { close(descriptor) }

  func status() throws -> FileStatus {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw RunLogError.system("look at", name) }
    return FileStatus(status)
  }

  /// Writes all bytes at the file's position; one `write(2)` unless the system takes less than it is given.
  func write(_ bytes: UnsafeRawBufferPointer) throws {
    var rest = bytes
    while let start = rest.baseAddress, rest.count > 0 {
      let written = uninterrupted { Glibc.write(descriptor, start, rest.count) }
      guard written >= 0 else { throw RunLogError.system("write", name) }
      rest = UnsafeRawBufferPointer(rebasing: rest[written...])
    }
  }

  func write(_ bytes: [UInt8]) throws {
    try bytes.withUnsafeBytes { try write($0) }
  }

  /// Reads from a byte offset until the buffer is full or the file ends; returns how many bytes were read.
  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws -> Int {
    var filled = 0
    while filled < buffer.count, let base = buffer.baseAddress {
      let count = uninterrupted { pread(descriptor, base + filled, buffer.count - filled, off_t(offset + filled)) }
      guard count >= 0 else { throw RunLogError.system("read", name) }
      if count == 0 { break }
      filled += count
    }
    return filled
  }

  /// The bytes of a range, fewer where the file ends before it.
  func read(at offset: Int, count: Int) throws -> [UInt8] {
    let available = max(0, min(count, try status().size - offset))
    return try [UInt8](unsafeUninitializedCapacity: available) { buffer, filled in
      filled = try read(into: UnsafeMutableRawBufferPointer(buffer), at: offset)
    }
  }

  /// Hands the file's bytes over in pieces of up to 1 MiB.
  func forEachPiece(_ body: (UnsafeRawBufferPointer) throws -> Void) throws {
    var piece = [UInt8](repeating: 0, count: 1 << 20)
    var offset = 0
    while true {
      let count = try piece.withUnsafeMutableBytes { buffer in
        let count = try read(into: buffer, at: offset)
        try body(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        return count
      }
      offset += count
      if count < piece.count { return }
    }
  }

  func sync() throws {
    guard uninterrupted({ fsync(descriptor) }) == 0 else { throw RunLogError.system("sync", name) }
  }

  func syncData() throws {
    guard uninterrupted({ fdatasync(descriptor) }) == 0 else { throw RunLogError.system("sync", name) }
  }

  func truncate(to size: Int) throws {
    guard uninterrupted({ ftruncate(descriptor, off_t(size)) }) == 0 else {
      throw RunLogError.system("shorten", name)
    }
  }

  /// Takes the `flock`; `false` when another open file holds it.
  func tryLock(_ operation: Int32 = LOCK_EX) throws -> Bool {
    if uninterrupted({ flock(descriptor, operation | LOCK_NB) }) == 0 { return true }
    guard errno == EWOULDBLOCK else { throw RunLogError.system("lock", name) }
    return false
  }

  func lock(_ operation: Int32 = LOCK_EX) throws {
    guard uninterrupted({ flock(descriptor, operation) }) == 0 else { throw RunLogError.system("lock", name) }
  }

  func unlock() { _ = flock(descriptor, LOCK_UN) }
}
