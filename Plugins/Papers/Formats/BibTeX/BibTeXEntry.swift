import JSON

/// An item as the fields of one entry.
struct BibTeXEntry {
  private let item: JSON.Object
  private let type: BibTeXType
  private let key: String
  private var fields: [(name: String, value: String)] = []

  init(_ item: JSON.Object, key: String) {
    (self.item, self.key) = (item, key)
    type = BibTeXType(csl: item["type"]?.string ?? "document", known: item["custom"]?["entry_type"]?.string)
    titles()
    names()
    dates()
    containers()
    numbers()
    publishers()
    identifiers()
    texts()
    others()
  }

  /// The entry, its fields a line each.
  var bytes: [UInt8] {
    var text = "@\(type.name){\(key)"
    for field in fields { text += ",\n  \(field.name) = {\(field.value)}" }
    return Array((text + "\n}\n").utf8)
  }

  /// Adds a field whose value is written as it is.
  mutating func add(_ name: String, _ value: String) { fields.append((name, value)) }

  // MARK: - Members

  private var custom: JSON { item["custom"] ?? [:] }

  private func text(_ member: String) -> String? {
    item[member].flatMap { $0.string ?? $0.int.map(String.init) }
  }

  /// Adds a member as text.
  private mutating func put(_ member: String, as field: BibTeXField) { put(text: text(member), as: field) }

  private mutating func put(text: String?, as field: BibTeXField, protectsCapitals: Bool = false) {
    guard let text, !text.isEmpty else { return }
    add(field.name, TeXEncoder.encode(text, protectsCapitals: protectsCapitals))
  }

  /// Adds what is no TeX, as far as its braces balance.
  private mutating func put(verbatim text: String?, as name: String) {
    guard let text, !text.isEmpty, Self.isBalanced(text) else { return }
    add(name, text)
  }

  /// Whether a text can stand between braces.
  private static func isBalanced(_ text: String) -> Bool {
    var depth = 0
    for byte in text.utf8 {
      if byte.isControl { return false }
      if byte == UInt8(ascii: "{") { depth += 1 }
      if byte == UInt8(ascii: "}") { depth -= 1 }
      if depth < 0 { return false }
    }
    return depth == 0
  }

  private mutating func titles() {
    if var title = text("title") {
      if let subtitle = custom["subtitle"]?.string {
        for joint in [": ", " "] where title.hasSuffix(joint + subtitle) {
          title.removeLast((joint + subtitle).count)
          break
        }
        put(text: title, as: .title, protectsCapitals: true)
        put(text: subtitle, as: .subtitle, protectsCapitals: true)
      } else if let rich = custom["title_rich"]?.string {
        let encoded = TeXEncoder.encode(rich: rich)
        if Self.isBalanced(encoded) { add("title", encoded) } else { put(text: title, as: .title) }
      } else {
        put(text: title, as: .title, protectsCapitals: true)
      }
    }
    put(text: custom["titleaddon"]?.string, as: .titleaddon)
    put("title-short", as: .shorttitle)
  }

  private mutating func names() {
    let incomplete = (custom["et_al"]?.array ?? []).compactMap(\.string)
    var splitter = NameSplitter()
    let directs = item["director"] != nil && item["editor"] == nil
    for (field, member) in [
      (BibTeXField.author, "author"), (.editor, directs ? "director" : "editor"), (.translator, "translator"),
      (.bookauthor, "container-author"),
    ] {
      guard let list = item[member]?.array else { continue }
      // Who made a film is read as its author too.
      if member == "author", directs, item["director"] == item["author"] { continue }
      var written = list.map { BibTeXNames.write(PersonalName($0), &splitter) }
      if incomplete.contains(member) { written.append("others") }
      let value = written.joined(separator: " and ")
      if !value.isEmpty, Self.isBalanced(value) { add(field.name, value) }
    }
    if directs { add("editortype", "director") }
  }

  private mutating func dates() {
    if let date = custom["edtf"]?.string ?? Self.date(item["issued"]) {
      put(verbatim: date, as: "date")
    } else {
      put(text: item["issued"]?["literal"]?.string, as: .year)
    }
    if item["issued"]?["season"] == nil { put(text: custom["month"]?.string, as: .month) }
    for (member, field) in [
      ("accessed", BibTeXField.urldate), ("event-date", .eventdate), ("original-date", .origdate),
    ] {
      put(verbatim: Self.date(item[member]), as: field.name)
    }
  }

  /// A date as BibLaTeX writes it; `nil` for one without a year.
  private static func date(_ date: JSON?) -> String? {
    let parts = (date?["date-parts"]?.array ?? []).map { ($0.array ?? []).compactMap(\.int) }
    guard let first = parts.first, !first.isEmpty, parts.count <= 2 else { return nil }
    let ends = parts.map { part in
      part.prefix(3).enumerated().map { place, number in
        let digits = String(abs(number))
        let width = place == 0 ? 4 : 2
        return (number < 0 ? "-" : "") + String(repeating: "0", count: max(0, width - digits.count)) + digits
      }.joined(separator: "-")
    }
    let season = date?["season"]?.int.map { "-\($0 + 20)" } ?? ""
    return ends.joined(separator: "/") + season + (date?["circa"]?.bool == true ? "~" : "")
  }

  private mutating func containers() {
    let member = text("container-title")
    put(text: member, as: type.isPart ? .booktitle : .journal, protectsCapitals: type.isPart)
    put("container-title-short", as: .shortjournal)
    put("collection-title", as: .series)
    put("event-title", as: .eventtitle)
    put("event-place", as: .venue)
  }

  private mutating func numbers() {
    put("volume", as: .volume)
    if type.hasIssues {
      put("issue", as: item["number"] == nil ? .number : .issue)
      if item["issue"] != nil { put("number", as: .number) }
    } else {
      put("issue", as: .issue)
      let isNumbered = (type.isBook || type.isPart) && item["collection-title"] != nil
      put(isNumbered ? "collection-number" : "number", as: .number)
    }
    if let pages = text("page") {
      // Two hyphens are a dash to TeX, and one hyphen to the reader.
      add(
        "pages",
        TeXEncoder.encode(pages).split(separator: "-", omittingEmptySubsequences: false).joined(separator: "--"))
    }
    put("number-of-pages", as: .pagetotal)
    put("number-of-volumes", as: .volumes)
    put("part-number", as: .part)
    put("chapter-number", as: .chapter)
    put("edition", as: .edition)
    put("version", as: .version)
  }

  private mutating func publishers() {
    let names: [BibTeXField] = [.publisher, .institution, .school, .organization]
    let written = names.filter { custom[$0.name]?.string != nil }
    // The field that is read first, so that the others stay what they are.
    let own: BibTeXField =
      type.isInstitutional ? (type.name.hasSuffix("sthesis") && written.isEmpty ? .school : .institution) : .publisher
    put("publisher", as: own)
    for field in written where field != own { put(text: custom[field.name]?.string, as: field) }
    put("publisher-place", as: .address)
    put("original-publisher", as: .origpublisher)
    put("original-publisher-place", as: .origlocation)
    put("original-title", as: .origtitle)
    if text("genre") != type.genre { put("genre", as: .type) }
  }

  private mutating func identifiers() {
    put(verbatim: text("DOI"), as: "doi")
    put("ISBN", as: .isbn)
    put("ISSN", as: .issn)
    put("PMID", as: .pmid)
    put("PMCID", as: .pmcid)
    put(verbatim: custom["eprint"]?.string, as: "eprint")
    put(text: custom["eprinttype"]?.string, as: .eprinttype)
    put(text: custom["eprintclass"]?.string, as: .eprintclass)
    put(verbatim: text("URL"), as: "url")
  }

  private mutating func texts() {
    put("abstract", as: .abstract)
    put("language", as: .langid)
    put("keyword", as: .keywords)
    put("note", as: .note)
    put("medium", as: .howpublished)
    put("annote", as: .annote)
  }

  private mutating func others() {
    for field in [BibTeXField.xref, .ids, .options, .maintitle, .shortbooktitle] {
      put(verbatim: custom[field.name]?.string, as: field.name)
    }
    if item["director"] == nil { put(verbatim: custom["editortype"]?.string, as: "editortype") }
    let known = BibTeXFieldNames()
    for member in custom["bibtex"]?.object?.members ?? [] {
      let name = Array(member.key.utf8)
      guard !name.isEmpty, name.allSatisfy({ $0.isASCIIWord || $0.isAny(of: "-_+:.*") }), name[0].isASCIILetter,
        name.withUnsafeBufferPointer({ known.field($0) == nil })
      else { continue }
      put(verbatim: member.value.string, as: member.key)
    }
  }
}

/// Names as BibTeX writes them.
enum BibTeXNames {
  /// The shortest form that is read back as the same name.
  static func write(_ name: PersonalName, _ splitter: inout NameSplitter) -> String {
    var forms: [String] = []
    let encode = { (text: String?) in text.map { TeXEncoder.encode($0) } ?? "" }
    if let literal = name.literal {
      forms.append("{\(encode(literal))}")
    } else {
      let family = encode(name.family)
      let given = encode(name.given)
      let suffix = encode(name.suffix)
      let rest = (suffix.isEmpty ? "" : ", \(suffix)") + (given.isEmpty && suffix.isEmpty ? "" : ", \(given)")
      if let particle = name.droppingParticle {
        forms.append("\(encode(particle)) \(family)\(rest)")
        forms.append("\(encode(particle)) {\(family)}\(rest)")
      } else if name.nonDroppingParticle == nil {
        forms.append(family + rest)
        forms.append("{\(family)}" + rest)
        forms.append("{\(family)}" + (suffix.isEmpty ? "" : ", {\(suffix)}") + ", {\(given)}")
      }
      forms.append(byParts(name))
    }
    for form in forms {
      let read = Array(form.utf8).withUnsafeBufferPointer { splitter.list($0) }
      if read.names == [name], !read.hasOthers { return form }
    }
    return forms.last ?? ""
  }

  /// BibLaTeX's form, which names every part.
  private static func byParts(_ name: PersonalName) -> String {
    var parts: [String] = []
    let add = { (key: String, text: String?) in
      if let text { parts.append("\(key)={\(TeXEncoder.encode(text))}") }
    }
    add("family", name.family)
    add("given", name.given)
    add("suffix", name.suffix)
    add("prefix", name.droppingParticle ?? name.nonDroppingParticle)
    if name.nonDroppingParticle != nil { parts.append("useprefix=true") }
    return parts.joined(separator: ", ")
  }
}
