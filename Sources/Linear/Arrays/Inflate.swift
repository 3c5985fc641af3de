internal import CZlib
internal import Glibc

/// A deflated member of an archive, unpacked into memory.
///
/// Sendable: the memory is written in `init` alone.
final class InflatedBytes: ByteSource, @unchecked Sendable {
  let count: Int
  private let memory: UnsafeMutableRawPointer

  /// Unpacks a member and checks its length and checksum.
  ///
  /// Memory grows with what really comes out, so a member that lies about its size takes no more than its truth.
  init(_ source: any ByteSource, _ member: ZipArchive.Member, limit: Int) throws {
    func fault(_ kind: ArrayFault.Kind, _ message: String) -> ArrayFault {
      ArrayFault(kind, message, array: member.name, offset: member.range.lowerBound)
    }
    guard member.count <= limit else {
      throw fault(
        .tooLarge,
        "unpacked it would take \(member.count) bytes; at most \(limit) are unpacked: save it without "
          + "compression (numpy.savez), which is read in pieces")
    }
    var stream = z_stream()
    guard inflateInit2_(&stream, -MAX_WBITS, ZLIB_VERSION, CInt(MemoryLayout<z_stream>.size)) == Z_OK else {
      throw fault(.unsupportedPacking, "the member cannot be unpacked")
    }
    defer { inflateEnd(&stream) }
    var memory = try Self.grown(nil, to: min(member.count, 1 << 20))
    var capacity = min(member.count, 1 << 20)
    var filled = 0
    do {
      var position = member.range.lowerBound
      var status = Z_OK
      while status == Z_OK {
        var piece = try source.bytes(at: position, count: min(1 << 18, member.range.upperBound - position))
        if piece.isEmpty { throw fault(.truncated, "the packed bytes end too early") }
        position += piece.count
        try piece.withUnsafeMutableBufferPointer { input in
          stream.next_in = input.baseAddress
          stream.avail_in = UInt32(input.count)
          // A full buffer may hold back output though all input is taken.
          repeat {
            if filled == capacity, capacity < member.count {
              let larger = min(member.count, capacity * 2)
              memory = try Self.grown(memory, to: larger)
              capacity = larger
            }
            // One byte more than declared shows a member that is longer.
            var surplus: UInt8 = 0
            let room = min(capacity - filled, 1 << 30)
            status = withUnsafeMutablePointer(to: &surplus) { surplus in
              stream.next_out = room > 0 ? (memory + filled).assumingMemoryBound(to: UInt8.self) : surplus
              stream.avail_out = UInt32(max(room, 1))
              return inflate(&stream, Z_NO_FLUSH)
            }
            let written = max(room, 1) - Int(stream.avail_out)
            if written > room { throw fault(.malformed, "unpacked it has more than its \(member.count) bytes") }
            filled += written
          } while status == Z_OK && (stream.avail_in > 0 || stream.avail_out == 0)
          // Nothing to read and nothing held back: more input is wanted.
          if status == Z_BUF_ERROR, stream.avail_in == 0 { status = Z_OK }
        }
      }
      guard status == Z_STREAM_END else { throw fault(.malformed, "the packed bytes are broken") }
      guard filled == member.count else {
        throw fault(.malformed, "unpacked it has \(filled) bytes instead of \(member.count)")
      }
      guard Checksum.of(UnsafeRawBufferPointer(start: memory, count: filled)) == member.checksum else {
        throw fault(.malformed, "its checksum is wrong: the file is damaged")
      }
    } catch {
      free(memory)
      throw error
    }
    self.memory = memory
    count = filled
  }

  deinit { free(memory) }

  private static func grown(_ memory: UnsafeMutableRawPointer?, to count: Int) throws -> UnsafeMutableRawPointer {
    guard let larger = realloc(memory, max(1, count)) else {
      throw ArrayFault(.tooLarge, "there is no memory for \(count) bytes")
    }
    return larger
  }

  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws {
    guard offset >= 0, buffer.count <= count - offset else {
      throw ByteSourceFault.endOfBytes(offset: offset, wanted: buffer.count, count: count)
    }
    if let to = buffer.baseAddress { memcpy(to, memory + offset, buffer.count) }
  }
}

/// The CRC-32 that archives carry.
enum Checksum {
  static func of(_ bytes: UnsafeRawBufferPointer, after checksum: UInt32 = 0) -> UInt32 {
    guard let base = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return checksum }
    return UInt32(truncatingIfNeeded: crc32_z(UInt(checksum), base, bytes.count))
  }
}
