import JSON

/// Cuts a JSON source into the elements of its list, each parsed alone: a bare value, values one a line, an array, or
/// the array inside an answer's envelope.
///
/// A scanner of brackets and strings finds where an element ends. When one cannot be parsed, or brackets do not match,
/// what lies inside the damaged stretch is searched for elements that begin as the first good one did.
struct JSONCutter {
  enum Cut {
    /// An object, its bytes and where they stand.
    case element(JSON.Object, [UInt8], at: Int)
    case null(ByteSpan)
    case broken(ByteSpan, String)
    /// Members of an envelope up to this byte.
    case envelope(to: Int)
    /// Brackets, commas and white space up to this byte.
    case between(to: Int)
  }

  /// The members of an envelope whose arrays hold the elements.
  let lists: [[UInt8]]
  /// The largest element, in bytes.
  private static let largest = 64 << 20

  private var buffer: [UInt8] = []
  /// The source's offset of the first byte in `buffer`.
  private var base: Int
  private var cursor = 0
  private var mode = Mode.between
  private var scan = BracketScan()
  /// Where the element under way begins in `buffer`.
  private var start = 0
  private var isInList = false
  /// Brackets of the envelope that are open outside the list.
  private var envelopeDepth = 0
  private var tail = BracketScan()
  /// After a fault, elements are known by their likeness to the first one alone.
  private var isLost = false
  private var model = ElementModel()
  private(set) var cuts: [Cut] = []

  private enum Mode { case between, element, tail }

  init(lists: [StaticString], offset: Int) {
    self.lists = lists.map { Array(UnsafeBufferPointer(start: $0.utf8Start, count: $0.utf8CodeUnitCount)) }
    base = offset
  }

  mutating func read(_ piece: [UInt8]) -> [Cut] {
    buffer.append(contentsOf: piece)
    scanOn(isLast: false)
    return takeCuts()
  }

  mutating func finish() -> [Cut] {
    scanOn(isLast: true)
    if mode == .element, start < buffer.count {
      fail(to: buffer.count, "the source ends inside an element")
    }
    cuts.append(.between(to: base + buffer.count))
    return takeCuts()
  }

  private mutating func takeCuts() -> [Cut] {
    let done = mode == .element ? start : cursor
    if done > 0 {
      buffer.removeFirst(done)
      base += done
      cursor -= done
      start -= mode == .element ? done : start
    }
    defer { cuts = [] }
    return cuts
  }

  // MARK: - Scanning

  private mutating func scanOn(isLast: Bool) {
    while cursor < buffer.count {
      switch mode {
      case .between: guard between(isLast: isLast) else { return }
      case .element: element()
      case .tail: skipTail()
      }
    }
  }

  /// Outside an element; false when more bytes are needed.
  private mutating func between(isLast: Bool) -> Bool {
    let byte = buffer[cursor]
    switch byte {
    case UInt8(ascii: "{"):
      // What is left of a damaged element may hold objects of its own.
      if isLost, !model.fits(buffer, cursor) {
        if !isLast, buffer.count - cursor < ElementModel.window { return false }
        cursor += 1
        return true
      }
      begin()
    case UInt8(ascii: "["):
      // A list inside the list is a fault; its objects are looked at all the same.
      if isInList || isLost {
        cuts.append(.broken(ByteSpan(base + cursor, base + cursor + 1), "a bracket too many"))
      }
      isInList = true
      cursor += 1
    case UInt8(ascii: "]"):
      isInList = false
      cursor += 1
      if envelopeDepth > 0 {
        mode = .tail
        tail = BracketScan(depth: envelopeDepth)
      }
    case UInt8(ascii: ","): cursor += 1
    case _ where byte.isBlank: cursor += 1
    case UInt8(ascii: "n"), UInt8(ascii: "N"):
      if buffer.count - cursor < 4, !isLast { return false }
      if buffer[cursor...].starts(with: "null".utf8) {
        cuts.append(.null(ByteSpan(base + cursor, base + cursor + 4)))
        cursor += 4
      } else {
        skipJunk()
      }
    default: skipJunk()
    }
    return true
  }

  private mutating func begin() {
    cuts.append(.between(to: base + cursor))
    start = cursor
    mode = .element
    scan = BracketScan()
    scan.looksForLists = !isInList && !isLost && envelopeDepth == 0
    scan.open(buffer[cursor])
    cursor += 1
  }

  /// A stretch that is no value: up to the next bracket or comma.
  private mutating func skipJunk() {
    let from = cursor
    while cursor < buffer.count, !buffer[cursor].isAny(of: "{}[],\n") || cursor == from { cursor += 1 }
    cuts.append(.broken(ByteSpan(base + from, base + cursor), "no JSON value"))
  }

  private mutating func element() {
    let step = scan.advance(buffer, from: cursor, key: lists)
    cursor = step.index
    switch step.state {
    case .more:
      if cursor - start > Self.largest { fail(to: cursor, "an element of over \(Self.largest >> 20) MiB") }
    case .list:
      // The array's opening bracket was just read.
      cuts.append(.envelope(to: base + cursor))
      envelopeDepth = scan.depth - 1
      isInList = true
      mode = .between
    case .complete: complete()
    case .mismatch: fail(to: cursor, "brackets that do not match")
    case .tooDeep: fail(to: cursor, "nested deeper than \(JSON.maximumDepth) levels")
    }
  }

  private mutating func complete() {
    let bytes = Array(buffer[start..<cursor])
    mode = .between
    do throws(JSON.ParseError) {
      let value = try JSON.element(bytes)
      guard let object = value.object else {
        cuts.append(.broken(ByteSpan(base + start, base + cursor), "an object is expected, not \(value.typeName)"))
        return
      }
      if isLost, !model.isLike(object) {
        cuts.append(.broken(ByteSpan(base + start, base + cursor), "a part of a damaged element"))
        return
      }
      model.learn(object, bytes)
      isLost = false
      cuts.append(.element(object, bytes, at: base + start))
    } catch {
      fail(to: cursor, "\(error.message)", at: error.offset)
    }
  }

  /// Gives up the element under way and looks for others in what was taken for it.
  private mutating func fail(to end: Int, _ message: String, at offset: Int? = nil) {
    mode = .between
    isLost = true
    var from = start
    for found in model.rescue(buffer, from: start + 1, to: end) {
      cuts.append(.broken(ByteSpan(base + from, base + found.range.lowerBound), message))
      cuts.append(.element(found.object, Array(buffer[found.range]), at: base + found.range.lowerBound))
      from = found.range.upperBound
    }
    if from < end { cuts.append(.broken(ByteSpan(base + from, base + end), message)) }
    cursor = end
    start = end
  }

  private mutating func skipTail() {
    let step = tail.advance(buffer, from: cursor, key: [])
    cursor = step.index
    cuts.append(.envelope(to: base + cursor))
    guard step.state != .more else { return }
    mode = .between
    envelopeDepth = 0
  }
}

/// Follows brackets and strings.
struct BracketScan {
  enum State { case more, complete, mismatch, tooDeep, list }

  /// Whether each open bracket is one of an object.
  private var open: [Bool] = []
  private var isInString = false
  private var isEscaped = false
  /// Whether arrays of an envelope are looked for, and the last member names of the outer two levels.
  var looksForLists = false
  private var string: [UInt8] = []
  private var keys: [[UInt8]] = [[], [], []]
  private var isList = false

  init() {}

  /// Inside an envelope whose outer objects are open.
  init(depth: Int) { open = Array(repeating: true, count: depth) }

  var depth: Int { open.count }

  mutating func open(_ bracket: UInt8) { open.append(bracket == UInt8(ascii: "{")) }

  /// Reads on; the index is behind the byte that decided.
  mutating func advance(
    _ bytes: [UInt8], from first: Int, to end: Int? = nil, key lists: [[UInt8]]
  ) -> (index: Int, state: State) {
    bytes.withUnsafeBufferPointer { buffer in
      var index = first
      let limit = end ?? buffer.count
      while index < limit {
        let byte = buffer[index]
        index += 1
        if isInString {
          readInString(byte)
          continue
        }
        switch byte {
        case UInt8(ascii: "\""):
          isInString = true
          string.removeAll(keepingCapacity: true)
        case UInt8(ascii: ":"): if looksForLists, depth < 3 { keys[depth] = string }
        case UInt8(ascii: "{"), UInt8(ascii: "["):
          let isEnvelope = byte == UInt8(ascii: "[") && looksForLists && isListKey(lists)
          open.append(byte == UInt8(ascii: "{"))
          if isEnvelope { return (index, .list) }
          if depth > JSON.maximumDepth { return (index, .tooDeep) }
        case UInt8(ascii: "}"), UInt8(ascii: "]"):
          guard open.popLast() == (byte == UInt8(ascii: "}")) else { return (index, .mismatch) }
          if open.isEmpty { return (index, .complete) }
        default: break
        }
      }
      return (index, .more)
    }
  }

  private mutating func readInString(_ byte: UInt8) {
    if isEscaped {
      isEscaped = false
    } else if byte == UInt8(ascii: "\\") {
      isEscaped = true
    } else if byte == UInt8(ascii: "\"") || byte == 0x0A {
      // No string of JSON holds a line end: its closing mark was lost.
      isInString = false
    } else if looksForLists, depth < 3, string.count < 64 {
      string.append(byte)
    }
  }

  private func isListKey(_ lists: [[UInt8]]) -> Bool {
    guard open.allSatisfy({ $0 }) else { return false }
    return switch depth {
    case 1: lists.contains(keys[1])
    case 2: keys[1] == Array("message".utf8) && lists.contains(keys[2])
    default: false
    }
  }
}

/// What elements of a source look like, learnt from the first good one.
struct ElementModel {
  /// Bytes within which the first member's name stands.
  static let window = 128

  private var firstName: [UInt8] = []
  private var names: Set<String> = []

  mutating func learn(_ object: JSON.Object, _ bytes: [UInt8]) {
    guard names.isEmpty, let first = object.members.first else { return }
    names = Set(object.keys)
    firstName = Array("\"\(first.key)\"".utf8)
  }

  /// Whether an object begins here as the first one did.
  func fits(_ bytes: [UInt8], _ index: Int) -> Bool {
    guard bytes[index] == UInt8(ascii: "{") else { return false }
    guard !firstName.isEmpty else { return true }
    var at = index + 1
    while at < bytes.count, at - index < Self.window, bytes[at].isBlank { at += 1 }
    return bytes[at...].starts(with: firstName)
  }

  /// Whether an object has the members of the first one, as far as such lists agree.
  func isLike(_ object: JSON.Object) -> Bool {
    guard !names.isEmpty else { return object.count >= 3 }
    let common = object.keys.count { names.contains($0) }
    return common >= 2 && 2 * common >= min(names.count, object.count)
  }

  /// The elements that stand inside a damaged stretch.
  ///
  /// What is looked at is bounded by a multiple of the stretch, so that hostile nesting costs linear time.
  func rescue(_ bytes: [UInt8], from: Int, to end: Int) -> [(range: Range<Int>, object: JSON.Object)] {
    var found: [(Range<Int>, JSON.Object)] = []
    var budget = 4 * (end - from) + 4096
    var index = from
    while index < end, budget > 0 {
      guard fits(bytes, index) else {
        index += 1
        continue
      }
      var scan = BracketScan()
      let step = scan.advance(bytes, from: index, to: end, key: [])
      budget -= step.index - index + 64
      if step.state == .complete, let object = try? JSON.element(Array(bytes[index..<step.index])).object,
        isLike(object)
      {
        found.append((index..<step.index, object))
        index = step.index
      } else {
        index += 1
      }
    }
    return found
  }
}

extension JSON {
  /// One element; only where an integer is beyond 64 bits are numbers read as reals.
  fileprivate static func element(_ bytes: [UInt8]) throws(ParseError) -> JSON {
    do throws(ParseError) {
      return try parse(bytes)
    } catch  where error.kind == .number {
      return try parse(bytes, .largeIntegers)
    }
  }
}
