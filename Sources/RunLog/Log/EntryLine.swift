import Glibc
import JSON

/// Where an entry stands: its segment's number, the byte offset of its line and the line's length with its LF.
package struct EntryPlace: Sendable, Equatable {
  package let segment: Int
  package let offset: Int
  package let length: Int
}

/// An entry as it stands in the log.
public struct LoggedEntry: Sendable {
  public let seq: Int
  public let hash: String
  public let prev: String
  public let time: String
  public let type: String
  /// All members, the common ones included.
  public let object: JSON.Object
  package let place: EntryPlace

  public var json: JSON { .object(object) }
  public var kind: Entry.Kind? { Entry.Kind(rawValue: type) }
}

/// The text of one entry: canonical JSON whose `hash` is the SHA-256 of the canonical object without `hash`.
enum EntryLine {
  static let version = 1
  static let firstPrevious = String(repeating: "0", count: 64)

  /// A line, LF included, and the entry's hash. Throws `params.value` for a number without canonical form.
  static func encode(
    _ entry: Entry, seq: Int, prev: String, time: String, session: String?
  ) throws -> (bytes: [UInt8], hash: String, object: JSON.Object) {
    var object = entry.fields
    object["v"] = JSON(version)
    object["seq"] = JSON(seq)
    object["prev"] = .string(prev)
    object["time"] = .string(time)
    object["type"] = .string(entry.kind.rawValue)
    if entry.kind.bearsSession, object["session"] == nil { object["session"] = session.map(JSON.string) }
    object["hash"] = nil
    do {
      let hash = ContentHash(of: try JSON.object(object).canonicalBytes()).hex
      object["hash"] = .string(hash)
      return (try JSON.object(object).canonicalBytes() + [UInt8(ascii: "\n")], hash, object)
    } catch {
      throw RunLogError(unhashable: error)
    }
  }

  /// What a line holds, and what is wrong with it; `nil` when it is no JSON object.
  static func decode(_ line: UnsafeRawBufferPointer) -> DecodedLine? {
    guard let value = try? JSON.parse(line, .largeIntegers), case .object(let object) = value else { return nil }
    var decoded = DecodedLine(object: object)
    guard let canonical = try? value.canonicalBytes() else {
      decoded.faults = [.notCanonical, .hash]
      return decoded
    }
    canonical.withUnsafeBytes { text in
      if let mine = text.baseAddress, let theirs = line.baseAddress,
        text.count != line.count || memcmp(mine, theirs, text.count) != 0
      {
        decoded.faults.insert(.notCanonical)
      }
      if decoded.hash == nil || hashWithoutItself(text) != decoded.hash { decoded.faults.insert(.hash) }
    }
    if decoded.object["v"]?.int != version { decoded.faults.insert(.version) }
    return decoded
  }

  /// The hash of an object's canonical text without its member `hash`; `nil` when that is no text of 64 characters.
  private static func hashWithoutItself(_ text: UnsafeRawBufferPointer) -> String? {
    guard var start = member(text) else { return nil }
    // `"hash":"` before the digits, a quotation mark behind them.
    var end = start + 73
    guard end < text.count, text[end - 1] == UInt8(ascii: "\"") else { return nil }
    if text[end] == UInt8(ascii: ",") {
      end += 1
    } else if start > 1 {
      start -= 1
    }
    var hasher = ContentHasher()
    hasher.update(UnsafeRawBufferPointer(rebasing: text[..<start]))
    hasher.update(UnsafeRawBufferPointer(rebasing: text[end...]))
    return hasher.finish().hex
  }

  private static let hashMember = Array(#""hash":""#.utf8)

  /// Where the outermost object's member `hash` begins in its canonical text.
  private static func member(_ text: UnsafeRawBufferPointer) -> Int? {
    var depth = 0
    var index = 0
    while index < text.count {
      switch text[index] {
      case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
      case UInt8(ascii: "\""):
        // Behind a colon stands a value, which may read like the member.
        if depth == 1, text[index - 1] != UInt8(ascii: ":"), text[index...].starts(with: hashMember) { return index }
        index += 1
        while index < text.count, text[index] != UInt8(ascii: "\"") {
          index += text[index] == UInt8(ascii: "\\") ? 2 : 1
        }
      default: break
      }
      index += 1
    }
    return nil
  }
}

/// A line of the log that is a JSON object.
struct DecodedLine {
  struct Faults: OptionSet {
    let rawValue: Int
    static let notCanonical = Faults(rawValue: 1)
    static let hash = Faults(rawValue: 2)
    static let version = Faults(rawValue: 4)
  }

  let object: JSON.Object
  let seq: Int?
  let prev: String?
  let hash: String?
  let type: String?
  var faults: Faults = []

  init(object: JSON.Object) {
    self.object = object
    seq = object["seq"]?.int
    prev = object["prev"]?.string
    hash = object["hash"]?.string
    type = object["type"]?.string
  }

  /// The entry, when nothing is wrong with it and it is the one that follows `position`.
  func entry(following position: LogPosition, at place: EntryPlace) -> LoggedEntry? {
    guard faults.isEmpty, seq == position.count, prev == position.hash, let hash, let type, let prev else {
      return nil
    }
    return LoggedEntry(
      seq: position.count, hash: hash, prev: prev, time: object["time"]?.string ?? "", type: type, object: object,
      place: place)
  }
}

extension EntryLine {
  /// Reads one entry where it is known to stand; `nil` when something else stands there.
  static func read(_ folder: StoreFolder, _ place: EntryPlace) throws -> LoggedEntry? {
    guard place.offset >= 0, place.length > 1, place.length <= LineReader.longestLine,
      let file = try folder.openExisting(SegmentName.relative(place.segment))
    else { return nil }
    let bytes = try file.read(at: place.offset, count: place.length)
    guard bytes.count == place.length, bytes.last == UInt8(ascii: "\n") else { return nil }
    let decoded = bytes.withUnsafeBytes { decode(UnsafeRawBufferPointer(rebasing: $0.dropLast())) }
    guard let decoded, let seq = decoded.seq, let prev = decoded.prev else { return nil }
    return decoded.entry(following: LogPosition(segment: 0, offset: 0, count: seq, hash: prev), at: place)
  }
}
