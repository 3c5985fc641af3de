import JSON

/// Writes papers as JSON lines, as `papers.parse` does: the item, and what was found in it.
struct RecordLineWriter: FormatWriter {
  init() {}

  mutating func write(_ paper: ExportedPaper) -> [UInt8] {
    var line: JSON.Object = [:]
    line["id"] = paper.id.map(JSON.string)
    line["key"] = paper.item["id"]?.words.map(JSON.string)
    line["item"] = .object(paper.item)
    line["titleRaw"] = paper.titleRaw.map(JSON.string)
    line["abstractRaw"] = paper.abstractRaw.map(JSON.string)
    line["identifiers"] = .array(paper.identifiers.map(\.json))
    line["links"] = .array(
      paper.links.map { link in
        [
          "kind": .string(link.kind.rawValue), "url": link.url.map(JSON.string) ?? .null, "urlRaw": .string(link.raw),
          "status": .string(link.status.rawValue),
        ]
      })
    line["mentions"] = .array(
      paper.mentions.map {
        ["scheme": .string($0.identifier.scheme.rawValue), "value": .string($0.identifier.value)]
      })
    if !paper.tags.isEmpty { line["tags"] = JSON(paper.tags) }
    return JSON.object(line).bytes + [0x0A]
  }
}
