import JSON

/// The papers of the methods that were run, for a list of references.
enum MethodReferences {
  /// CSL-JSON: a list of items with `id`, the methods in `note`.
  static func cslJSON(_ runs: ExportedRuns) -> JSON {
    .array(
      runs.references.map { reference in
        var item: JSON.Object = ["id": .string(reference.id)]
        for member in reference.item.object?.members ?? [] where member.key != "id" { item[member.key] = member.value }
        item["note"] = .string("used by " + reference.methods.joined(separator: ", "))
        return .object(item)
      })
  }

  /// BibTeX, an entry each, with LaTeX's special characters written out.
  static func bibTeX(_ runs: ExportedRuns) -> String {
    runs.references.map { entry($0.id, $0.item, $0.methods) }.joined(separator: "\n")
  }

  private static let types = [
    "article-journal": "article", "paper-conference": "inproceedings", "book": "book", "chapter": "incollection",
    "thesis": "phdthesis", "report": "techreport",
  ]

  private static func entry(_ id: String, _ item: JSON, _ methods: [String]) -> String {
    let type = types[item["type"]?.string ?? ""] ?? "misc"
    var fields: [(String, String)] = []
    func add(_ name: String, _ value: String?) {
      if let value, !value.isEmpty { fields.append((name, value)) }
    }
    add("author", names(item["author"]))
    // Braces keep the capitals of a title.
    add("title", item["title"]?.string.map { "{\(escaped($0))}" })
    add("editor", names(item["editor"]))
    let container = item["container-title"]?.string.map(escaped)
    add(type == "article" ? "journal" : type == "misc" ? "howpublished" : "booktitle", container)
    add("year", item["issued"]?["date-parts"]?[0]?[0]?.int.map(String.init))
    add("volume", text(item["volume"]))
    add("number", text(item["issue"]) ?? text(item["number"]))
    add("pages", text(item["page"])?.replacing("-", with: "--"))
    add(type == "phdthesis" ? "school" : "publisher", item["publisher"]?.string.map(escaped))
    add("doi", item["DOI"]?.string)
    add("url", item["URL"]?.string)
    add("note", "used by " + escaped(methods.joined(separator: ", ")))
    let lines = fields.map { "  \($0.0) = {\($0.1)}" }
    return "@\(type){\(id),\n\(lines.joined(separator: ",\n"))\n}\n"
  }

  private static func text(_ value: JSON?) -> String? {
    value.flatMap { $0.string.map(escaped) ?? $0.int.map(String.init) }
  }

  private static func names(_ value: JSON?) -> String? {
    value?.array?.map { person in
      if let literal = person["literal"]?.string { return "{\(escaped(literal))}" }
      let family = [person["non-dropping-particle"]?.string, person["family"]?.string].compactMap { $0 }
      let name = escaped(family.joined(separator: " "))
      return person["given"]?.string.map { "\(name), \(escaped($0))" } ?? name
    }.joined(separator: " and ")
  }

  private static func escaped(_ text: String) -> String {
    var result = ""
    for character in text {
      switch character {
      case "&", "%", "$", "#", "_": result += "\\\(character)"
      case "{", "}": result += "\\\(character)"
      case "\\": result += "\\textbackslash{}"
      case "~": result += "\\textasciitilde{}"
      case "^": result += "\\textasciicircum{}"
      default: result.append(character)
      }
    }
    return result
  }
}
