import JSON

/// The reference page of a method as Markdown, from `plugin/describe`.
struct MethodPage {
  private let value: JSON

  init(_ value: JSON) { self.value = value }

  var text: String {
    var lines = ["# \(value["name"]?.string ?? "")", "", value["summary"]?.string ?? ""]
    if let methods = value["methods"]?.array {
      lines.append("")
      for method in methods { lines.append("- \(method["name"]?.string ?? ""): \(method["summary"]?.string ?? "")") }
      return lines.joined(separator: "\n")
    }
    if let description = value["description"]?.string, !description.isEmpty { lines += ["", description] }
    lines += ["", "## Params", ""] + (members(value["params"] ?? [:]) ?? ["none"])
    let primary = value["primary"]?.string
    lines +=
      ["", "## Result", ""] + (members(value["result"] ?? [:], primary: primary, isParams: false) ?? ["any value"])
    if let properties { lines += ["", properties] }
    let examples = (value["examples"]?.array ?? []).compactMap { $0["params"] }
    if !examples.isEmpty {
      lines += ["", "## Example", ""]
      for example in examples { lines.append("    quire call \(value["name"]?.string ?? "") '\(example.text)'") }
    }
    let references = (value["references"]?.array ?? []).compactMap(reference)
    if !references.isEmpty { lines += ["", "## References", ""] + references }
    let errors = (value["errors"]?.array ?? []).compactMap(\.string)
    if !errors.isEmpty { lines += ["", "## Errors", "", errors.map { "`\($0)`" }.joined(separator: ", ")] }
    return lines.joined(separator: "\n")
  }

  /// What a run does beside giving a value, and how far it repeats.
  private var properties: String? {
    guard let name = value["name"]?.string, !name.contains("/"), name.contains("."), name != "rpc.discover" else {
      return nil
    }
    var words: [String] = []
    if value["effects"]?.string == "writesStore" { words.append("writes the paper store") }
    if value["reads"]?.array?.isEmpty == false { words.append("reads the paper store") }
    if value["usesSeed"]?.bool == true { words.append("uses the seed") }
    switch value["determinism"] {
    case "exact"?: words.append("gives the same bytes everywhere")
    case "bitwise"?: words.append("gives the same bits with the same numeric library and core type")
    case "none"?: words.append("is not compared when it is replayed")
    default: words.append("repeats within a tolerance")
    }
    return "It " + words.joined(separator: ", ") + "."
  }

  /// How deep objects inside objects are listed.
  private static let depth = 4

  /// A line a member, those of objects inside below it; `nil` for a schema that names none.
  private func members(
    _ schema: JSON, primary: String? = nil, isParams: Bool = true, indent: Int = 0
  ) -> [String]? {
    guard indent < Self.depth, let properties = schema["properties"]?.object, !properties.isEmpty else { return nil }
    let required = (schema["required"]?.array ?? []).compactMap(\.string)
    return properties.members.flatMap { member in
      var notes = [type(member.value)] + limits(member.value)
      if let fallback = member.value["default"] { notes.append("default \(fallback.text)") }
      if isParams, required.contains(member.key), member.value["default"] == nil { notes.append("required") }
      if member.key == primary { notes.append("primary") }
      let words = member.value["description"]?.string ?? ""
      let line =
        String(repeating: "  ", count: indent) + "- `\(member.key)` (\(notes.joined(separator: ", ")))"
        + (words.isEmpty ? "" : ": \(words)")
      let inner = member.value["items"] ?? member.value
      return [line] + (members(inner, isParams: isParams, indent: indent + 1) ?? [])
    }
  }

  /// Bounds and units.
  private func limits(_ schema: JSON) -> [String] {
    var limits: [String] = []
    let bounds = [("minimum", "≥"), ("exclusiveMinimum", ">"), ("maximum", "≤"), ("exclusiveMaximum", "<")]
    for (keyword, sign) in bounds {
      if let bound = schema[keyword] { limits.append("\(sign) \(bound.text)") }
    }
    if let unit = schema["x-unit"]?.string { limits.append(unit) }
    return limits
  }

  private func type(_ schema: JSON) -> String {
    if let reference = schema["$ref"]?.string {
      return reference.split(whereSeparator: { $0 == "/" || $0 == "." }).last.map(String.init) ?? ""
    }
    if let value = schema["const"] { return value.text }
    if schema["type"]?.string == "object" { return "object" }
    if let values = schema["enum"]?.array { return values.map(\.text).joined(separator: " | ") }
    if let types = schema["type"]?.array { return types.compactMap(\.string).joined(separator: " | ") }
    if let branches = (schema["anyOf"] ?? schema["oneOf"])?.array { return branches.map(type).joined(separator: " | ") }
    guard let type = schema["type"]?.string else { return "any" }
    if type == "array", let items = schema["items"] { return "list of \(self.type(items))" }
    return type
  }

  /// Author, year, title and where, of a CSL-JSON item.
  private func reference(_ item: JSON) -> String? {
    guard let title = item["title"]?.string else { return nil }
    let authors = (item["author"]?.array ?? []).compactMap { $0["family"]?.string ?? $0["literal"]?.string }
    let names = authors.count > 3 ? "\(authors[0]) et al." : authors.joined(separator: ", ")
    let year = item["issued"]?["date-parts"]?[0]?[0]?.int.map { " (\($0))" } ?? ""
    let place = item["URL"]?.string ?? item["DOI"]?.string.map { "doi:\($0)" } ?? item["container-title"]?.string ?? ""
    return "- \(names)\(year): \(title). \(place)"
  }
}
