import JSON
import PaperStore
import PluginKit

/// Gives papers with all that the store knows of them.
public struct GetPapers: Method {
  public static let name = "papers.get"

  public struct Parameters: Decodable, Sendable {
    let ids: [String]
    let fields: [String]?
  }

  public struct Output: Encodable, Sendable {
    let papers: [JSON]
  }

  public init() {}

  public func run(_ parameters: Parameters, _ context: Context) throws -> Output {
    let papers = try context.readPapers { reader in try parameters.ids.map(reader.paper) }
    context.display(
      "Papers",
      .table(
        Display.Table(
          columns: ["title", "year", "id"],
          rows: papers.map { [.string($0.title), $0.year.map { JSON($0) } ?? .null, .string($0.uid)] })))
    return Output(papers: papers.map { $0.json(fields: parameters.fields.map(Set.init)) })
  }
}

/// Gives the changes of a paper, the last first, and the merges that it took part in.
public struct PaperHistory: Method {
  public static let name = "papers.history"

  public struct Parameters: Decodable, Sendable {
    let id: String
    let limit: Int
    let cursor: String?
  }

  public struct Output: Encodable, Sendable {
    let items: [JSON]
    let merges: [JSON]
    let next: JSON
  }

  public init() {}

  public func run(_ parameters: Parameters, _ context: Context) throws -> Output {
    let before = try parameters.cursor.map { text in
      guard let rev = Int(text) else {
        throw MethodError.invalidParameter(pointer: "/cursor", expected: "a cursor of papers.history")
      }
      return rev
    }
    let (revisions, merges) = try context.readPapers { reader in
      (
        try reader.history(parameters.id, before: before, limit: parameters.limit + 1),
        try reader.merges(of: parameters.id)
      )
    }
    let shown = revisions.prefix(parameters.limit)
    context.display(
      "History",
      .table(
        Display.Table(
          columns: ["rev", "at", "by", "changed"],
          rows: shown.map { revision in
            [
              JSON(revision.rev), .string(revision.at), .string(revision.actor),
              .string((revision.change.object?.keys ?? []).joined(separator: ", ")),
            ]
          })))
    return Output(
      items: shown.map {
        ["rev": JSON($0.rev), "at": .string($0.at), "actor": .string($0.actor), "change": $0.change]
      },
      merges: merges.map { merge in
        [
          "merge": JSON(merge.id), "at": .string(merge.at), "winner": .string(merge.winner),
          "loser": .string(merge.loser), "reason": .string(merge.reason),
          "undoneAt": merge.undoneAt.map(JSON.string) ?? .null,
        ]
      },
      next: revisions.count > parameters.limit ? shown.last.map { .string("\($0.rev)") } ?? .null : .null)
  }
}

extension PaperReader.StoredPaper {
  /// All that is known of the paper; the members of `fields` alone, beside `id` and `rev`, when they are given.
  func json(fields: Set<String>?) -> JSON {
    var paper: JSON.Object = ["id": .string(uid), "rev": JSON(rev)]
    func add(_ name: String, _ value: @autoclosure () -> JSON?) {
      if fields?.contains(name) ?? true, let value = value() { paper[name] = value }
    }
    add("item", .object(item))
    add("titleRaw", titleRaw.flatMap { $0 == title ? nil : $0 }.map(JSON.string))
    let raw = abstractRaw.map { String(decoding: $0, as: UTF8.self) }
    add("abstractRaw", raw.flatMap { $0 == abstract ? nil : $0 }.map(JSON.string))
    add("identifiers", .array(identifiers.map(\.json)))
    add(
      "links",
      .array(
        links.map {
          [
            "kind": .string($0.kind), "url": $0.url.map(JSON.string) ?? .null, "urlRaw": .string($0.raw),
            "status": .string($0.status),
          ]
        }))
    add("mentions", .array(mentions.map(\.json)))
    add("versions", .array(versions.map(\.json)))
    add("tags", JSON(tags))
    add("labels", .object(labels))
    add("createdAt", .string(createdAt))
    add("updatedAt", .string(updatedAt))
    add("deleted", .bool(isDeleted))
    return .object(paper)
  }
}

extension ImportRecord.Identifier {
  var json: JSON { ["scheme": .string(scheme), "value": .string(value)] }
}

extension ImportRecord.Version {
  fileprivate var json: JSON {
    var version: JSON.Object = ["kind": .string(kind), "label": .string(label)]
    version["identifier"] = identifier?.json
    version["date"] = date.map(JSON.string)
    return .object(version)
  }
}
