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
    var flags = Int(JSON_REJECT_DUPLICATES) | Int(JSON_DECODE_ANY) | Int(JSON_ALLOW_NUL)
    if options.contains(.largeIntegers) { flags |= Int(JSON_DECODE_INT_AS_REAL) }
    var failure = json_error_t()
    let root = json_loadb(bytes.baseAddress, bytes.count, flags, &failure)
    guard let root else { throw ParseError(failure, bytes) }
    defer { json_decref(root) }
    guard let value = JSON(root, depth: 1) else {
      throw ParseError(
        kind: .depth, message: "nested deeper than \(maximumDepth) levels", offset: 0, line: 1, column: 1, name: nil)
    }
    return value
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
  private init?(_ node: UnsafeMutablePointer<json_t>, depth: Int) {
    guard depth <= JSON.maximumDepth else { return nil }
    switch node.pointee.type {
    case JSON_OBJECT:
      var members: [Object.Member] = []
      members.reserveCapacity(json_object_size(node))
      var iterator = json_object_iter(node)
      while let here = iterator {
        guard let name = json_object_iter_key(here), let child = json_object_iter_value(here),
          let value = JSON(child, depth: depth + 1)
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
        guard let child = json_array_get(node, index), let value = JSON(child, depth: depth + 1) else { return nil }
        elements.append(value)
      }
      self = .array(elements)
    case JSON_STRING:
      self = .string(json_string_value(node).map { JSON.text($0, json_string_length(node)) } ?? "")
    case JSON_INTEGER: self = .integer(json_integer_value(node))
    case JSON_REAL:
      let value = json_real_value(node)
      self = .real(value)
    case JSON_TRUE: self = .bool(true)
    case JSON_FALSE: self = .bool(false)
    default: self = .null
    }
  }

  private static func text(_ start: UnsafePointer<CChar>, _ length: Int) -> String {
    UnsafeRawBufferPointer(start: start, count: length).withMemoryRebound(to: UInt8.self) {
      String(decoding: $0, as: UTF8.self)
    }
  }
}

extension JSON.ParseError {
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
