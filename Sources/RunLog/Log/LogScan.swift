import Glibc

/// What reading the log from some point on found.
struct LogScan {
  /// The bytes after the last good entry, in the last segment.
  struct Torn: Sendable, Equatable {
    let segment: Int
    let offset: Int
    let length: Int
  }

  /// After the last good entry.
  var end: LogPosition
  /// The hash of entry `head.count - 1`, when the scan came past it.
  var hashAtHead: String?
  var torn: Torn?
  /// Something that no torn write explains.
  var fault: RunLogError?

  /// Reads entries, each checked against the one before, until the log ends, a line is wrong, or `body`
  /// returns `false`.
  ///
  /// A wrong last line, or bytes behind the last LF, are `torn`: whether that was a torn write or damage depends
  /// on HEAD. A wrong line before a good one is a fault, since an accepted entry never follows a torn one.
  static func run(
    _ folder: StoreFolder, from start: LogPosition, head: Head? = nil, _ body: (LoggedEntry) throws -> Bool
  ) throws -> LogScan {
    var scan = LogScan(end: start)
    if head?.count == start.count { scan.hashAtHead = start.hash }
    var number = start.segment
    while let file = try folder.openExisting(SegmentName.relative(number)) {
      let offset = number == start.segment ? start.offset : 0
      if try file.status().size < offset {
        scan.fault = damaged("\(file.name) ends before byte \(offset), where entry \(start.count) should begin")
        return scan
      }
      if scan.torn != nil {
        scan.fault = damaged("entry \(scan.end.count) in \(folder.name(SegmentName.relative(number - 1))) is cut off")
        return scan
      }
      var reader = LineReader(file: file, offset: offset)
      guard try scan.read(&reader, segment: number, head: head, body) else { return scan }
      number += 1
    }
    if number == start.segment, start.offset > 0 {
      scan.fault = damaged("\(folder.name(SegmentName.relative(number))) is missing")
    }
    return scan
  }

  /// Reads one segment; `false` when the scan is over.
  private mutating func read(
    _ reader: inout LineReader, segment: Int, head: Head?, _ body: (LoggedEntry) throws -> Bool
  ) throws -> Bool {
    let name = reader.file.name
    while true {
      let goOn: Bool? = try reader.next { line, offset, length in
        let place = EntryPlace(segment: segment, offset: offset, length: length)
        var decoded: DecodedLine?
        if case .text(let text) = line { decoded = EntryLine.decode(text) }
        if torn == nil, let entry = decoded?.entry(following: end, at: place) {
          end = end.after(entry)
          if end.count == head?.count { hashAtHead = end.hash }
          return try body(entry)
        }
        if let decoded, !decoded.faults.contains(.hash) {
          fault = LogScan.fault(of: decoded, expected: torn == nil ? end.count : nil, name: name, offset: offset)
          return false
        }
        if torn == nil { torn = Torn(segment: segment, offset: offset, length: 0) }
        return true
      }
      guard let goOn else { break }
      if !goOn { return false }
    }
    let size = reader.offset + reader.rest
    if let torn {
      self.torn = Torn(segment: segment, offset: torn.offset, length: size - torn.offset)
    } else if reader.rest > 0 {
      torn = Torn(segment: segment, offset: reader.offset, length: reader.rest)
    }
    return true
  }

  private static func fault(of line: DecodedLine, expected: Int?, name: String, offset: Int) -> RunLogError {
    if line.faults.contains(.version), let version = line.object["v"]?.int, version > EntryLine.version {
      return RunLogError(
        .tooNew, "\(name) holds entries of format \(version), made by a newer Quire", hint: "update Quire")
    }
    guard let expected else { return damaged("the entry before byte \(offset) of \(name) is broken") }
    return damaged("the line at byte \(offset) of \(name) is not the entry \(expected) that follows there")
  }

  static func damaged(_ what: String) -> RunLogError {
    RunLogError(
      .corrupt, "the log is damaged: \(what)",
      hint: "look at it with 'quire log verify', and restore .quire/log from a copy; until then it is read-only")
  }
}
