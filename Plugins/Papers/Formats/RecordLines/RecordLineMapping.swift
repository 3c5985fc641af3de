import JSON

/// Our own JSON lines: those of `papers.parse` and of an export (the item and what was found in it), and those of a
/// paper set.
enum RecordLineMapping: JSONMapping {
  static let lists: [StaticString] = []

  static func record(_ element: JSONElement, ordinal: Int) -> JSONOutcome {
    let line = element.object
    if let item = line["item"]?.object { return .record(parsed(element, item, ordinal)) }
    guard line["title"]?.string != nil else { return .unknown(line) }
    return .record(listed(element, ordinal))
  }

  /// A line that holds a whole item.
  private static func parsed(_ element: JSONElement, _ item: JSON.Object, _ ordinal: Int) -> PaperRecord {
    let line = element.object
    var record = PaperRecord(ordinal: ordinal, span: element.span, item: item)
    record.key = line["key"]?.string
    record.rawType = line["rawType"]?.string ?? item["type"]?.string
    record.fields = line
    record.fields["item"] = nil
    record.title = field(element, item["title"], raw: line["titleRaw"], [.key("item"), .key("title")])
    record.abstract = field(element, item["abstract"], raw: line["abstractRaw"], [.key("item"), .key("abstract")])
    record.identifiers = (line["identifiers"]?.array ?? []).compactMap(PaperRecord.Identifier.init)
    record.links = (line["links"]?.array ?? []).compactMap { PaperRecord.Link($0, element.span) }
    record.promises = (line["promises"]?.array ?? []).compactMap { PaperRecord.Link($0, element.span) }
    record.mentions = (line["mentions"]?.array ?? []).compactMap { mention in
      PaperRecord.Identifier(mention).map { PaperRecord.Mention(identifier: $0, span: element.span) }
    }
    return record
  }

  private static func field(
    _ element: JSONElement, _ plain: JSON?, raw: JSON?, _ path: [JSONText.Step]
  ) -> PaperRecord.Field? {
    guard let plain = plain?.string, let range = element.text.range(path) else { return nil }
    return PaperRecord.Field(
      span: element.text.span(range), raw: Array((raw?.string ?? plain).utf8), plain: plain)
  }

  /// A line of a paper set.
  private static func listed(_ element: JSONElement, _ ordinal: Int) -> PaperRecord {
    let line = element.object
    var draft = RecordDraft(element.span, type: "document")
    draft.key = line["id"]?.string
    draft.fields = line
    draft.setTitle(element, [.key("title")])
    draft.setAbstract(element, [.key("abstract")])
    draft.set("author", (line["authors"]?.array ?? []).compactMap { $0.string.map { PersonalName(literal: $0).json } })
    if let year = line["year"]?.int { draft.set("issued", CSLDate(checked: year, nil, nil)) }
    draft.set("container-title", line["container"]?.string)
    var record = draft.record(ordinal)
    record.identifiers = (line["identifiers"]?.array ?? []).compactMap(PaperRecord.Identifier.init)
    for identifier in record.identifiers where identifier.scheme == .doi {
      record.item["DOI"] = .string(identifier.value)
    }
    record.links = (line["links"]?.array ?? []).compactMap { PaperRecord.Link($0, element.span) }
    if let tags = line["tags"], tags.array?.isEmpty == false { record.item["custom"] = ["tags": tags] }
    return record
  }
}

extension PaperRecord.Identifier {
  fileprivate init?(_ json: JSON) {
    guard let scheme = json["scheme"]?.string.flatMap(IdentifierScheme.init(rawValue:)),
      let value = json["value"]?.string
    else { return nil }
    self.init(scheme: scheme, value: value)
  }
}

extension PaperRecord.Link {
  fileprivate init?(_ json: JSON, _ span: ByteSpan) {
    guard let kind = json["kind"]?.string.flatMap(Kind.init(rawValue:)),
      let status = json["status"]?.string.flatMap(Status.init(rawValue:))
    else { return nil }
    let url = json["url"]?.string
    self.init(kind: kind, url: url, raw: json["urlRaw"]?.string ?? url ?? "", status: status, span: span)
  }
}
