import JSON

/// Writes JSON values as text that a cell's body may hold.
enum BodyText {
  /// A value on one line. Inside `[ ]` and `{ }` (`inFlow`) some texts need quotation marks that need none outside.
  static func text(_ value: JSON, inFlow: Bool, quoting: Bool = false) -> String {
    switch value {
    case .string(let string): return !quoting && isPlain(string) ? string : quoted(string)
    case .array(let elements):
      return "[" + elements.map { text($0, inFlow: true) }.joined(separator: ", ") + "]"
    case .object(let object):
      if let reference = plainReference(object, inFlow: inFlow) { return reference }
      return "{" + object.members.map { key($0.key) + ": " + text($0.value, inFlow: true) }.joined(separator: ", ")
        + "}"
    default: return value.text
    }
  }

  static func key(_ key: String) -> String { isPlain(key) || isPlainLetter(key) ? key : quoted(key) }

  /// True for texts that need no quotation marks anywhere; cautious, so that nobody wonders.
  private static func isPlain(_ text: String) -> Bool {
    guard let first = text.utf8.first, first.isLetter, text.utf8.count <= 200 else { return false }
    guard text.utf8.allSatisfy({ $0.isLetter || $0.isDigit || "_-./".utf8.contains($0) }) else { return false }
    if case .string = PlainScalar(text.utf8) { return true }
    return false
  }

  private static func isPlainLetter(_ key: String) -> Bool { ["y", "Y", "n", "N"].contains(key) }

  /// `$fit.report` or `$file:data/x.npy`, where the place allows it.
  private static func plainReference(_ object: JSON.Object, inFlow: Bool) -> String? {
    guard object.count == 1 else { return nil }
    if let text = object["$ref"]?.string, let path = try? ReferencePath(text) {
      let hasBrackets = path.steps.contains { if case .index = $0 { true } else { false } }
      return inFlow && hasBrackets ? nil : "$" + path.description
    }
    if let path = object["$file"]?.string, let first = path.utf8.first, first != Byte.hash,
      path.utf8.allSatisfy({ $0.isLetter || $0.isDigit || "_-./#".utf8.contains($0) })
    {
      return "$file:" + path
    }
    return nil
  }

  /// JSON's text of a string, with what a body may not hold as it is in escapes.
  static func quoted(_ string: String) -> String {
    let text = JSON.string(string).text
    guard text.unicodeScalars.contains(where: isRefused) else { return text }
    var out = ""
    for scalar in text.unicodeScalars {
      if isRefused(scalar) {
        let digits = String(scalar.value, radix: 16)
        out += "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
      } else {
        out.unicodeScalars.append(scalar)
      }
    }
    return out
  }

  private static func isRefused(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x7F...0x9F, 0x2028, 0x2029, 0xFEFF, 0xFFFE, 0xFFFF: true
    default: false
    }
  }
}

/// A value given from outside, checked as if it stood in a body.
struct ParameterValue {
  let value: JSON
  let references: [Reference]

  init(_ value: JSON) throws(NotebookError) {
    try self.init(text: BodyText.text(value, inFlow: true, quoting: true))
  }

  /// Reads the text behind `name=` on a command line: what could stand behind `name: ` in a body.
  init(text: String) throws(NotebookError) {
    let (value, references, faults) = Array(text.utf8).withUnsafeBufferPointer { bytes in
      var reader = BodyReader(bytes)
      guard let value = reader.readValue() else { return (JSON.null, [Reference](), reader.faults) }
      let special = SpecialObjects(value, bytes)
      return (value.value, special.references, reader.faults + special.faults)
    }
    if let fault = faults.min(by: { $0.range.lowerBound < $1.range.lowerBound }) {
      throw NotebookError(fault.code, fault.message, hint: fault.hint)
    }
    self.value = value
    self.references = references
  }
}

/// A param set for one run: `quire run --set fit.C=0.1`.
public struct ParameterOverride: Sendable, Equatable {
  /// The id of the cell.
  public var cell: String
  /// Into its params.
  public var pointer: JSON.Pointer
  public var value: JSON

  public init(cell: String, pointer: JSON.Pointer, value: JSON) {
    self.cell = cell
    self.pointer = pointer
    self.value = value
  }

  /// Reads `ID.NAME=VALUE`; the name may lead further (`fit.grid[0]`, `fit.options.tol`), the value is written as in
  /// a cell (`0.1`, `[1, 2]`, `$other.matrix`, `$file:x.npy`).
  ///
  /// - Throws: E201 for another form, E201…E207 for the value.
  public init(parsing text: String) throws(NotebookError) {
    guard let equals = text.utf8.firstIndex(of: Byte.equals) else {
      throw NotebookError(.syntax, "\(quoted(text)) sets nothing", hint: "write ID.NAME=VALUE")
    }
    let name = String(decoding: text.utf8[..<equals], as: UTF8.self)
    guard let path = try? ReferencePath(name), path.output != nil else {
      throw NotebookError(.syntax, "\(quoted(name)) names no param of a cell", hint: "write ID.NAME=VALUE")
    }
    cell = path.cell
    pointer = JSON.Pointer(
      path.steps.map { step in
        switch step {
        case .name(let name): name
        case .index(let index): "\(index)"
        }
      })
    value = try ParameterValue(text: String(decoding: text.utf8[text.utf8.index(after: equals)...], as: UTF8.self))
      .value
  }
}

extension BodyReader {
  /// The value that is the whole text, as if a key stood before it.
  mutating func readValue() -> SourceValue? {
    guard checkCharacters() else { return nil }
    skipBlanks()
    guard !byte.isLineEnd else {
      refuseEmpty(0..<0, "there is no value")
      return nil
    }
    let value = blockNode(parent: -1, inline: true)
    if nextToken() { fault(.syntax, "unexpected text behind the value: \(quoted(text[at..<lineEnd]))", at..<lineEnd) }
    return value
  }
}
