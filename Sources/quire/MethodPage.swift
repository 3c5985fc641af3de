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
    lines += ["", "## Params", ""] + members(value["params"] ?? [:])
    lines += ["", "## Result", ""] + members(value["result"] ?? [:], primary: value["primary"]?.string)
    let examples = (value["examples"]?.array ?? []).compactMap { $0["params"] }
    if !examples.isEmpty {
      lines += ["", "## Example", ""]
      for example in examples { lines.append("    quire call \(value["name"]?.string ?? "") '\(example.text)'") }
    }
    let references = (value["references"]?.array ?? []).compactMap(reference)
    if !references.isEmpty { lines += ["", "## References", ""] + references }
    return lines.joined(separator: "\n")
  }

  private func members(_ schema: JSON, primary: String? = nil) -> [String] {
    let required = (schema["required"]?.array ?? []).compactMap(\.string)
    let lines = (schema["properties"]?.object?.members ?? []).map { member in
      var notes = [type(member.value)]
      if let fallback = member.value["default"] { notes.append("default \(fallback.text)") }
      if fallbackless(member, required, primary == nil) { notes.append("required") }
      if member.key == primary { notes.append("primary") }
      let words = member.value["description"]?.string ?? ""
      return "- `\(member.key)` (\(notes.joined(separator: ", ")))" + (words.isEmpty ? "" : ": \(words)")
    }
    return lines.isEmpty ? ["none"] : lines
  }

  private func fallbackless(_ member: JSON.Object.Member, _ required: [String], _ isParam: Bool) -> Bool {
    isParam && required.contains(member.key) && member.value["default"] == nil
  }

  private func type(_ schema: JSON) -> String {
    if let reference = schema["$ref"]?.string { return reference.split(separator: "/").last.map(String.init) ?? "" }
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
