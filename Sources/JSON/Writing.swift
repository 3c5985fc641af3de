extension JSON {
  /// The value as compact UTF-8 text: members in their order, nothing escaped that need not be,
  /// reals in the shortest form that reads back to the same bits (and always recognisable as reals).
  ///
  /// JSON has no text for a number that is not finite; such a value is written as `null`.
  public var bytes: [UInt8] {
    var writer = Writer()
    writer.write(self)
    return writer.bytes
  }

  /// `bytes` as a `String`.
  public var text: String { String(decoding: bytes, as: UTF8.self) }

  /// Text for people: two blanks a level; arrays and objects that hold no others stand on one line when short.
  public var prettyText: String {
    var writer = Writer()
    writer.writePretty(self, indent: 0)
    return String(decoding: writer.bytes, as: UTF8.self)
  }
}

extension JSON {
  /// Appends JSON text to a byte buffer.
  public struct Writer: Sendable {
    public var bytes: [UInt8] = []

    public init() {}

    public mutating func write(_ value: JSON) {
      switch value {
      case .null: append("null")
      case .bool(let value): append(value ? "true" : "false")
      case .integer(let value): append(String(value))
      case .real(let value): append(value.isFinite ? NumberText.shortest(value) : "null")
      case .string(let value): write(string: value)
      case .array(let elements):
        bytes.append(UInt8(ascii: "["))
        for (index, element) in elements.enumerated() {
          if index > 0 { bytes.append(UInt8(ascii: ",")) }
          write(element)
        }
        bytes.append(UInt8(ascii: "]"))
      case .object(let object):
        bytes.append(UInt8(ascii: "{"))
        for (index, member) in object.members.enumerated() {
          if index > 0 { bytes.append(UInt8(ascii: ",")) }
          write(string: member.key)
          bytes.append(UInt8(ascii: ":"))
          write(member.value)
        }
        bytes.append(UInt8(ascii: "}"))
      }
    }

    /// A string with its quotation marks, escaped as RFC 8785 has it.
    public mutating func write(string: String) {
      bytes.append(UInt8(ascii: "\""))
      var string = string
      string.withUTF8 { text in
        var start = 0
        for index in 0..<text.count {
          let byte = text[index]
          if byte >= 0x20 && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\") { continue }
          bytes.append(contentsOf: text[start..<index])
          escape(byte)
          start = index + 1
        }
        bytes.append(contentsOf: text[start...])
      }
      bytes.append(UInt8(ascii: "\""))
    }

    private mutating func escape(_ byte: UInt8) {
      bytes.append(UInt8(ascii: "\\"))
      switch byte {
      case 0x08: bytes.append(UInt8(ascii: "b"))
      case 0x09: bytes.append(UInt8(ascii: "t"))
      case 0x0A: bytes.append(UInt8(ascii: "n"))
      case 0x0C: bytes.append(UInt8(ascii: "f"))
      case 0x0D: bytes.append(UInt8(ascii: "r"))
      case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes.append(byte)
      default:
        let digits = Array("0123456789abcdef".utf8)
        append("u00")
        bytes.append(digits[Int(byte >> 4)])
        bytes.append(digits[Int(byte & 15)])
      }
    }

    public mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }

    fileprivate mutating func writePretty(_ value: JSON, indent: Int) {
      let compact = value.bytes
      if value.isFlat, compact.count + indent <= 100 {
        bytes.append(contentsOf: compact)
        return
      }
      switch value {
      case .array(let elements) where !elements.isEmpty:
        bytes.append(UInt8(ascii: "["))
        for (index, element) in elements.enumerated() {
          newLine(indent + 2, comma: index > 0)
          writePretty(element, indent: indent + 2)
        }
        newLine(indent, comma: false)
        bytes.append(UInt8(ascii: "]"))
      case .object(let object) where !object.isEmpty:
        bytes.append(UInt8(ascii: "{"))
        for (index, member) in object.members.enumerated() {
          newLine(indent + 2, comma: index > 0)
          write(string: member.key)
          append(": ")
          writePretty(member.value, indent: indent + 2)
        }
        newLine(indent, comma: false)
        bytes.append(UInt8(ascii: "}"))
      default: bytes.append(contentsOf: compact)
      }
    }

    private mutating func newLine(_ indent: Int, comma: Bool) {
      if comma { bytes.append(UInt8(ascii: ",")) }
      bytes.append(UInt8(ascii: "\n"))
      bytes.append(contentsOf: repeatElement(UInt8(ascii: " "), count: indent))
    }
  }

  private var isFlat: Bool {
    switch self {
    case .array(let elements): elements.allSatisfy { !$0.isContainer }
    case .object(let object): object.members.allSatisfy { !$0.value.isContainer }
    default: true
    }
  }

  private var isContainer: Bool {
    switch self {
    case .array(let elements): !elements.isEmpty
    case .object(let object): !object.isEmpty
    default: false
    }
  }
}
