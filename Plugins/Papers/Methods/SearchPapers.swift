import JSON
import PaperStore
import PluginKit

/// Finds papers by words, ranked; takes whatever a person types.
public struct SearchPapers: Method {
  public static let name = "papers.search"

  public struct Parameters: Decodable, Sendable {
    let query: String
    let explain: Bool
    let limit: Int
    let cursor: String?
  }

  public struct Output: Encodable, Sendable {
    let items: [JSON]
    let total: Int
    let relaxed: Bool
    let capped: Bool
    let next: JSON
  }

  public init() {}

  public func run(_ parameters: Parameters, _ context: Context) throws -> Output {
    let offset = try parameters.cursor.map { text in
      guard let offset = Int(text), offset >= 0 else {
        throw MethodError.invalidParameter(pointer: "/cursor", expected: "a cursor of papers.search")
      }
      return offset
    }
    let query = parameters.query
    // A text that is an identifier as a whole names one paper.
    var identifiers: [ImportRecord.Identifier] = []
    if query.utf8.count <= 2048, query.utf8.contains(where: { (0x30...0x39).contains($0) }) {
      identifiers = IdentifierScheme.recognised.compactMap { scheme in
        scheme.read(query).map { ImportRecord.Identifier(scheme.rawValue, $0.value) }
      }
    }
    let start = offset ?? 0
    let result = try context.readPapers { reader in
      try reader.search(
        query, identifiers: identifiers, limit: parameters.limit, offset: start,
        canonical: IdentifierScheme.canonical)
    }
    let end = start + result.hits.count
    context.display(
      "Found",
      .table(
        Display.Table(
          columns: ["", "year", "title", "id"],
          rows: result.hits.enumerated().map { place, hit in
            [JSON(start + place + 1), hit.year.map { JSON($0) } ?? .null, .string(hit.title), .string(hit.uid)]
          })))
    return Output(
      items: result.hits.map { $0.json(explain: parameters.explain) }, total: result.total, relaxed: result.relaxed,
      capped: result.isCapped, next: end < result.total && !result.hits.isEmpty ? .string("\(end)") : .null)
  }
}

extension PaperReader.SearchHit {
  fileprivate func json(explain: Bool) -> JSON {
    var item: JSON.Object = ["id": .string(uid), "title": .string(title), "authors": JSON(authors)]
    item["year"] = year.map { JSON($0) } ?? .null
    item["score"] = .real(score)
    item["snippet"] = .string(snippet)
    if explain {
      item["explain"] = [
        "relevance": .real(relevance), "titlePhrase": .real(titlePhrase), "titleWords": .real(titleWords),
        "recency": .real(recency),
      ]
    }
    return .object(item)
  }
}
