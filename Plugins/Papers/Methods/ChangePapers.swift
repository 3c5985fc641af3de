import JSON
import PaperStore
import PluginKit

/// Makes two papers one, or says that they are two works.
public struct MergePapers: Method {
  public static let name = "papers.merge"

  public struct Parameters: Decodable, Sendable {
    let winner: String
    let loser: String
    let refuse: Bool
  }

  public struct Output: Encodable, Sendable {
    let merge: JSON
    let winner: String
    let loser: String
    let changes: [JSON]
  }

  public init() {}

  public func run(_ parameters: Parameters, _ context: Context) throws -> Output {
    let (winner, loser) = (parameters.winner, parameters.loser)
    if parameters.refuse {
      try context.changePapers { try $0.refuse(winner, loser) }
      context.display("Two works", .text("\(winner) and \(loser) are not suggested again"))
      return Output(merge: .null, winner: winner, loser: loser, changes: [])
    }
    let merged = try context.changePapers { try $0.merge(winner, loser, reason: "a person's choice") }
    context.display("Merged", .table(FieldChange.table(merged.changes)))
    return Output(
      merge: JSON(merged.id), winner: merged.winner, loser: merged.loser, changes: merged.changes.map(\.json))
  }
}

/// Takes a merge back.
public struct UnmergePapers: Method {
  public static let name = "papers.unmerge"

  public struct Parameters: Decodable, Sendable {
    let merge: Int
  }

  public struct Output: Encodable, Sendable {
    let undone: Bool
    let conflicts: [JSON]
  }

  public init() {}

  public func run(_ parameters: Parameters, _ context: Context) throws -> Output {
    let conflicts = try context.changePapers { try $0.undoMerge(parameters.merge) }
    context.display(
      "Merge \(parameters.merge)",
      conflicts.isEmpty
        ? .text("both papers are as they were")
        : .table(
          Display.Table(
            columns: ["paper", "changed since", "rev", "by"],
            rows: conflicts.map { [.string($0.paper), .string($0.field), JSON($0.rev), .string($0.actor)] })))
    return Output(
      undone: conflicts.isEmpty,
      conflicts: conflicts.map {
        ["paper": .string($0.paper), "field": .string($0.field), "rev": JSON($0.rev), "actor": .string($0.actor)]
      })
  }
}

/// Gives members of a paper's item other values, by a person's hand.
public struct UpdatePaper: Method {
  public static let name = "papers.update"

  public struct Parameters: Decodable, Sendable {
    let id: String
    let rev: Int
    let fields: JSON
  }

  public struct Output: Encodable, Sendable {
    let id: String
    let rev: Int
    let changes: [JSON]
  }

  public init() {}

  public func run(_ parameters: Parameters, _ context: Context) throws -> Output {
    let fields = parameters.fields.object ?? [:]
    for field in fields.members { try check(field.key, field.value) }
    let (rev, changes) = try context.changePapers { writer in
      try writer.edit(parameters.id, rev: parameters.rev, fields)
    }
    context.display("Changed", .table(FieldChange.table(changes)))
    return Output(id: parameters.id, rev: rev, changes: changes.map(\.json))
  }

  /// Refuses what no reader of CSL-JSON could make sense of.
  private func check(_ member: String, _ value: JSON) throws {
    let (isRight, expected): (Bool, String) =
      switch CSLVocabulary.kind(member) {
      case _ where value.isNull: (member != "type", "a type, which a paper cannot be without")
      case .names:
        (value.array?.allSatisfy { !PersonalName($0).isEmpty } ?? false, "a list of names as CSL-JSON has them")
      case .date: (value["date-parts"] != nil || value["literal"] != nil, "a date as CSL-JSON has it")
      case .number: (value.string != nil || value.int != nil, "a text or a whole number")
      case .text: (value.string != nil, "a text")
      case nil where member == "type": (CSLVocabulary.types.contains(value.string ?? ""), "one of CSL's types")
      case nil where member == "labels":
        (value.object?.members.allSatisfy { $0.value.string != nil || $0.value.isNull } ?? false, "texts by set")
      case nil: (member == "custom" || member == "id", "a member of a CSL-JSON item, or labels")
      }
    guard isRight else { throw MethodError.invalidParameter(pointer: "/fields/\(member)", expected: expected) }
  }
}

/// Takes papers out of sight, or brings them back.
public struct DeletePapers: Method {
  public static let name = "papers.delete"

  public struct Parameters: Decodable, Sendable {
    let ids: [String]
    let restore: Bool
  }

  public struct Output: Encodable, Sendable {
    let deleted: Int
    let restored: Int
  }

  public init() {}

  public func run(_ parameters: Parameters, _ context: Context) throws -> Output {
    let count = try context.changePapers { try $0.setDeleted(parameters.ids, !parameters.restore) }
    context.display(
      "Papers", .text("\(count) \(parameters.restore ? "brought back" : "deleted"), of \(parameters.ids.count)"))
    return Output(deleted: parameters.restore ? 0 : count, restored: parameters.restore ? count : 0)
  }
}

extension FieldChange {
  static func table(_ changes: [FieldChange]) -> Display.Table {
    Display.Table(
      columns: ["field", "was", "is", "why"],
      rows: changes.map { [.string($0.field), $0.old ?? .null, $0.new ?? .null, .string($0.rule)] })
  }
}
