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
    let infos = text.fences.map { InfoString(text.source.bytes, $0.info) }
    var taken = Set(infos.compactMap(\.attributes.id))
    var repeats: [String: Int] = [:]
    var cells: [Cell] = []
    cells.reserveCapacity(infos.count)
    for (index, fence) in text.fences.enumerated() {
      let (body, removed) = readBody(index, fence)
      var identity = Cell.Identity(id: infos[index].attributes.id ?? "", base: nil)
      if infos[index].attributes.id == nil {
        let base = knownBase(of: body, index) ?? body.defaultID
        var number = repeats[base, default: 0] + 1
        identity = Cell.Identity(id: number == 1 ? base : "\(base)-\(number)", base: base)
        while !taken.insert(identity.id).inserted {
          number += 1
          identity.id = "\(base)-\(number)"
        }
        repeats[base] = number
      }
      let hasFaults = noteFaults(of: infos[index], index)
      let cell = Cell(
        identity, index, infos[index], body, removed, fence, text.source,
        isSound: !hasFaults && body.isSound && fence.closingLine != nil)
      noteFaults(of: cell)
      cells.append(cell)
    }
    return cells
  }

  // MARK: - Faults

  private mutating func noteFaults(of info: InfoString, _ index: Int) -> Bool {
    faults += info.faults.map { LocatedFault(fault: $0, cell: index) }
    guard let threads = info.attributes.threads, threads > 1, frontMatter.numeric != .fast,
      let place = info.places.threads
    else { return !info.faults.isEmpty }
    let fault = Fault(
      .attribute, "more than one thread needs 'numeric: fast'", hint: "put it into the front matter", place)
    faults.append(LocatedFault(fault: fault, cell: index))
    return true
  }

  private mutating func noteFaults(of cell: Cell) {
    // What follows an open fence is prose as likely as a body: that it is open is the one thing to say.
    guard !cell.body.isSound, cell.fence.closing != nil else { return }
    faults += cell.body.faults.map { fault in
      var fault = fault
      fault.range = cell.bodyRange.isEmpty ? cell.fence.marker : cell.fileRange(fault.range)
      return LocatedFault(fault: fault, cell: cell.index)
    }
  }

  // MARK: - Bodies

  private func readBody(_ index: Int, _ fence: FenceScanner.Fence) -> (CellBody, removed: [Int]) {
    let (bytes, removed) = unindented(fence.bodyRange(in: text.source), fence.indent)
    return (knownBody(bytes, index) ?? CellBody(bytes), removed)
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

  /// The numbers of the cells that may be this one in the notebook before the edit: counted from its start and from
  /// its end.
  private func candidates(_ index: Int) -> (Int, Int) {
    (index, (previous?.cells.count ?? 0) - text.fences.count + index)
  }

  private func previousBody(_ index: Int) -> CellBody? {
    guard let previous, previous.cells.indices.contains(index) else { return nil }
    return previous.cells[index].body
  }

  private func knownBody(_ bytes: [UInt8], _ index: Int) -> CellBody? {
    let (first, last) = candidates(index)
    if let body = previousBody(first), body.source.bytes.isEqualMemory(to: bytes) { return body }
    if let body = previousBody(last), body.source.bytes.isEqualMemory(to: bytes) { return body }
    return nil
  }

  private func knownBase(of body: CellBody, _ index: Int) -> String? {
    let (first, last) = candidates(index)
    if previousBody(first) === body, let base = previous?.cells[first].identity.base { return base }
    return previousBody(last) === body ? previous?.cells[last].identity.base : nil
  }
}

extension FenceScanner.Fence {
  /// Bytes between the fences; to the end of the file when there is no closing one.
  func bodyRange(in source: SourceText) -> Range<Int> {
    let end = closingLine.map { source.lineStarts[$0] } ?? source.bytes.count
    let start = openingLine + 1 < source.lineStarts.count ? source.lineStarts[openingLine + 1] : source.bytes.count
    return min(start, end)..<end
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
