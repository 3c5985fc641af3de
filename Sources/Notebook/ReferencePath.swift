import JSON

/// What `$fit.report.folds[2]` names: a cell, an output of it, and a way into that.
public struct ReferencePath: Sendable, Hashable, CustomStringConvertible {
  /// `.name` or `[0]`.
  public enum Step: Sendable, Hashable {
    case name(String)
    case index(Int)
  }

  /// The id of the cell.
  public var cell: String
  /// The output's name first; empty for the cell's primary output.
  public var steps: [Step]

  public init(cell: String, steps: [Step] = []) {
    self.cell = cell
    self.steps = steps
  }

  /// The output that is named; `nil` for the primary one.
  public var output: String? { if case .name(let name)? = steps.first { name } else { nil } }

  /// The text without `$`, as it stands in `{"$ref": …}`.
  public var description: String {
    steps.reduce(into: cell) { text, step in
      switch step {
      case .name(let name): text += "." + name
      case .index(let index): text += "[\(index)]"
      }
    }
  }

  /// Why a text is no reference, or why a value has nothing at its path.
  public struct Failure: Error, Sendable, Equatable {
    public var code: Diagnostic.Code
    public var message: String
    public var hint: String?
  }

  /// Reads `id [ "." output *( "." name / "[" digits "]" ) ]`, without the `$`.
  public init(_ text: String) throws(Failure) {
    let bytes = Array(text.utf8)
    let end = bytes.firstIndex { $0 == Byte.dot || $0 == Byte.openBracket } ?? bytes.count
    guard CellAttributes.isID(bytes[..<end]) else {
      throw Failure(
        code: .syntax, message: bytes.isEmpty ? "a reference names a cell" : "\(quoted("$" + text)) is no reference",
        hint: "write $cell, $cell.output or $cell.output.name[0]; a text that begins with '$' belongs in quotes")
    }
    cell = String(decoding: bytes[..<end], as: UTF8.self)
    steps = []
    var index = end
    while index < bytes.count {
      let isName = bytes[index] == Byte.dot
      let start = index + 1
      let stop = bytes[start...].firstIndex { isName ? !Self.isNameByte($0) : !$0.isDigit } ?? bytes.count
      let token = String(decoding: bytes[start..<stop], as: UTF8.self)
      if isName, stop > start {
        steps.append(.name(token))
        index = stop
      } else if !isName, !steps.isEmpty, let value = Int(token), stop < bytes.count, bytes[stop] == Byte.closeBracket {
        steps.append(.index(value))
        index = stop + 1
      } else {
        throw Failure(
          code: .syntax,
          message: "\(quoted("$" + text)) is no reference: \(quoted(bytes[index...])) is no step of a path",
          hint: "a path goes on with '.name' or '[0]', the first step names an output")
      }
      if index < bytes.count, bytes[index] != Byte.dot, bytes[index] != Byte.openBracket {
        throw Failure(
          code: .syntax, message: "\(quoted("$" + text)) is no reference: unexpected \(quoted(bytes[index...]))",
          hint: "a text that begins with '$' belongs in quotes")
      }
    }
  }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    byte.isLetter || byte.isDigit || byte == Byte.underscore || byte == Byte.dash || byte >= 0x80
  }

  // MARK: - As JSON

  /// What a plain scalar that begins with `$` stands for: `{"$ref": …}` or `{"$file": …}`.
  static func value(ofPlain text: String) throws(Failure) -> JSON {
    let rest = String(decoding: text.utf8.dropFirst(), as: UTF8.self)
    guard rest.utf8.starts(with: "file:".utf8) else {
      return try ReferencePath(rest).value
    }
    let path = String(decoding: rest.utf8.dropFirst(5), as: UTF8.self)
    guard path.utf8.first != nil, path.utf8.first != Byte.hash else {
      throw Failure(
        code: .syntax, message: "$file: names no file", hint: "write $file:data/x.npy or $file:x.npz#matrix")
    }
    return ["$file": .string(path)]
  }

  /// The path as it stands in params.
  public var value: JSON { ["$ref": .string(description)] }

  // MARK: - Inside a value

  /// What the path selects in the value of a cell.
  ///
  /// - Parameter primary: the output that `$cell` alone means; `nil` when the schema names none, and it means the
  ///   whole value.
  /// - Throws: E302 for an output or a member that is not there, E306 for a path into an artifact.
  public func resolve(in value: JSON, primary: String?) throws(Failure) -> JSON {
    var value = value
    var way = "$" + cell
    let steps = steps.isEmpty ? primary.map { [Step.name($0)] } ?? [] : steps
    for (depth, step) in steps.enumerated() {
      if depth > 0, value.isArtifact {
        throw Failure(
          code: .pathIntoArtifact, message: "\(quoted(way)) is an artifact, no path leads into it",
          hint: "give the method the whole artifact")
      }
      let next: JSON?
      switch step {
      case .name(let name): next = value[name]
      case .index(let index): next = value[index]
      }
      guard let next else { throw missing(step, in: value, way, isOutput: depth == 0) }
      value = next
      switch step {
      case .name(let name): way += "." + name
      case .index(let index): way += "[\(index)]"
      }
    }
    return value
  }

  private func missing(_ step: Step, in value: JSON, _ way: String, isOutput: Bool) -> Failure {
    switch step {
    case .name(let name):
      let names = value.object?.keys ?? []
      return Failure(
        code: .unknownOutput,
        message: isOutput
          ? "\(quoted(cell)) has no output \(quoted(name))" : "\(quoted(way)) has no member \(quoted(name))",
        hint: Spelling.suggestion(for: name, among: names)
          ?? (names.isEmpty ? nil : "it has " + names.prefix(8).joined(separator: ", ")))
    case .index(let index):
      let count = value.array?.count
      return Failure(
        code: .unknownOutput, message: "\(quoted(way)) has no element \(index)",
        hint: count.map { "it has \($0) elements, counted from 0" } ?? "it is no list")
    }
  }
}

extension JSON {
  /// True for `{"$artifact": "sha256:…"}`.
  var isArtifact: Bool { object.map { $0.count == 1 && $0["$artifact"] != nil } ?? false }
}
