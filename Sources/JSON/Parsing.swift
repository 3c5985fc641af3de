import CJansson

extension JSON {
  /// Why a text is no JSON, and where. `kind` is the stable name that programs test.
  public struct ParseError: Error, Sendable, CustomStringConvertible {
    public enum Kind: String, Sendable {
      case utf8 = "json.utf8"
      case surrogate = "json.surrogate"
      case syntax = "json.syntax"
      case depth = "json.depth"
      case nulName = "json.nulName"
      case duplicateKey = "json.duplicateKey"
      case number = "json.number"
    }

    public let kind: Kind
    public let message: String
    /// Byte offset into the text.
    public let offset: Int
    /// 1-based; the column counts bytes.
    public let line: Int
    public let column: Int
    /// The repeated member's name when `kind` is `duplicateKey`.
    public let name: String?

    public var description: String { "line \(line), column \(column): \(message)" }
  }

  public struct ParseOptions: OptionSet, Sendable {
    public let rawValue: Int
    public init(rawValue: Int) { self.rawValue = rawValue }
    /// An integer beyond 64 bits is read as the real that it stands for (canonical text needs this).
    public static let largeIntegers = ParseOptions(rawValue: 1)
  }

  /// The deepest nesting that is accepted; the outermost value is depth 1.
  public static let maximumDepth = 512

  /// Reads one JSON text (RFC 8259), strictly: no duplicate names, no lone surrogates, no trailing text.
  public static func parse(_ bytes: UnsafeRawBufferPointer, _ options: ParseOptions = []) throws(ParseError) -> JSON {
    guard bytes.count >= LongStrings.shortestText else { return try parsePlainly(bytes, options) }
    switch LongStrings.lift(bytes, maximumDepth: maximumDepth) {
    case .none: return try parsePlainly(bytes, options)
    case .tooDeep(let offset): throw .tooDeep(offset, bytes)
    case .lifted(let lifted):
      let value = lifted.text.withUnsafeBytes { text -> JSON? in
        guard let root = load(text, options, nil) else { return nil }
        defer { json_decref(root) }
        return JSON(root, depth: 1, lifted.strings)
      }
      // libjansson's own error has the places of the whole text.
      return if let value { value } else { try parsePlainly(bytes, options) }
    }
  }

  /// Reads by libjansson alone.
  static func parsePlainly(_ bytes: UnsafeRawBufferPointer, _ options: ParseOptions) throws(ParseError) -> JSON {
    var failure = json_error_t()
    guard let root = load(bytes, options, &failure) else {
      guard !bytes.isEmpty else {
        throw ParseError(kind: .syntax, message: "the text is empty", offset: 0, line: 1, column: 1, name: nil)
      }
      throw ParseError(failure, bytes)
    }
    defer { json_decref(root) }
    guard let value = JSON(root, depth: 1, []) else { throw .tooDeep(0, bytes) }
    return value
  }

  private static func load(
    _ bytes: UnsafeRawBufferPointer, _ options: ParseOptions, _ failure: UnsafeMutablePointer<json_error_t>?
  ) -> UnsafeMutablePointer<json_t>? {
    var flags = Int(JSON_REJECT_DUPLICATES) | Int(JSON_DECODE_ANY) | Int(JSON_ALLOW_NUL)
    if options.contains(.largeIntegers) { flags |= Int(JSON_DECODE_INT_AS_REAL) }
    return json_loadb(bytes.baseAddress, bytes.count, flags, failure)
  }

  public static func parse(_ bytes: [UInt8], _ options: ParseOptions = []) throws(ParseError) -> JSON {
    let result: Result<JSON, ParseError> = bytes.withUnsafeBytes { buffer in
      do throws(ParseError) { return .success(try parse(buffer, options)) } catch { return .failure(error) }
    }
    return try result.get()
  }

  public static func parse(_ text: String, _ options: ParseOptions = []) throws(ParseError) -> JSON {
    try parse(Array(text.utf8), options)
  }

  /// `nil` when the tree is nested too deeply.
  ///
  /// - Parameter lifted: what stands for the placeholders; without any, every string stands for itself.
  private init?(_ node: UnsafeMutablePointer<json_t>, depth: Int, _ lifted: [String]) {
    guard depth <= JSON.maximumDepth else { return nil }
    switch node.pointee.type {
    case JSON_OBJECT:
      var members: [Object.Member] = []
      members.reserveCapacity(json_object_size(node))
      var iterator = json_object_iter(node)
      while let here = iterator {
        guard let name = json_object_iter_key(here), let child = json_object_iter_value(here),
          let value = JSON(child, depth: depth + 1, lifted)
        else { return nil }
        members.append(Object.Member(JSON.text(name, json_object_iter_key_len(here)), value))
        iterator = json_object_iter_next(node, here)
      }
      self = .object(Object(distinct: members))
    case JSON_ARRAY:
      let count = json_array_size(node)
      var elements: [JSON] = []
      elements.reserveCapacity(count)
      for index in 0..<count {
        guard let child = json_array_get(node, index), let value = JSON(child, depth: depth + 1, lifted) else {
          return nil
        }
        elements.append(value)
      }
      self = .array(elements)
    case JSON_STRING:
      self = .string(JSON.text(of: node, lifted))
    case JSON_INTEGER: self = .integer(json_integer_value(node))
    case JSON_REAL:
      let value = json_real_value(node)
      self = .real(value)
    case JSON_TRUE: self = .bool(true)
    case JSON_FALSE: self = .bool(false)
    default: self = .null
    }
  }

  private static func text(of node: UnsafeMutablePointer<json_t>, _ lifted: [String]) -> String {
    guard let start = json_string_value(node) else { return "" }
    let count = json_string_length(node)
    if !lifted.isEmpty, start.pointee == 0 {
      let index = start.withMemoryRebound(to: UInt8.self, capacity: count) { LongStrings.index($0, count) }
      if let index, lifted.indices.contains(index) { return lifted[index] }
    }
    return text(start, count)
  }

  private static func text(_ start: UnsafePointer<CChar>, _ length: Int) -> String {
    UnsafeRawBufferPointer(start: start, count: length).withMemoryRebound(to: UInt8.self) {
      String(decoding: $0, as: UTF8.self)
    }
  }
}

extension JSON.ParseError {
  fileprivate static func tooDeep(_ offset: Int, _ bytes: UnsafeRawBufferPointer) -> JSON.ParseError {
    let lines = bytes[..<offset].split(separator: 0x0A, omittingEmptySubsequences: false)
    return JSON.ParseError(
      kind: .depth, message: "nested deeper than \(JSON.maximumDepth) levels", offset: offset,
      line: max(1, lines.count), column: (lines.last?.count ?? 0) + 1, name: nil)
  }

  /// Jansson's error codes in the terms of the protocol.
  fileprivate init(_ failure: json_error_t, _ bytes: UnsafeRawBufferPointer) {
    var text = withUnsafeBytes(of: failure.text) { raw in
      String(decoding: raw.prefix { $0 != 0 }, as: UTF8.self)
    }
    let code = withUnsafeBytes(of: failure.text) { raw in Int(raw[raw.count - 1]) }
    switch code {
    case 2: kind = .depth
    case 5: kind = .utf8
    case 13: kind = .nulName
    case 14: kind = .duplicateKey
    case 15: kind = .number
    case 8 where text.hasPrefix("invalid Unicode"): kind = .surrogate
    default: kind = .syntax
    }
    // Jansson ends its text with the token it stopped at: `duplicate object key near '"a"'`.
    var token: String?
    if let near = text.range(ofASCII: " near '") {
      token = String(text[near...].dropFirst(7).dropLast())
      text = String(text[..<near])
    }
    name = kind == .duplicateKey ? token.map { $0.hasPrefix("\"") ? String($0.dropFirst().dropLast()) : $0 } : nil
    message = kind == .number ? "\(text); send it as a string" : text
    // Jansson's line and column are those of the token's end; its position is a byte offset.
    offset = min(max(0, Int(failure.position)), bytes.count)
    line = max(1, Int(failure.line))
    column = max(1, Int(failure.column))
  }
}

extension String {
  fileprivate func range(ofASCII needle: String) -> String.Index? {
    let wanted = Array(needle.utf8)
    var index = utf8.startIndex
    while index != utf8.endIndex {
      if utf8[index...].starts(with: wanted) { return index }
      index = utf8.index(after: index)
    }
    return nil
  }
}
