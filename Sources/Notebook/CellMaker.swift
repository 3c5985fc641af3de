import Glibc
import JSON

/// Makes the cells of a text: reads info strings and bodies and gives each its id.
struct CellMaker {
  private let text: NotebookText
  private let frontMatter: FrontMatter
  private let previous: NotebookDocument?
  private(set) var faults: [LocatedFault] = []

  init(_ text: NotebookText, _ frontMatter: FrontMatter, _ previous: NotebookDocument?) {
    self.text = text
    self.frontMatter = frontMatter
    self.previous = previous
  }

  mutating func makeCells() -> [Cell] {
    var drafts: [CellDraft] = []
    drafts.reserveCapacity(text.fences.count)
    for (index, fence) in text.fences.enumerated() { drafts.append(draft(index, fence)) }

    var taken = Set(drafts.compactMap(\.info.attributes.id))
    var repeats: [String: Int] = [:]
    var cells: [Cell] = []
    cells.reserveCapacity(drafts.count)
    for (index, draft) in drafts.enumerated() {
      if let id = draft.info.attributes.id {
        cells.append(Cell(id: id, hasGivenID: true, index: index, draft: draft, baseID: nil))
        continue
      }
      let base = knownID(of: draft.body, index, count: drafts.count) ?? draft.body.defaultID
      var number = repeats[base, default: 0] + 1
      var id = number == 1 ? base : "\(base)-\(number)"
      while !taken.insert(id).inserted {
        number += 1
        id = "\(base)-\(number)"
      }
      repeats[base] = number
      cells.append(Cell(id: id, hasGivenID: false, index: index, draft: draft, baseID: base))
    }
    return cells
  }

  private mutating func draft(_ index: Int, _ fence: FenceScanner.Fence) -> CellDraft {
    let source = text.source
    let faultsBefore = faults.count
    let info = InfoString(source.bytes, fence.info)
    faults += info.faults.map { LocatedFault(fault: $0, cell: index) }
    if let threads = info.attributes.threads, threads > 1, frontMatter.numeric != .fast, let place = info.places.threads
    {
      let fault = Fault(
        .attribute, "more than one thread needs 'numeric: fast'", hint: "put it into the front matter", place)
      faults.append(LocatedFault(fault: fault, cell: index))
    }

    // Lines of the scanner count from 0, those of the source from 1.
    let first = fence.openingLine + 1
    let last = fence.closingLine ?? source.lineStarts.count
    let start = first < source.lineStarts.count ? source.lineStarts[first] : source.bytes.count
    let end = last < source.lineStarts.count ? source.lineStarts[last] : source.bytes.count
    let (bytes, removed) = unindented(start..<max(start, end), fence.indent)
    let body = knownBody(bytes, index) ?? CellBody(bytes)

    let closing = fence.closingLine.map { source.range(ofLine: $0 + 1) }
    var draft = CellDraft(
      info: info, body: body, line: first, endLine: fence.closingLine.map { $0 + 1 } ?? source.lineStarts.count,
      range: source.lineStarts[fence.openingLine]..<(closing?.upperBound ?? source.bytes.count),
      bodyRange: start..<max(start, end),
      fence: Cell.Fence(
        indent: fence.indent, character: fence.character, length: fence.length, marker: fence.marker, info: fence.info,
        closing: closing),
      removed: removed, isSound: faults.count == faultsBefore && body.isSound && closing != nil)
    if closing == nil {
      // What follows is prose as likely as a body: the open fence is the one thing to say.
      draft.isSound = false
    } else if !body.isSound {
      let cell = Cell(id: "", hasGivenID: false, index: index, draft: draft, baseID: nil)
      faults += body.faults.map { fault in
        var fault = fault
        fault.range = bytes.isEmpty ? fence.marker : cell.fileRange(fault.range)
        return LocatedFault(fault: fault, cell: index)
      }
    }
    return draft
  }

  /// A body without the fence's indentation, and how many bytes were taken off up to and with each of its lines.
  private func unindented(_ range: Range<Int>, _ indent: Int) -> (bytes: [UInt8], removed: [Int]) {
    let bytes = text.source.bytes
    guard indent > 0 else { return (Array(bytes[range]), []) }
    var out: [UInt8] = []
    var removed: [Int] = []
    var sum = 0
    var index = range.lowerBound
    while index < range.upperBound {
      let lineStart = index
      while index < range.upperBound, index - lineStart < indent, bytes[index] == Byte.space { index += 1 }
      sum += index - lineStart
      removed.append(sum)
      let end = bytes[index..<range.upperBound].firstIndex(of: Byte.lineFeed).map { $0 + 1 } ?? range.upperBound
      out += bytes[index..<end]
      index = end
    }
    removed.append(sum)
    return (out, removed)
  }

  // MARK: - What an edit left as it was

  /// The cells that may be this one in the notebook before the edit: counted from its start and from its end.
  private func candidates(_ index: Int, count: Int) -> [Cell] {
    guard let previous else { return [] }
    return [index, previous.cells.count - count + index].compactMap {
      previous.cells.indices.contains($0) ? previous.cells[$0] : nil
    }
  }

  private func knownBody(_ bytes: [UInt8], _ index: Int) -> CellBody? {
    candidates(index, count: text.fences.count).lazy.map(\.body).first { $0.source.bytes.isEqualMemory(to: bytes) }
  }

  private func knownID(of body: CellBody, _ index: Int, count: Int) -> String? {
    candidates(index, count: count).first { $0.body === body }?.baseID
  }
}

extension [UInt8] {
  fileprivate func isEqualMemory(to other: [UInt8]) -> Bool {
    guard count == other.count else { return false }
    return withUnsafeBytes { mine in
      other.withUnsafeBytes { theirs in
        guard let mine = mine.baseAddress, let theirs = theirs.baseAddress else { return true }
        return memcmp(mine, theirs, count) == 0
      }
    }
  }
}
