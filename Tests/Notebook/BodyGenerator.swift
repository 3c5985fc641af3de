import JSON

/// Makes JSON values and writes each as a cell's body in a style that chance picks.
struct BodyGenerator {
  var generator: Generator

  init(_ seed: UInt64) { generator = Generator(seed) }

  // MARK: - Values

  static let texts = [
    "", " ", "a", "hello world", "yes", "No", "null", "~", "1", "-2.5", "1e3", "0x1F", "12:30", "2001-01-01", "a: b",
    "a #b",
    "# c", "- d", "[e", "]", "{f}", "g,h", "it's", "say \"x\"", "\\", "\\n", "line\nbreak", "two\n\nbreaks\n", "\ttab",
    "tab\t",
    " lead", "trail ", "ä", "😀 smile", "\u{2028}", "\u{85}", "\u{7}", "$x", "$fit.a", "&a", "*a", "!t", "%d", "@at",
    "`q`", "|",
    ">", "?", "? k", ":", "::", "a:b", "a:", "<<", "=", ".5", "+1", "http://x.org/a?b#c", "...", "---", "x\n- y\n",
    "  in\nout\n",
    "a\n  b\nc", "\n", "\n\n", "a\n\n", "a\\", "true", "FALSE", "n", "y", "c-1_2/3.4",
  ]
  static let keys = [
    "a", "b", "C", "n", "y", "k_1", "max-iter", "two words", "yes", "1", "a:b", "ü", "x.y", "key", "it's", "", "#",
    "null", "-", "q?",
  ]

  mutating func value(depth: Int) -> JSON {
    switch generator.below(depth > 0 ? 11 : 7) {
    case 0: return .null
    case 1: return .bool(generator.chance(50))
    case 2: return .integer(Int64(generator.below(2001)) - 1000)
    case 3: return .real(Double(generator.below(100_000)) / 64)
    case 4: return generator.chance(50) ? ["$ref": "fit.report.folds"] : ["$file": "data/x.npz#matrix"]
    case 5, 6: return .string(generator.pick(Self.texts))
    case 7, 8:
      return .array((0..<generator.below(4)).map { _ in value(depth: depth - 1) })
    default: return .object(object(depth: depth - 1))
    }
  }

  mutating func object(depth: Int) -> JSON.Object {
    var object = JSON.Object()
    for _ in 0..<generator.below(5) { object[generator.pick(Self.keys)] = value(depth: depth) }
    return object
  }

  // MARK: - Text

  /// A body with these params.
  mutating func body(_ params: JSON.Object) -> String {
    let json = JSON.object(params).text
    if generator.chance(10), !json.unicodeScalars.contains(where: { $0.value == 0x85 || $0.value == 0x2028 }) {
      return JSON.object(["method": "m.f", "params": .object(params)]).text + newLine
    }
    let method = "method:" + blanks(1) + "m.f" + newLine
    let text = "params:" + node(.object(params), column: 0, afterKey: true)
    return generator.chance(80) ? noise + method + text : noise + text + method
  }

  private mutating func blanks(_ least: Int) -> String {
    String(repeating: " ", count: least + (generator.chance(15) ? 2 : 0))
  }

  /// A line end, at times with a comment before it and blank or comment lines behind it.
  private var newLine: String { mutating get { (generator.chance(10) ? " # note: x" : "") + "\n" + noise } }

  private var noise: String {
    mutating get {
      switch generator.below(20) {
      case 0: "\n"
      case 1: "# a comment\n"
      case 2: "      # another: [\n"
      case 3: "   \n"
      default: ""
      }
    }
  }

  /// A value behind a key or a dash at a column, with its line end.
  private mutating func node(_ value: JSON, column: Int, afterKey: Bool) -> String {
    switch value {
    case .object(let object) where !object.isEmpty && object.keys.first?.first != "$" && generator.chance(75):
      // Behind a dash the first key may stand on the dash's line.
      let inline = !afterKey && generator.chance(60)
      let indent = inline ? column + 2 : column + 1 + generator.below(4)
      return (inline ? " " : newLine) + mapping(object, indent, inline: inline)
    case .array(let elements) where !elements.isEmpty && generator.chance(70):
      let inline = !afterKey && generator.chance(40)
      let indent = inline ? column + 2 : afterKey ? column + generator.below(4) : column + 1 + generator.below(3)
      return (inline ? " " : newLine) + sequence(elements, indent, inline: inline)
    case .string(let text) where generator.chance(30):
      if let block = blockScalar(text, column) { return block }
      return blanks(1) + flow(value, column: column, inFlow: false) + newLine
    default:
      return blanks(1) + flow(value, column: column, inFlow: false) + newLine
    }
  }

  private mutating func mapping(_ object: JSON.Object, _ indent: Int, inline: Bool) -> String {
    var text = ""
    for (index, member) in object.members.enumerated() {
      if index > 0 || !inline { text += String(repeating: " ", count: indent) }
      text += key(member.key) + ":" + node(member.value, column: indent, afterKey: true)
    }
    return text
  }

  private mutating func sequence(_ elements: [JSON], _ indent: Int, inline: Bool) -> String {
    var text = ""
    for (index, element) in elements.enumerated() {
      if index > 0 || !inline { text += String(repeating: " ", count: indent) }
      text += "-" + node(element, column: indent, afterKey: false)
    }
    return text
  }

  private mutating func key(_ key: String) -> String {
    let plain = ["a", "b", "C", "n", "y", "k_1", "max-iter", "two words", "a:b", "ü", "x.y", "key", "it's", "q?"]
    return plain.contains(key) && generator.chance(80) ? key : quoted(key)
  }

  /// A value on one line, or in `[ ]` and `{ }` over several.
  private mutating func flow(_ value: JSON, column: Int, inFlow: Bool) -> String {
    switch value {
    case .string(let text):
      let isPlain = text.first?.isLetter == true && text.allSatisfy { $0.isLetter || $0 == " " } && !text.hasSuffix(" ")
      let isWord = isPlain && !["yes", "No", "null", "true", "FALSE", "n", "y"].contains(text)
      return isWord && generator.chance(70) ? text : quoted(text)
    case .array(let elements):
      let parts = elements.map { gap(column) + flow($0, column: column, inFlow: true) + gap(column) }
      return "[" + parts.joined(separator: ",") + (elements.isEmpty || generator.chance(80) ? "" : ",") + gap(column)
        + "]"
    case .object(let object):
      if let path = object["$ref"]?.string, generator.chance(80) { return "$" + path }
      if let path = object["$file"]?.string, generator.chance(80) { return "$file:" + path }
      let parts = object.members.map {
        gap(column) + quoted($0.key) + ":" + " " + flow($0.value, column: column, inFlow: true) + gap(column)
      }
      return "{" + parts.joined(separator: ",") + gap(column) + "}"
    default: return value.text
    }
  }

  private mutating func gap(_ column: Int) -> String {
    switch generator.below(12) {
    case 0: "\n" + String(repeating: " ", count: column + 1 + generator.below(3))
    case 1: " # in: between\n" + String(repeating: " ", count: column + 2)
    case 2, 3, 4, 5: " "
    default: ""
    }
  }

  private mutating func quoted(_ text: String) -> String {
    if generator.chance(30),
      text.unicodeScalars.allSatisfy({ $0.value >= 0x20 && !"\u{85}\u{2028}".unicodeScalars.contains($0) })
    {
      return "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''") + "'"
    }
    var out = "\""
    for scalar in text.unicodeScalars {
      if scalar.value == 0x85 || scalar.value == 0x2028 || generator.chance(3) && scalar.value < 0x1_0000 {
        let digits = String(scalar.value, radix: 16)
        out += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      } else {
        out += JSON.string(String(Character(scalar))).text.dropFirst().dropLast()
      }
    }
    return out + "\""
  }

  /// The text as `|`, where that can hold it.
  private mutating func blockScalar(_ text: String, _ column: Int) -> String? {
    let hasBreak = text.hasSuffix("\n")
    let lines = (hasBreak ? String(text.dropLast()) : text).split(separator: "\n", omittingEmptySubsequences: false)
    guard let first = lines.first, let last = lines.last, !first.isEmpty, !last.isEmpty, first.first != " ",
      first.first != "\t",
      text.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x85 && $0.value != 0x2028 || $0 == "\n" })
    else { return nil }
    let indent = String(repeating: " ", count: column + 1 + generator.below(3))
    let body = lines.map { $0.isEmpty ? "\n" : indent + $0 + "\n" }.joined()
    return " |" + (hasBreak ? "" : "-") + (generator.chance(10) ? " # head" : "") + "\n" + body
  }
}
