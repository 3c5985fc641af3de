import JSON
import PaperStore
import PluginKit

/// What a program of its own may ask of the paper store, as far as its method declares it: `reads: ["papers"]` for
/// looking, `effects: "writesStore"` for changes.
struct PluginPapers {
  private let context: RunContext

  private static let largestPage = 5_000
  private static let mostOperations = 10_000

  init(_ context: RunContext) { self.context = context }

  // MARK: - Any program

  /// `{query?, fields?, after?, limit?}` → `{items, next}`: papers as a paper set has them, in order of id.
  func query(_ params: JSON) throws -> JSON {
    let query = params["query"]?.string ?? ""
    let after = params["after"]?.string ?? ""
    let limit = params["limit"]?.int ?? 500
    guard (1...Self.largestPage).contains(limit) else {
      throw Fault.parameter("/limit", "expected a number from 1 to \(Self.largestPage)")
    }
    var fields = Set(PaperEntry.Field.allCases)
    if let given = params["fields"]?.array {
      fields = Set(
        try given.map { field in
          guard let known = field.string.flatMap(PaperEntry.Field.init) else {
            let names = PaperEntry.Field.allCases.map(\.rawValue).joined(separator: ", ")
            throw Fault.parameter("/fields", "expected some of: \(names)")
          }
          return known
        })
    }
    var items: [JSON] = []
    var next: JSON = .null
    try context.readPapers { reader in
      let uids = try reader.uids(query: query.isEmpty ? nil : query).drop { $0 <= after }
      for uid in uids.prefix(limit) {
        items.append(try JSON.Encoder().encode(PaperEntry(try reader.paper(uid), fields)))
      }
      if uids.count > limit, let last = uids.prefix(limit).last { next = .string(last) }
    }
    return ["items": .array(items), "next": next]
  }

  /// `{operations}` → `{changed}`; all of them, or none. An operation is `{"op": "tag", id, add?, remove?}`,
  /// `{"op": "update", id, rev, fields}`, `{"op": "delete", id}` or `{"op": "restore", id}`.
  func write(_ params: JSON) throws -> JSON {
    guard let operations = params["operations"]?.array, operations.count <= Self.mostOperations else {
      throw Fault.parameter("/operations", "expected a list of at most \(Self.mostOperations)")
    }
    var changed = 0
    try context.changePapers { writer in
      for (number, operation) in operations.enumerated() {
        let pointer = "/operations/\(number)"
        guard let id = operation["id"]?.string else { throw Fault.parameter("\(pointer)/id", "expected a paper's id") }
        switch operation["op"]?.string {
        case "tag":
          let (add, remove) = (texts(operation["add"]), texts(operation["remove"]))
          changed += try writer.tag([id], add: add, remove: remove)
        case "update":
          guard let rev = operation["rev"]?.int, let fields = operation["fields"]?.object else {
            throw Fault.parameter(pointer, "expected the members rev and fields")
          }
          changed += try writer.edit(id, rev: rev, fields).changes.isEmpty ? 0 : 1
        case "delete": changed += try writer.setDeleted([id], true)
        case "restore": changed += try writer.setDeleted([id], false)
        default: throw Fault.parameter("\(pointer)/op", "expected tag, update, delete or restore")
        }
      }
    }
    return ["changed": JSON(changed)]
  }

  private func texts(_ list: JSON?) -> [String] { list?.array?.compactMap(\.string) ?? [] }

  // MARK: - A program that is built with PluginKit

  /// `{write}` → `{path, batch}`: the store's file, which such a program opens by itself.
  func open(_ params: JSON) throws -> JSON {
    let (path, batch) = try context.openPapers(writing: params["write"]?.bool ?? false)
    return ["path": .string(path), "batch": batch.map { JSON($0) } ?? .null]
  }

  /// `{batch}` → null, after a batch was committed.
  func logBatch(_ params: JSON) throws -> JSON {
    guard let batch = params["batch"]?.int else { throw Fault.parameter("/batch", "expected a number") }
    try context.logBatch(batch)
    return .null
  }
}
