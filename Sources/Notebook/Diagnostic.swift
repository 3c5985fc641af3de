import JSON

/// A fault in a notebook's text, with its place.
public struct Diagnostic: Sendable, Equatable, Error {
  /// The number that people look up; the hundred is the layer.
  public enum Code: String, Sendable, CaseIterable {
    case notUTF8 = "E101"
    case frontMatter = "E102"
    case unclosedFence = "E103"
    case cellInContainer = "E104"
    case attribute = "E105"
    case id = "E106"
    case carriageReturn = "E107"
    case syntax = "E201"
    case duplicateKey = "E202"
    case unknownKey = "E203"
    case method = "E204"
    case wrongType = "E205"
    case ambiguousScalar = "E206"
    case unsupportedYAML = "E207"
    case unknownCell = "E301"
    case unknownOutput = "E302"
    case duplicateID = "E303"
    case cycle = "E304"
    case selfReference = "E305"
    case pathIntoArtifact = "E306"
    case unknownAfter = "E307"

    /// The name that programs test.
    public var kind: Kind {
      switch self {
      case .cycle: .cycle
      case .unknownCell, .unknownOutput, .duplicateID, .selfReference, .pathIntoArtifact, .unknownAfter: .reference
      default: .syntax
      }
    }
  }

  /// The protocol's kinds of fault in a notebook.
  public enum Kind: String, Sendable {
    case syntax = "notebook.syntax"
    case reference = "notebook.reference"
    case cycle = "cell.cycle"

    /// The JSON-RPC error code.
    public var number: Int {
      switch self {
      case .syntax: 1301
      case .cycle: 1304
      case .reference: 1306
      }
    }
  }

  /// Another place that has to do with the fault: the first cell of that id, the cells of a cycle.
  public struct Related: Sendable, Equatable {
    public var cell: String
    public var position: SourcePosition

    public init(cell: String, position: SourcePosition) {
      self.cell = cell
      self.position = position
    }
  }

  public var code: Code
  /// One sentence, under 200 bytes.
  public var message: String
  /// What to do about it.
  public var hint: String?
  public var position: SourcePosition
  /// The id of the cell that is at fault; `nil` for a fault of the file.
  public var cell: String?
  public var related: [Related]

  public init(
    _ code: Code, _ message: String, hint: String? = nil, at position: SourcePosition, cell: String? = nil,
    related: [Related] = []
  ) {
    self.code = code
    self.message = message
    self.hint = hint
    self.position = position
    self.cell = cell
    self.related = related
  }

  public var kind: Kind { code.kind }
  public var line: Int { position.line }
  public var column: Int { position.column }
  public var endColumn: Int { position.endColumn }
  public var byte: Int { position.bytes.lowerBound }

  /// The `data` of a protocol error: kind, code, place and hint, with the name that the file has outside.
  public func data(file: String? = nil) -> JSON.Object {
    var data: JSON.Object = ["kind": .string(kind.rawValue), "code": .string(code.rawValue)]
    data["file"] = file.map(JSON.string)
    data["line"] = JSON(line)
    data["column"] = JSON(column)
    data["end_column"] = JSON(endColumn)
    data["byte"] = JSON(byte)
    data["cell"] = cell.map(JSON.string)
    data["hint"] = hint.map(JSON.string)
    return data
  }

  /// How many faults of one text are reported.
  public static let limit = 100
}

extension Diagnostic: CustomStringConvertible {
  public var description: String {
    "\(line):\(column): error \(code.rawValue): \(message)" + (hint.map { " (\($0))" } ?? "")
  }
}

/// A fault with byte offsets into the text that was read, before it is known where that text lies.
struct Fault: Sendable, Equatable {
  var code: Diagnostic.Code
  var message: String
  var hint: String?
  var range: Range<Int>

  init(_ code: Diagnostic.Code, _ message: String, hint: String? = nil, _ range: Range<Int>) {
    self.code = code
    self.message = message
    self.hint = hint
    self.range = range
  }
}

/// What an edit or an override asks for cannot be done.
public struct NotebookError: Error, Sendable, Equatable, CustomStringConvertible {
  /// E301 for an id that no cell has, E20x for a value that does not read, E303 for an id that two cells have.
  public var code: Diagnostic.Code
  public var message: String
  public var hint: String?

  public init(_ code: Diagnostic.Code, _ message: String, hint: String? = nil) {
    self.code = code
    self.message = message
    self.hint = hint
  }

  public var kind: Diagnostic.Kind { code.kind }

  public var description: String { "\(code.rawValue): \(message)" + (hint.map { " (\($0))" } ?? "") }
}

/// A piece of the reader's input as a message shows it: one line, at most 40 bytes of it.
func quoted(_ text: some Sequence<UInt8>) -> String {
  var bytes: [UInt8] = []
  for byte in text {
    if byte < 0x20 || byte == 0x7F { break }
    bytes.append(byte)
    if bytes.count > 40 { break }
  }
  guard bytes.count > 40 else { return "'" + String(decoding: bytes, as: UTF8.self) + "'" }
  while let last = bytes.popLast(), last & 0xC0 == 0x80 {}
  return "'" + String(decoding: bytes, as: UTF8.self) + "…'"
}

func quoted(_ text: String) -> String { quoted(text.utf8) }
