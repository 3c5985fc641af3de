import Foundation
import JSON
import TestSupport
import Testing

private let plugin = SharedData.packageRoot.appendingPathComponent("Tests/EndToEnd/Plugin").path

/// Two papers in a store, and a program of its own that asks the host for them.
private struct Store {
  let workspace: TemporaryFolder
  let client: Client
  let ids: [String]

  init() throws {
    workspace = try TemporaryFolder()
    client = try Client(in: workspace.path, arguments: ["--plugin", plugin])
    let items: JSON = [
      ["id": "a", "type": "article", "title": "Attention Is All You Need", "abstract": "Attention alone."],
      ["id": "b", "type": "article", "title": "Deep Residual Learning", "issued": ["date-parts": [[2016]]]],
    ]
    _ = try client.call("papers.import", ["text": .string(items.text)])
    let found = try client.call("papers.search", ["query": "", "limit": 10])["items"]?.array ?? []
    ids = found.compactMap { $0["id"]?.string }.sorted()
  }

  /// The host's answer to a question that a method of the program asks.
  func ask(_ method: String, _ question: String, _ params: JSON) throws -> JSON {
    try client.call(method, ["mode": "ask", "question": .string(question), "asked": params])["answered"] ?? .null
  }
}

@Test func aProgramOfItsOwnReadsPapersInPages() throws {
  let store = try Store()
  #expect(store.ids.count == 2)
  let first = try store.ask("trial.look", "host/papers.query", ["limit": 1])["result"]
  #expect(first?["items"]?.array?.map { $0["id"] } == [.string(store.ids[0])])
  let second = try store.ask("trial.look", "host/papers.query", ["limit": 1, "after": first?["next"] ?? .null])[
    "result"]
  #expect(second?["items"]?.array?.map { $0["id"] } == [.string(store.ids[1])] && second?["next"]?.isNull == true)
  let found = try store.ask(
    "trial.look", "host/papers.query", ["query": "attention", "fields": ["abstract"]])["result"]?["items"]
  #expect(found?.array?.count == 1)
  #expect(found?[0]?["title"] == "Attention Is All You Need" && found?[0]?["abstract"] == "Attention alone.")
  #expect(try store.ask("trial.look", "host/papers.query", ["limit": 0])["error"]?["code"] == -32602)
  #expect(try store.ask("trial.look", "host/papers.query", ["fields": ["colour"]])["error"]?["code"] == -32602)
  #expect(try store.client.end() == 0)
}

@Test func aProgramOfItsOwnChangesAllOrNothing() throws {
  let store = try Store()
  let id: JSON = .string(store.ids[0])
  let operations: JSON = [
    ["op": "tag", "id": id, "add": ["read"]], ["op": "update", "id": id, "rev": 2, "fields": ["note": "again"]],
  ]
  let answer = try store.ask("trial.change", "host/papers.write", ["operations": operations])
  #expect(answer["result"]?["changed"] == 2, "\(answer.text)")
  let wrong: JSON = [["op": "tag", "id": id, "add": ["lost"]], ["op": "paint", "id": id]]
  #expect(try store.ask("trial.change", "host/papers.write", ["operations": wrong])["error"]?["code"] == -32602)
  let paper = try store.client.call("papers.get", ["ids": [id]])["papers"]?[0]
  #expect(paper?["tags"] == ["read"] && paper?["item"]?["note"] == "again", "\(paper?.text ?? "")")
  #expect(try store.client.call("log/verify")["ok"] == true)
  #expect(try store.client.end() == 0)
}

@Test func whatAMethodDoesNotDeclareItIsRefused() throws {
  let store = try Store()
  let refused: [(method: String, question: String)] = [
    ("trial.behave", "host/papers.query"), ("trial.behave", "host/papers.write"), ("trial.look", "host/papers.write"),
    ("trial.behave", "host/papers.open"), ("trial.look", "host/papers.logBatch"),
  ]
  for (method, question) in refused {
    let params: JSON = ["operations": [], "batch": 0]
    let error = try store.ask(method, question, params)["error"]
    #expect(
      error?["message"]?.string?.contains("does not declare") == true, "\(method) \(question): \(error?.text ?? "")")
  }
  let writing = try store.ask("trial.look", "host/papers.open", ["write": true])["error"]
  #expect(writing?["message"]?.string?.contains("does not declare") == true)
  #expect(try store.client.end() == 0)
}
