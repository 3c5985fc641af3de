import Glibc

/// Reads the lines of one segment in pieces of 1 MiB.
struct LineReader {
  /// A longer line is no entry of ours; it is reported without being held in memory.
  static let longestLine = 1 << 26

  enum Line {
    case text(UnsafeRawBufferPointer)
    case tooLong
  }

  let file: OpenFile
  private(set) var offset: Int
  /// Bytes after the last LF, known at the end.
  private(set) var rest = 0
  private var buffer: [UInt8]
  private var start = 0
  private var end = 0

  init(file: OpenFile, offset: Int) {
    self.file = file
    self.offset = offset
    buffer = [UInt8](repeating: 0, count: 1 << 16)
  }

  /// Calls `body` with the next complete line, without its LF, and its offset; `nil` at the end.
  mutating func next<T>(_ body: (Line, _ offset: Int, _ length: Int) throws -> T) throws -> T? {
    var searched = 0
    while true {
      if let length = lineLength(from: searched) {
        let place = offset
        offset += length + 1
        defer { start += length + 1 }
        return try buffer.withUnsafeBytes {
          try body(.text(UnsafeRawBufferPointer(rebasing: $0[start..<start + length])), place, length + 1)
        }
      }
      searched = end - start
      if searched > LineReader.longestLine { return try skipLongLine(body) }
      guard try fill() else {
        rest = end - start
        return nil
      }
    }
  }

  private func lineLength(from searched: Int) -> Int? {
    buffer.withUnsafeBytes { bytes in
      guard end > start + searched, let base = bytes.baseAddress,
        let found = memchr(base + start + searched, 0x0A, end - start - searched)
      else { return nil }
      return UnsafeRawPointer(found) - (base + start)
    }
  }

  /// Brings more bytes in behind those that are not used up; `false` at the end of the file.
  private mutating func fill() throws -> Bool {
    if start > 0 {
      buffer.withUnsafeMutableBytes { bytes in
        guard let base = bytes.baseAddress else { return }
        memmove(base, base + start, end - start)
      }
      end -= start
      start = 0
    }
    if end == buffer.count {
      buffer.append(contentsOf: repeatElement(0, count: max(1 << 20, buffer.count)))
    }
    let position = offset + end
    let count = try buffer.withUnsafeMutableBytes {
      try file.read(into: UnsafeMutableRawBufferPointer(rebasing: $0[end...]), at: position)
    }
    end += count
    return count > 0
  }

  private mutating func skipLongLine<T>(_ body: (Line, Int, Int) throws -> T) throws -> T? {
    let place = offset
    var length = end - start
    while true {
      offset += end - start
      start = 0
      end = 0
      guard try fill() else {
        offset = place
        rest = length
        return nil
      }
      if let more = lineLength(from: 0) {
        length += more + 1
        start = more + 1
        offset = place + length
        return try body(.tooLong, place, length)
      }
      length += end
    }
  }
}
