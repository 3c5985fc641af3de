import Crypto
import JSON

/// A cell of a notebook: where it stands, what its fence says, and its body.
public struct Cell: Sendable {
  /// The id on the fence, else one made from the body. Two cells may bear one id: then both are in error.
  public var id: String { identity.id }
  /// True when the fence names the id; only such a cell can be referenced.
  public var hasGivenID: Bool { identity.base == nil }
  /// Counted from 0 over the file's cells.
  public let index: Int
  public let attributes: CellAttributes
  public let body: CellBody
  /// Lines of the opening and the closing fence, 1-based.
  public let line: Int
  public let endLine: Int
  /// Bytes of the file from the opening fence's line to the end of the closing one.
  public let range: Range<Int>
  /// Bytes of the file between the fences.
  public let bodyRange: Range<Int>
  public let fence: Fence
  /// Those of the body, but for what an override set.
  public private(set) var params: JSON.Object
  /// The `$ref`s in `params`, in their order.
  public private(set) var references: [Reference]
  /// True when an override set some of the params.
  public private(set) var isOverridden = false
  /// False when a fault stands in the cell's own text (E1xx, E2xx).
  public let isSound: Bool

  /// The fence as it was written: what an export needs to give the same bytes back.
  public struct Fence: Sendable, Equatable {
    /// Blanks before the opening fence, which are taken off the body's lines too.
    public var indent: Int
    public var character: UInt8
    public var length: Int
    /// Bytes of the file: the fence's characters, and the info string without blanks around it.
    public var marker: Range<Int>
    public var info: Range<Int>
    /// Bytes of the closing line with its line end; `nil` when the file ends before it.
    public var closing: Range<Int>?
  }

  /// `plugin.name`; `nil` when the body names none.
  public var method: String? { body.method }
  /// The outputs to keep; `nil` means all.
  public var outputs: [String]? { body.outputs }

  struct Identity: Sendable {
    var id: String
    /// The id made from the body, before repeats are told apart; `nil` when the fence names one.
    var base: String?
  }

  let identity: Identity
  let places: AttributePlaces
  /// Bytes of indentation taken off, up to and with each line of the body; empty when there was none.
  let removed: [Int]

  init(
    _ identity: Identity, _ index: Int, _ info: InfoString, _ body: CellBody, _ removed: [Int],
    _ fence: FenceScanner.Fence, _ source: SourceText, isSound: Bool
  ) {
    self.identity = identity
    self.index = index
    attributes = info.attributes
    places = info.places
    self.body = body
    self.removed = removed
    params = body.params
    references = body.references
    // Lines of the scanner count from 0.
    line = fence.openingLine + 1
    endLine = fence.closingLine.map { $0 + 1 } ?? source.lineStarts.count
    let closing = fence.closingLine.map { source.range(ofLine: $0 + 1) }
    range = source.lineStarts[fence.openingLine]..<(closing?.upperBound ?? source.bytes.count)
    bodyRange = fence.bodyRange(in: source)
    self.fence = Fence(
      indent: fence.indent, character: fence.character, length: fence.length, marker: fence.marker, info: fence.info,
      closing: closing)
    self.isSound = isSound
  }

  // MARK: - From body to file

  /// The byte of the file that an offset into the body stands for.
  func fileOffset(_ offset: Int) -> Int {
    guard !removed.isEmpty else { return bodyRange.lowerBound + offset }
    return bodyRange.lowerBound + offset + removed[body.source.line(at: offset) - 1]
  }

  func fileRange(_ range: Range<Int>) -> Range<Int> {
    let start = fileOffset(range.lowerBound)
    // The end belongs to the line of the last byte, not to the one that may begin behind it.
    let end = range.isEmpty ? start : fileOffset(range.upperBound - 1) + 1
    return start..<max(start, end)
  }

  /// The offset into the body of a byte of the file; `nil` outside the body and in the fence's indentation.
  public func bodyOffset(of offset: Int) -> Int? {
    guard bodyRange.contains(offset) || offset == bodyRange.upperBound else { return nil }
    guard !removed.isEmpty else { return offset - bodyRange.lowerBound }
    for (index, start) in body.source.lineStarts.enumerated().reversed() {
      let content = bodyRange.lowerBound + start + removed[index]
      if offset >= content { return offset - bodyRange.lowerBound - removed[index] }
      let lineStart = content - (removed[index] - (index > 0 ? removed[index - 1] : 0))
      if offset >= lineStart { return nil }
    }
    return nil
  }

  // MARK: - Params

  /// The cell with a param set, for one run: the text stays as it is.
  ///
  /// - Throws: E201…E207 for a value that no body could hold, E205 when the pointer leads through a value that is no
  ///   object or beyond a list's end.
  public func settingParameter(_ pointer: JSON.Pointer, to value: JSON) throws(NotebookError) -> Cell {
    let found = try ParameterValue(value)
    var root = JSON.object(params)
    try root.set(pointer.tokens[...], to: value, pointer)
    guard case .object(let params) = root else {
      throw NotebookError(.wrongType, "params is a mapping, not \(root.typeName)")
    }
    var cell = self
    cell.params = params
    cell.isOverridden = true
    let place = body.range(of: pointer).value
    cell.references = references.filter { !$0.pointer.tokens.starts(with: pointer.tokens) }
    cell.references += found.references.map {
      Reference(
        path: $0.path, pointer: JSON.Pointer(pointer.tokens + $0.pointer.tokens), range: place, idRange: place)
    }
    return cell
  }

  /// The params with each `$ref` replaced by what the closure gives for it.
  public func resolvedParams(_ value: (ReferencePath, JSON.Pointer) throws -> JSON) throws -> JSON {
    guard !references.isEmpty else { return .object(params) }
    return try JSON.object(params).replacing { found, pointer in
      guard let object = found.object, object.count == 1, let text = object["$ref"]?.string else { return nil }
      return try value(try ReferencePath(text), pointer)
    }
  }
}

extension CellBody {
  /// `c-` and the first 8 hexadecimal digits of the SHA-256 of the body, its line ends as LF.
  var defaultID: String {
    let bytes = source.bytes
    let text = bytes.contains(Byte.carriageReturn) ? bytes.filter { $0 != Byte.carriageReturn } : bytes
    let digits = Array("0123456789abcdef".utf8)
    var id = Array("c-".utf8)
    for byte in SHA256.hash(data: text).prefix(4) {
      id.append(digits[Int(byte >> 4)])
      id.append(digits[Int(byte & 15)])
    }
    return String(decoding: id, as: UTF8.self)
  }
}

extension JSON {
  /// Sets the value to which a pointer leads; members that are missing on the way are made.
  mutating func set(
    _ tokens: ArraySlice<String>, to value: JSON, _ pointer: Pointer
  ) throws(NotebookError) {
    guard let token = tokens.first else {
      self = value
      return
    }
    switch self {
    case .object(var object) where !SpecialObjects.keys.contains { object[$0] != nil }:
      var child = object[token] ?? .object(Object())
      try child.set(tokens.dropFirst(), to: value, pointer)
      object[token] = child
      self = .object(object)
    case .array(var elements):
      guard let index = token == "-" ? elements.count : JSON.index(token), index <= elements.count else {
        throw NotebookError(.wrongType, "\(quoted(pointer.description)) leads beyond a list of \(elements.count)")
      }
      var child = index < elements.count ? elements[index] : .object(Object())
      try child.set(tokens.dropFirst(), to: value, pointer)
      if index < elements.count { elements[index] = child } else { elements.append(child) }
      self = .array(elements)
    default:
      throw NotebookError(
        .wrongType, "\(quoted(pointer.description)) leads into a value that is no object",
        hint: "\(quoted(token)) cannot be set there")
    }
  }
}
