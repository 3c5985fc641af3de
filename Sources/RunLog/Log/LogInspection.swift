import Glibc

/// What a store's folder holds, found without changing anything.
struct LogInspection: Sendable {
  enum Condition: Sendable {
    /// Nothing was ever written.
    case absent
    /// The process that made the store was killed before its first entry was in place.
    case incomplete
    case usable
    /// Damage or tampering at a place that was accepted, or a format of the future: read-only, never repaired.
    case damaged(RunLogError)
  }

  var condition: Condition
  var store: String?
  var position = LogPosition.start
  var head: Head?
  var torn: LogScan.Torn?

  /// Reads HEAD first, then the log from the last known point before HEAD on (`mark`), else from its beginning.
  init(_ folder: StoreFolder, mark: (_ count: Int) -> LogPosition?) throws {
    condition = .absent
    do {
      try read(folder, mark)
    } catch let error as RunLogError where error.kind == .corrupt || error.kind == .tooNew {
      condition = .damaged(error)
    }
  }

  private mutating func read(_ folder: StoreFolder, _ mark: (Int) -> LogPosition?) throws {
    let format = try folder.read("format.json")
    let headBytes = try folder.read("log/HEAD")
    let segments = try folder.names(in: "log").compactMap(SegmentName.number).sorted()
    guard let format else {
      if headBytes == nil && segments.isEmpty { return }
      throw LogScan.damaged(".quire/format.json is missing")
    }
    let store = try StoreFormat(format).store
    self.store = store
    guard segments == Array(1..<(segments.count + 1)) else {
      throw LogScan.damaged("of \(segments.last ?? 0) segments in .quire/log there are \(segments.count)")
    }
    if let headBytes {
      guard let head = Head(headBytes) else { throw LogScan.damaged(".quire/log/HEAD is not what Quire wrote there") }
      guard head.store == store else { throw LogScan.damaged(".quire/log/HEAD belongs to the store \(head.store)") }
      self.head = head
    }
    let scan = try scan(folder, store, head.flatMap { mark($0.count) })
    position = scan.end
    torn = scan.torn
    guard let head else { return try judgeWithoutHead(folder, scan) }
    try LogInspection.compare(scan, with: head)
    condition = .usable
  }

  private func scan(_ folder: StoreFolder, _ store: String, _ mark: LogPosition?) throws -> LogScan {
    if let mark, mark.count > 0 {
      let scan = try LogScan.run(folder, from: mark, head: head) { _ in true }
      // A mark is from the index, which may be of another log: what it says counts only when it fits.
      if scan.fault == nil, scan.end.count >= head?.count ?? 0, scan.hashAtHead == head?.hash { return scan }
    }
    return try LogScan.run(folder, from: .start, head: head) { entry in
      if entry.seq == 0 { try LogInspection.checkFirst(entry, store) }
      return true
    }
  }

  static func checkFirst(_ entry: LoggedEntry, _ store: String) throws {
    guard entry.kind == .logOpen, entry.object["store"]?.string == store else {
      throw LogScan.damaged("its first entry is not that of the store \(store)")
    }
  }

  /// What the log holds beside a HEAD: everything up to it must be there and good (rule c).
  static func compare(_ scan: LogScan, with head: Head) throws {
    if let fault = scan.fault { throw fault }
    guard scan.end.count >= head.count else {
      let cause = scan.torn == nil ? "it has \(scan.end.count) entries" : "entry \(scan.end.count) is broken"
      throw LogScan.damaged("HEAD counts \(head.count) entries, but \(cause)")
    }
    guard scan.hashAtHead == head.hash else {
      throw LogScan.damaged("HEAD's hash is not that of entry \(head.count - 1)")
    }
  }

  private mutating func judgeWithoutHead(_ folder: StoreFolder, _ scan: LogScan) throws {
    if let fault = scan.fault { throw fault }
    switch scan.end.count {
    case 0:
      // Artifacts are never written before the log's first entry.
      guard try folder.names(in: "artifacts").allSatisfy({ $0 == "tmp" }) else {
        throw LogScan.damaged("there are artifacts, but no log")
      }
      condition = .incomplete
    case 1: condition = .usable
    default: throw LogScan.damaged(".quire/log/HEAD is missing")
    }
  }
}
