/// What stands behind `quire` on a cell's opening fence; `nil` and empty where it does not say.
public struct CellAttributes: Sendable, Equatable {
  /// Whether results may come from the cache: `off` neither reads nor writes it, `refresh` only writes.
  public enum Cache: String, Sendable, CaseIterable { case on, off, refresh }
  /// A `manual` cell is never started as somebody's ancestor or descendant.
  public enum Run: String, Sendable, CaseIterable { case auto, manual }
  /// What a report leaves out.
  public enum Hide: String, Sendable, CaseIterable { case code, output, all }

  /// As written; `nil` when the fence names none, or none that is an id.
  public var id: String?
  /// 0 to 2^53 − 1.
  public var seed: Int64?
  public var cache = Cache.on
  public var timeout: Duration?
  public var run = Run.auto
  /// Ids of cells that must run first, in the order in which they are written.
  public var after: [String] = []
  public var hide: Hide?
  public var threads: Int?

  public init() {}

  /// The attributes that an info string may hold.
  public static let names = ["id", "seed", "cache", "timeout", "run", "after", "hide", "threads"]

  /// The largest seed: every integer up to it is exact in JSON.
  public static let maximumSeed: Int64 = (1 << 53) - 1
  public static let maximumThreads = 64

  /// True for `[A-Za-z][A-Za-z0-9_-]{0,63}`, which is a cell's id in .ipynb too.
  public static func isID(_ text: some Collection<UInt8>) -> Bool {
    guard let first = text.first, first.isLetter, text.count <= 64 else { return false }
    return text.allSatisfy { $0.isLetter || $0.isDigit || $0 == Byte.underscore || $0 == Byte.dash }
  }

  /// `500ms`, `30s`, `10m`, `2h`: a positive whole number and a unit, at most about a hundred years.
  public static func duration(_ text: some StringProtocol) -> Duration? {
    let digits = text.utf8.prefix { $0.isDigit }
    guard let number = Int64(String(decoding: digits, as: UTF8.self)), number > 0, number <= 3_000_000_000_000 else {
      return nil
    }
    let scale: Int64
    switch String(decoding: text.utf8.dropFirst(digits.count), as: UTF8.self) {
    case "ms": scale = 1
    case "s": scale = 1000
    case "m": scale = 60_000
    case "h": scale = 3_600_000
    default: return nil
    }
    let (milliseconds, overflow) = number.multipliedReportingOverflow(by: scale)
    return overflow || milliseconds > 3_000_000_000_000 ? nil : .milliseconds(milliseconds)
  }
}

/// Where the attributes stand in the file: faults and the graph point there.
struct AttributePlaces: Sendable, Equatable {
  var id: Range<Int>?
  var threads: Range<Int>?
  /// One for each entry of `CellAttributes.after`.
  var after: [Range<Int>] = []
}

/// Reads an info string (`quire id=fit seed=7`).
struct InfoString {
  private let bytes: [UInt8]
  private(set) var attributes = CellAttributes()
  private(set) var places = AttributePlaces()
  private(set) var faults: [Fault] = []

  /// `range` is that of the info string in the file's bytes, from `quire` on, without blanks around it.
  init(_ bytes: [UInt8], _ range: Range<Int>) {
    self.bytes = bytes
    var seen: [String] = []
    var index = range.lowerBound + "quire".utf8.count
    while true {
      while index < range.upperBound, bytes[index].isBlank { index += 1 }
      guard index < range.upperBound else { break }
      index = readAttribute(index..<range.upperBound, &seen)
    }
  }

  /// Returns where the next one may begin.
  private mutating func readAttribute(_ rest: Range<Int>, _ seen: inout [String]) -> Int {
    let word = rest.lowerBound..<(bytes[rest].firstIndex(where: \.isBlank) ?? rest.upperBound)
    guard let equals = bytes[word].firstIndex(of: Byte.equals), equals > word.lowerBound,
      bytes[word.lowerBound..<equals].allSatisfy(\.isLetter)
    else {
      faults.append(
        Fault(.attribute, "\(quoted(bytes[word])) is no attribute", hint: "write name=value, without blanks", word))
      // `id = fit` is one mistake, not three.
      var index = word.upperBound
      while index < rest.upperBound, bytes[index].isBlank || bytes[index] == Byte.equals { index += 1 }
      let isSplit = bytes[word.upperBound..<index].contains(Byte.equals)
      return isSplit ? bytes[index..<rest.upperBound].firstIndex(where: \.isBlank) ?? rest.upperBound : index
    }
    let nameRange = word.lowerBound..<equals
    let name = String(decoding: bytes[nameRange], as: UTF8.self)
    var value = (equals + 1)..<word.upperBound
    var next = word.upperBound
    if value.lowerBound < rest.upperBound, bytes[value.lowerBound] == Byte.quote {
      let start = value.lowerBound + 1
      guard let end = bytes[start..<rest.upperBound].firstIndex(of: Byte.quote) else {
        faults.append(
          Fault(.attribute, "the value of \(name) has no closing quotation mark", equals + 1..<rest.upperBound))
        return rest.upperBound
      }
      value = start..<end
      next = end + 1
      if next < rest.upperBound, !bytes[next].isBlank {
        let stop = bytes[next..<rest.upperBound].firstIndex(where: \.isBlank) ?? rest.upperBound
        faults.append(Fault(.attribute, "a blank belongs between two attributes", next..<stop))
        next = stop
      }
      if let wrong = bytes[value].firstIndex(of: Byte.backtick) {
        faults.append(Fault(.attribute, "a value holds no backtick", wrong..<wrong + 1))
        return next
      }
    } else if value.isEmpty {
      faults.append(Fault(.attribute, "\(name) has no value", nameRange.lowerBound..<equals + 1))
      return next
    } else if let wrong = bytes[value].firstIndex(where: { !Self.isValueByte($0) }) {
      faults.append(
        Fault(
          .attribute, "\(quoted(bytes[wrong..<value.upperBound])) does not belong into a value",
          hint: "put the value between quotation marks", wrong..<value.upperBound))
      return next
    }

    if seen.contains(name) {
      faults.append(Fault(.attribute, "the attribute \(name) stands here twice", nameRange))
    } else if !CellAttributes.names.contains(name) {
      faults.append(
        Fault(
          .attribute, "unknown attribute \(quoted(name))",
          hint: Spelling.suggestion(for: name, among: CellAttributes.names)
            ?? "known: " + CellAttributes.names.joined(separator: ", "),
          nameRange))
    } else {
      seen.append(name)
      set(name, value)
    }
    return next
  }

  private static func isValueByte(_ byte: UInt8) -> Bool {
    byte.isLetter || byte.isDigit || "_-.,+".utf8.contains(byte)
  }

  private mutating func set(_ name: String, _ range: Range<Int>) {
    let text = String(decoding: bytes[range], as: UTF8.self)
    switch name {
    case "id":
      places.id = range
      if CellAttributes.isID(bytes[range]) { attributes.id = text } else { refuseID(range) }
    case "after": setAfter(range)
    case "seed":
      attributes.seed = integer(text, 0...CellAttributes.maximumSeed)
      check(attributes.seed, range, "a seed is a whole number from 0 to 9007199254740991")
    case "threads":
      places.threads = range
      attributes.threads = integer(text, 1...Int64(CellAttributes.maximumThreads)).map(Int.init)
      check(attributes.threads, range, "threads is a whole number from 1 to 64")
    case "timeout":
      attributes.timeout = CellAttributes.duration(text)
      check(attributes.timeout, range, "a timeout is written like 500ms, 30s, 10m or 2h")
    case "cache":
      let value = CellAttributes.Cache(rawValue: text)
      attributes.cache = value ?? .on
      check(value, range, "cache is on, off or refresh")
    case "run":
      let value = CellAttributes.Run(rawValue: text)
      attributes.run = value ?? .auto
      check(value, range, "run is auto or manual")
    default:
      attributes.hide = CellAttributes.Hide(rawValue: text)
      check(attributes.hide, range, "hide is code, output or all")
    }
  }

  private mutating func setAfter(_ range: Range<Int>) {
    for part in bytes[range].split(separator: Byte.comma, omittingEmptySubsequences: false) {
      var id = part.indices
      while let first = id.first, bytes[first].isBlank { id.removeFirst() }
      while let last = id.last, bytes[last].isBlank { id.removeLast() }
      if CellAttributes.isID(bytes[id]) {
        attributes.after.append(String(decoding: bytes[id], as: UTF8.self))
        places.after.append(id)
      } else {
        refuseID(id.isEmpty ? range : id)
      }
    }
  }

  private mutating func refuseID(_ range: Range<Int>) {
    faults.append(
      Fault(
        .id, "\(quoted(bytes[range])) is no id",
        hint: "a letter, then at most 63 letters, digits, '_' or '-'", range))
  }

  private mutating func check<Value>(_ value: Value?, _ range: Range<Int>, _ message: String) {
    if value == nil { faults.append(Fault(.attribute, message, range)) }
  }

  private func integer(_ text: String, _ range: ClosedRange<Int64>) -> Int64? {
    guard text.utf8.allSatisfy(\.isDigit), let value = Int64(text), range.contains(value) else { return nil }
    return value
  }
}
