import JSON

/// A point between two entries: where the next one stands or will stand, how many are before it, and the hash
/// of the last of them.
package struct LogPosition: Sendable, Equatable {
  package var segment: Int
  package var offset: Int
  package var count: Int
  package var hash: String

  package static let start = LogPosition(segment: 1, offset: 0, count: 0, hash: EntryLine.firstPrevious)

  /// Whether a log could have such a point; one that was read from a file may be anything.
  var isPlausible: Bool {
    SegmentName.numbers.contains(segment) && offset >= 0 && count >= 0 && ContentHash(hex: hash) != nil
  }

  /// The point after an entry.
  func after(_ entry: LoggedEntry) -> LogPosition {
    LogPosition(
      segment: entry.place.segment, offset: entry.place.offset + entry.place.length, count: entry.seq + 1,
      hash: entry.hash)
  }
}

/// The content of `log/HEAD`: how many entries were synced when it was written, and the hash of the last.
struct Head: Sendable, Equatable {
  let count: Int
  let hash: String
  let store: String

  init(count: Int, hash: String, store: String) {
    self.count = count
    self.hash = hash
    self.store = store
  }

  /// `nil` unless the bytes are exactly those that `bytes` gives.
  init?(_ bytes: [UInt8]) {
    guard let value = try? JSON.parse(bytes, .largeIntegers), let count = value["count"]?.int, count >= 0,
      let hash = value["hash"]?.string, let store = value["store"]?.string
    else { return nil }
    self.init(count: count, hash: hash, store: store)
    guard self.bytes == bytes else { return nil }
  }

  var bytes: [UInt8] {
    Array(#"{"count":\#(count),"hash":\#(JSON.string(hash).text),"store":\#(JSON.string(store).text),"v":1}"#.utf8)
      + [UInt8(ascii: "\n")]
  }
}

/// The content of `format.json`.
struct StoreFormat: Sendable, Equatable {
  static let version = 1
  let store: String

  init(store: String) { self.store = store }

  /// Throws `store.tooNew` for a later version and `store.corrupt` for anything that is no such file.
  init(_ bytes: [UInt8]) throws {
    let value = try? JSON.parse(bytes)
    guard let value, value["format"]?.string == "quire-store", let version = value["version"]?.int,
      let store = value["store"]?.string
    else {
      throw RunLogError(
        .corrupt, ".quire/format.json is not what Quire wrote there", hint: "restore it from a copy of the folder")
    }
    guard version <= StoreFormat.version else {
      throw RunLogError(
        .tooNew, "the store has format \(version), made by a newer Quire; this one knows \(StoreFormat.version)",
        hint: "update Quire")
    }
    self.store = store
    guard bytes == self.bytes else {
      throw RunLogError(
        .corrupt, ".quire/format.json was changed: its text is not what Quire writes",
        hint: "restore it from a copy of the folder")
    }
  }

  var bytes: [UInt8] {
    Array(#"{"format":"quire-store","store":\#(JSON.string(store).text),"version":\#(StoreFormat.version)}"#.utf8)
      + [UInt8(ascii: "\n")]
  }
}

/// The names of segments: eight digits and `.jsonl`, counted from 1 without gaps.
enum SegmentName {
  static let numbers = 1...99_999_999

  static func text(_ number: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, 8 - digits.utf8.count)) + digits + ".jsonl"
  }

  static func number(_ name: String) -> Int? {
    guard name.hasSuffix(".jsonl"), let number = Int(name.dropLast(6)), numbers.contains(number), text(number) == name
    else {
      return nil
    }
    return number
  }

  static func relative(_ number: Int) -> String { "log/" + text(number) }
}
