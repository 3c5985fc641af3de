import JSON
import PaperStore
import PluginKit

/// Writes papers of the store as a file of a reference manager.
public struct ExportPapers: Method {
  public static let name = "papers.export"

  public struct Parameters: Decodable, Sendable {
    let papers: PapersReference?
    let query: String?
    let format: String
  }

  public struct Output: Encodable, Sendable {
    let file: ArtifactReference
    let count: Int
    let format: String
    let warnings: [Warning]
  }

  /// Papers that are read from one snapshot: between pages the store's log can be folded in.
  private static let page = 1_000

  public init() {}

  public func run(_ parameters: Parameters, _ context: Context) throws -> Output {
    guard let format = ExportFormat(rawValue: parameters.format) else {
      throw MethodError.invalidParameter(
        pointer: "/format", expected: "one of \(ExportFormat.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    let ids = try parameters.papers.map { try context.papers($0).ids }
    let uids = try context.readPapers { reader in
      try reader.uids(query: parameters.query, ids: ids, canonical: IdentifierScheme.canonical)
    }
    var writer = format.writer.init()
    var keys = CitationKeys()
    let file = try context.artifact("file", format.media) { file in
      try file.write(writer.begin())
      for start in stride(from: 0, to: uids.count, by: Self.page) {
        try context.checkCancellation()
        let page = uids[start..<min(uids.count, start + Self.page)]
        let papers = try context.readPapers { reader in try page.map { try reader.paper($0) } }
        for paper in papers { try file.write(writer.write(ExportedPaper(paper, &keys))) }
        context.progress(page.endIndex, of: uids.count, "paper \(page.endIndex) of \(uids.count)")
      }
      try file.write(writer.end())
    }
    var warnings: [Warning] = []
    if keys.changed > 0 {
      warnings.append(
        Warning("key.repeated", "\(keys.changed) papers came with the key of another one and got a number behind it"))
    }
    for warning in warnings { context.warn(warning.code, warning.message) }
    context.display("Export", .text("\(uids.count) papers as \(format.rawValue)"))
    return Output(file: file, count: uids.count, format: format.rawValue, warnings: warnings)
  }
}

/// Citation keys of one file: as they came, and each once.
private struct CitationKeys {
  private var used: Set<String> = []
  private(set) var changed = 0

  mutating func unique(_ key: String) -> String {
    if used.insert(key).inserted { return key }
    changed += 1
    var number = 2
    while !used.insert("\(key)-\(number)").inserted { number += 1 }
    return "\(key)-\(number)"
  }
}

extension ExportedPaper {
  fileprivate init(_ paper: PaperReader.StoredPaper, _ keys: inout CitationKeys) {
    var item = paper.item
    let key = item["id"].map { $0.string ?? $0.text } ?? paper.uid
    let unique = keys.unique(key)
    if unique != key || item["id"] == nil { item["id"] = .string(unique) }
    // An identifier that was found in the text is said where other programs look for it.
    let members = ["doi": "DOI", "pmid": "PMID", "pmcid": "PMCID", "isbn": "ISBN"]
    for identifier in paper.identifiers {
      guard let member = members[identifier.scheme], item[member] == nil else { continue }
      item[member] = .string(identifier.value)
    }
    self.init(id: paper.uid, item: item)
    titleRaw = paper.titleRaw.flatMap { $0 == paper.title ? nil : $0 }
    abstractRaw = paper.abstractRaw.map { String(decoding: $0, as: UTF8.self) }.flatMap {
      $0 == paper.abstract ? nil : $0
    }
    identifiers = paper.identifiers.compactMap { identifier in
      IdentifierScheme(rawValue: identifier.scheme).map { .init(scheme: $0, value: identifier.value) }
    }
    links = paper.links.compactMap { link in
      guard let kind = PaperRecord.Link.Kind(rawValue: link.kind),
        let status = PaperRecord.Link.Status(rawValue: link.status)
      else { return nil }
      return PaperRecord.Link(kind: kind, url: link.url, raw: link.raw, status: status, span: ByteSpan(0, 0))
    }
    mentions = paper.mentions.compactMap { mention in
      IdentifierScheme(rawValue: mention.scheme).map {
        PaperRecord.Mention(identifier: .init(scheme: $0, value: mention.value), span: ByteSpan(0, 0))
      }
    }
    tags = paper.tags
  }
}

extension ExportFormat {
  var media: MediaType {
    switch self {
    case .cslJSON: MediaType("application/vnd.citationstyles.csl+json")
    case .bibtex: MediaType("application/x-bibtex")
    case .ris: MediaType("application/x-research-info-systems")
    case .records: .jsonLines
    }
  }
}
