import JSON
import TestSupport
import Testing

@testable import PaperStore

@Test func anItemIsTheSameBehindItsColumns() throws {
  for seed in 1...3000 {
    var generated = Generated(seed: UInt64(seed))
    let item = generated.item()
    let again = ItemColumns(item).item
    #expect(again == item, "seed \(seed): \(JSON.object(item).text) became \(JSON.object(again).text)")
  }
}

@Test func anItemIsTheSameBehindTheStore() throws {
  let folder = try TemporaryFolder()
  let store = try PaperStore(path: folder.file("quire.sqlite").path)
  var items: [String: JSON.Object] = [:]
  var records: [ImportRecord] = []
  for seed in 1...400 {
    var generated = Generated(seed: UInt64(seed))
    let item = generated.item()
    let uid = "paper:\(seed)"
    items[uid] = item
    var record = ImportRecord(ordinal: seed, span: seed..<seed + 1, uid: uid, columns: ItemColumns(item))
    // So that no two are taken for one, and none for nothing.
    record.identifiers = [.init("s2", "\(seed)")]
    records.append(record)
  }
  let source = ImportSource(format: "csl-json", name: "a", sha256: "a", parserVersion: "1", bytes: 1, content: nil)
  let plan = try store.write(run: "r", batch: 0) { [records] in try $0.apply(records, from: $0.source(source)) }
  #expect(plan.allSatisfy { $0.decision == .new })
  try store.read { reader in
    for (uid, item) in items {
      let found = try reader.paper(uid).item
      #expect(found == item, "\(uid): \(JSON.object(item).text) became \(JSON.object(found).text)")
    }
  }
  #expect(try store.check() == [])
  // Members that are changed one by one give the other item.
  for seed in 1...200 {
    var generated = Generated(seed: UInt64(seed + 10_000))
    var fields = generated.item()
    for member in items["paper:\(seed)"]?.keys ?? [] where fields[member] == nil { fields[member] = .null }
    let wanted = JSON.Object(distinct: fields.members.filter { !$0.value.isNull })
    _ = try store.write(run: "edit", batch: seed) { [fields] in try $0.edit("paper:\(seed)", rev: 1, fields) }
    let found = try store.read { try $0.paper("paper:\(seed)").item }
    #expect(found == wanted, "seed \(seed): \(JSON.object(wanted).text) became \(JSON.object(found).text)")
  }
  #expect(try store.check() == [])
}

private let names: [(family: String?, given: String?, literal: String?, key: String?)] = [
  ("van den Müller", "Ada", nil, "muller a"), ("García Márquez", "Gabriel", nil, "marquez g"),
  ("Ørsted", nil, nil, "orsted "), (nil, nil, "Ada van den Müller", "muller a"),
  (nil, nil, "Lovelace, Ada", "lovelace a"),
  (nil, nil, "Plato", "plato "), (nil, nil, "!!", nil), ("Łukasiewicz", "J.", nil, "lukasiewicz j"),
]

@Test func namesAreComparedByTheLastWordAndTheFirstInitial() {
  for name in names {
    var author = ItemColumns.Author()
    (author.family, author.given, author.literal) = (name.family, name.given, name.literal)
    #expect(author.nameKey == name.key)
  }
}
