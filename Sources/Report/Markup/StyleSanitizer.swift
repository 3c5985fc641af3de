/// Lets through the part of CSS that draws a picture: known properties, values without addresses, and rules that
/// reach no further than the element they came with.
struct StyleSanitizer {
  /// The identifier of the element around the picture; every rule is bound to it.
  let scope: String

  // MARK: - Style sheets

  /// The rules of a style sheet that may stay, each bound to the scope.
  func sheet(_ text: String) -> String {
    var rest = Self.withoutComments(text)[...]
    return rules(&rest, isNested: false)
  }

  private func rules(_ rest: inout ArraySlice<UInt8>, isNested: Bool) -> String {
    var output = ""
    while let end = rest.firstIndex(where: { $0 == Self.open || $0 == Self.close || $0 == Self.semicolon }) {
      let prelude = String(decoding: rest[..<end], as: UTF8.self).trimmingBlanks
      let mark = rest[end]
      rest = rest[(end + 1)...]
      switch mark {
      case Self.close:
        if isNested { return output }
      case Self.semicolon:
        break
      default:
        if prelude.lowercased().hasPrefix("@media"), !isNested, let query = Self.mediaQuery(prelude) {
          let inner = rules(&rest, isNested: true)
          if !inner.isEmpty { output += "@media \(query){\(inner)}" }
        } else {
          let body = Self.block(&rest)
          guard !prelude.hasPrefix("@"), !body.contains(Self.open), let selectors = selectors(prelude) else { continue }
          let kept = declarations(String(decoding: body, as: UTF8.self), allowed: Self.pictureProperties)
          if !kept.isEmpty { output += "\(selectors){\(kept)}" }
        }
      }
    }
    rest = []
    return output
  }

  /// The bytes to the closing brace of the block that has just been opened.
  private static func block(_ rest: inout ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    var depth = 1
    for index in rest.indices {
      if rest[index] == open { depth += 1 }
      if rest[index] == close { depth -= 1 }
      if depth == 0 {
        let body = rest[..<index]
        rest = rest[(index + 1)...]
        return body
      }
    }
    let body = rest
    rest = []
    return body
  }

  private static func mediaQuery(_ prelude: String) -> String? {
    let query = String(prelude.dropFirst(6)).trimmingBlanks
    let isPlain = query.utf8.allSatisfy { $0.isLetter || $0.isDigit || " ():,.-".utf8.contains($0) }
    return isPlain && !query.isEmpty && query.utf8.count < 200 ? query : nil
  }

  /// Types, classes, identifiers and `*`, joined by combinators.
  private func selectors(_ text: String) -> String? {
    let bound = text.split(separator: ",", omittingEmptySubsequences: false).map { part -> String? in
      let part = String(part).trimmingBlanks
      let isPlain = part.utf8.allSatisfy {
        $0.isLetter || $0.isDigit || $0.isBlank || "-_.#*>+~".utf8.contains($0)
      }
      guard isPlain, !part.isEmpty else { return nil }
      return "#\(scope) " + part.replacing("#", with: "#\(scope)-")
    }
    return bound.contains(nil) ? nil : bound.compactMap { $0 }.joined(separator: ",")
  }

  // MARK: - Declarations

  /// The declarations of allowed properties (and variables) whose values are plain.
  func declarations(_ text: String, allowed: Set<String>) -> String {
    Self.split(Self.withoutComments(text)).compactMap { declaration in
      guard let colon = declaration.firstIndex(of: UInt8(ascii: ":")) else { return nil }
      let name = String(decoding: declaration[..<colon], as: UTF8.self).trimmingBlanks.lowercased()
      let isVariable =
        name.hasPrefix("--") && name.utf8.allSatisfy { $0.isLetter || $0.isDigit || $0 == UInt8(ascii: "-") }
      guard allowed.contains(name) || isVariable && allowed == Self.pictureProperties else { return nil }
      let text = String(decoding: declaration[(colon + 1)...], as: UTF8.self)
      return value(text).map { "\(name):\($0)" }
    }.joined(separator: ";")
  }

  /// A value of known characters and functions; `url(#name)` is the one address, bound to the scope.
  func value(_ text: String) -> String? {
    var output: [UInt8] = []
    let bytes = Array(text.trimmingBlanks.utf8)
    var quote: UInt8?
    var depth = 0
    var index = 0
    while index < bytes.count {
      let byte = bytes[index]
      guard byte.isLetter || byte.isDigit || byte.isBlank || "#.,%+-*/_\"'()".utf8.contains(byte) else { return nil }
      if let open = quote {
        if byte == open { quote = nil }
      } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
        quote = byte
      } else if byte == UInt8(ascii: ")") {
        depth -= 1
        if depth < 0 { return nil }
      } else if byte == UInt8(ascii: "(") {
        let name = Self.functionName(before: index, in: bytes)
        if name == "url" {
          guard let (identifier, end) = Self.localAddress(in: bytes, from: index + 1) else { return nil }
          output += Array("(#\(scope)-\(identifier))".utf8)
          index = end
          continue
        }
        guard Self.functions.contains(name) else { return nil }
        depth += 1
      }
      output.append(byte)
      index += 1
    }
    guard quote == nil, depth == 0, !output.isEmpty else { return nil }
    return String(decoding: output, as: UTF8.self)
  }

  private static func functionName(before index: Int, in bytes: [UInt8]) -> String {
    var start = index
    while start > 0, bytes[start - 1].isLetter || bytes[start - 1].isDigit || bytes[start - 1] == UInt8(ascii: "-") {
      start -= 1
    }
    return String(decoding: bytes[start..<index], as: UTF8.self).lowercased()
  }

  /// `#name)`, with or without quotes: the name and the position behind the bracket.
  private static func localAddress(in bytes: [UInt8], from start: Int) -> (String, Int)? {
    guard let end = bytes[start...].firstIndex(of: UInt8(ascii: ")")) else { return nil }
    var name = String(decoding: bytes[start..<end], as: UTF8.self).trimmingBlanks
    for quote in ["\"", "'"] where name.hasPrefix(quote) && name.hasSuffix(quote) && name.utf8.count > 2 {
      name = String(name.dropFirst().dropLast())
    }
    guard name.hasPrefix("#"), let identifier = Identifier.safe(String(name.dropFirst())) else { return nil }
    return (identifier, end + 1)
  }

  // MARK: - Parts

  private static let open = UInt8(ascii: "{")
  private static let close = UInt8(ascii: "}")
  private static let semicolon = UInt8(ascii: ";")

  private static func withoutComments(_ text: String) -> ArraySlice<UInt8> {
    let bytes = Array(text.utf8)
    var output: [UInt8] = []
    output.reserveCapacity(bytes.count)
    var index = 0
    while index < bytes.count {
      if bytes[index] == UInt8(ascii: "/"), index + 1 < bytes.count, bytes[index + 1] == UInt8(ascii: "*") {
        index += 2
        while index < bytes.count,
          !(bytes[index] == UInt8(ascii: "*") && index + 1 < bytes.count && bytes[index + 1] == UInt8(ascii: "/"))
        {
          index += 1
        }
        index += 2
        output.append(UInt8(ascii: " "))
      } else {
        output.append(bytes[index])
        index += 1
      }
    }
    return output[...]
  }

  /// The declarations between semicolons that stand outside quotes and brackets.
  private static func split(_ bytes: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
    var parts: [ArraySlice<UInt8>] = []
    var start = bytes.startIndex
    var quote: UInt8?
    var depth = 0
    for index in bytes.indices {
      let byte = bytes[index]
      if let open = quote {
        if byte == open { quote = nil }
      } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
        quote = byte
      } else if byte == UInt8(ascii: "(") {
        depth += 1
      } else if byte == UInt8(ascii: ")") {
        depth -= 1
      } else if byte == semicolon && depth <= 0 {
        parts.append(bytes[start..<index])
        start = index + 1
      }
    }
    parts.append(bytes[start...])
    return parts
  }

  private static let functions: Set<String> = [
    "rgb", "rgba", "hsl", "hsla", "hwb", "lab", "lch", "oklab", "oklch", "color-mix", "var", "calc", "min", "max",
    "matrix", "translate", "translatex", "translatey", "rotate", "scale", "scalex", "scaley", "skewx", "skewy",
  ]

  /// What a picture may set about itself; nothing that moves it out of its place on the page.
  static let pictureProperties: Set<String> = [
    "alignment-baseline", "baseline-shift", "clip-path", "clip-rule", "color", "display", "dominant-baseline", "fill",
    "fill-opacity", "fill-rule", "font", "font-family", "font-size", "font-style", "font-variant", "font-weight",
    "letter-spacing", "opacity", "paint-order", "shape-rendering", "stop-color", "stop-opacity", "stroke",
    "stroke-dasharray", "stroke-dashoffset", "stroke-linecap", "stroke-linejoin", "stroke-miterlimit",
    "stroke-opacity", "stroke-width", "text-anchor", "text-decoration", "text-rendering", "transform",
    "transform-origin", "vector-effect", "visibility", "word-spacing",
  ]

  /// What a fragment of HTML may set.
  static let textProperties: Set<String> = ["font-style", "font-weight", "text-align", "white-space"]
}

/// Names inside a document.
enum Identifier {
  /// The name when it is made of letters, digits, `-`, `_`, `.` and `:` alone.
  static func safe(_ text: String) -> String? {
    let isPlain =
      !text.isEmpty && text.utf8.count <= 200
      && text.utf8.allSatisfy { $0.isLetter || $0.isDigit || "-_.:".utf8.contains($0) }
    return isPlain ? text : nil
  }
}

extension String {
  var trimmingBlanks: String {
    var text = utf8[...]
    while let first = text.first, first.isBlank { text.removeFirst() }
    while let last = text.last, last.isBlank { text.removeLast() }
    return String(Substring(text))
  }
}
