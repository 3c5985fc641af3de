import JSON
import JSONRPC
import Kernel

/// What can be read by an address: papers, artifacts, notebooks that are open, runs with their values and pictures.
struct Resources {
  let kernel: Kernel
  let caller: Caller

  /// The largest artifact that is read whole, in bytes.
  private static let largestArtifact = 8 << 20

  // MARK: - Lists

  func list() throws(Fault) -> [JSON] {
    var found = [
      Self.resource("quire://papers", "papers", "Papers", "All papers of the store, as a list", "text/markdown"),
      Self.resource("quire://runs", "runs", "Runs", "The last runs of the log", "application/json"),
    ]
    let open = try kernel.perform("notebook/list", [:], caller)
    for item in open["items"]?.array ?? [] {
      guard let id = item["notebook"]?.string else { continue }
      found.append(
        Self.resource("quire://notebooks/\(Self.escaped(id))", id, id, "An open notebook's text", "text/markdown"))
    }
    return found
  }

  static let templates: [JSON] = [
    template("quire://papers/{id}", "paper", "A paper", "Title, authors, abstract and identifiers", "text/markdown"),
    template("quire://artifacts/{hash}", "artifact", "An artifact", "A result's file, by its SHA-256", nil),
    template("quire://notebooks/{id}", "notebook", "A notebook", "The text of an open notebook", "text/markdown"),
    template("quire://runs/{run}", "run", "A run", "Its entries in the log", "application/json"),
    template("quire://runs/{run}/value", "value", "A run's value", "What the method answered", "application/json"),
    template(
      "quire://runs/{run}/pictures/{number}", "picture", "A picture", "A picture of a run, counted from 0",
      "image/svg+xml"),
  ]

  private static func resource(
    _ uri: String, _ name: String, _ title: String, _ description: String, _ media: String
  ) -> JSON {
    [
      "uri": .string(uri), "name": .string(name), "title": .string(title), "description": .string(description),
      "mimeType": .string(media),
    ]
  }

  private static func template(
    _ uri: String, _ name: String, _ title: String, _ description: String, _ media: String?
  ) -> JSON {
    var template: JSON = [
      "uriTemplate": .string(uri), "name": .string(name), "title": .string(title), "description": .string(description),
    ]
    if let media { template["mimeType"] = .string(media) }
    return template
  }

  // MARK: - Reading

  /// The contents of an address; `nil` for one that means nothing here.
  func read(_ uri: String) throws(Fault) -> JSON? {
    let scheme = "quire://"
    guard uri.hasPrefix(scheme) else { return nil }
    let parts = uri.dropFirst(scheme.count).split(separator: "/", omittingEmptySubsequences: false)
      .map { Self.unescaped($0) }
    switch parts.count {
    case 1 where parts[0] == "papers": return Self.text(uri, "text/markdown", try papers())
    case 1 where parts[0] == "runs":
      return Self.text(uri, "application/json", try kernel.perform("log/list", [:], caller).prettyText)
    case 2 where parts[0] == "papers": return try paper(parts[1]).map { Self.text(uri, "text/markdown", $0) }
    case 2 where parts[0] == "artifacts": return try artifact(uri, parts[1])
    case 2 where parts[0] == "notebooks":
      let found = try ask("notebook/get", ["notebook": .string(parts[1]), "withText": true])
      return found?["text"]?.string.map { Self.text(uri, "text/markdown", $0) }
    case 2 where parts[0] == "runs":
      return try ask("log/show", ["run": .string(parts[1])]).map { Self.text(uri, "application/json", $0.prettyText) }
    case 3 where parts[0] == "runs" && parts[2] == "value":
      return try output("value", of: parts[1]).map { Self.text(uri, "application/json", $0.text) }
    case 4 where parts[0] == "runs" && parts[2] == "pictures":
      let display = try output("display/\(parts[3])", of: parts[1])
      return display?["data"]?["image/svg+xml"]?.string.map { Self.text(uri, "image/svg+xml", $0) }
    default: return nil
    }
  }

  private static let absences: Set<String> = [
    "store.notFound", "artifact.notFound", "log.notFound", "notebook.notFound", "params.value", "params.schema",
  ]

  /// The answer of a method; `nil` when there is no such thing.
  private func ask(_ method: String, _ params: JSON) throws(Fault) -> JSON? {
    do throws(Fault) {
      return try kernel.perform(method, params, caller)
    } catch {
      if Self.absences.contains(error.kind) { return nil }
      throw error
    }
  }

  private func papers() throws(Fault) -> String {
    let found = try kernel.perform("papers.search", ["query": "", "limit": 1000], caller)
    let items = found["items"]?.array ?? []
    let total = found["total"]?.int ?? items.count
    let lines = items.map { item in
      let year = item["year"]?.int.map { " (\($0))" } ?? ""
      let authors = (item["authors"]?.array ?? []).compactMap(\.string).joined(separator: ", ")
      let id = item["id"]?.string ?? ""
      return "- [\(item["title"]?.string ?? id)](quire://papers/\(id))\(year) \(authors)"
    }
    return "# \(total) papers\n\n" + lines.joined(separator: "\n") + "\n"
  }

  private func paper(_ id: String) throws(Fault) -> String? {
    guard let paper = try ask("papers.get", ["ids": [.string(id)]])?["papers"]?[0] else { return nil }
    let item = paper["item"]
    var text = "# \(item?["title"]?.string ?? paper["titleRaw"]?.string ?? id)\n"
    let authors = (item?["author"]?.array ?? []).compactMap { author in
      author["literal"]?.string
        ?? [author["given"]?.string, author["family"]?.string].compactMap { $0 }.joined(separator: " ")
    }
    if !authors.isEmpty { text += "\n\(authors.joined(separator: ", "))\n" }
    let year = item?["issued"]?["date-parts"]?[0]?[0]?.int.map { "\($0)" }
    let venue = [item?["container-title"]?.string, year].compactMap { $0 }.joined(separator: ", ")
    if !venue.isEmpty { text += "\n\(venue)\n" }
    if let abstract = item?["abstract"]?.string ?? paper["abstractRaw"]?.string { text += "\n\(abstract)\n" }
    for identifier in paper["identifiers"]?.array ?? [] {
      text += "\n- \(identifier["scheme"]?.string ?? ""): \(identifier["value"]?.string ?? "")"
    }
    let tags = (paper["tags"]?.array ?? []).compactMap(\.string)
    if !tags.isEmpty { text += "\n- tags: \(tags.joined(separator: ", "))" }
    return text + "\n"
  }

  private func artifact(_ uri: String, _ name: String) throws(Fault) -> JSON? {
    let hash = JSON.string(name.hasPrefix("sha256:") ? name : "sha256:\(name)")
    guard let about = try ask("artifact/read", ["hash": hash, "as": "path"]) else { return nil }
    let (media, bytes) = (about["media"]?.string ?? "application/octet-stream", about["bytes"]?.int ?? 0)
    guard bytes <= Self.largestArtifact else {
      throw Fault(
        -32602, "params.value",
        "the artifact has \(bytes) bytes; at most \(Self.largestArtifact >> 20) MiB are read whole",
        hint: "artifact_read takes a range, or gives the file's path")
    }
    let isText = media.hasPrefix("text/") || media.contains("json") || media.contains("xml")
    if isText, let text = try ask("artifact/read", ["hash": hash, "as": "text"])?["text"]?.string {
      return Self.text(uri, media, text)
    }
    let data = try kernel.perform("artifact/read", ["hash": hash], caller)["data"] ?? ""
    return ["contents": [["uri": .string(uri), "mimeType": .string(media), "blob": data]]]
  }

  /// A value or a display of a run, from its artifact.
  private func output(_ name: String, of run: String) throws(Fault) -> JSON? {
    let entries = try ask("log/show", ["run": .string(run)])?["entries"]?.array ?? []
    let outputs = entries.compactMap { $0["outputs"]?.array }.joined()
    guard let hash = outputs.first(where: { $0["name"]?.string == name })?["sha256"]?.string else { return nil }
    let read = try ask("artifact/read", ["hash": .string("sha256:\(hash)"), "as": "text"])
    return read?["text"]?.string.flatMap { try? JSON.parse($0) }
  }

  private static func text(_ uri: String, _ media: String, _ text: String) -> JSON {
    ["contents": [["uri": .string(uri), "mimeType": .string(media), "text": .string(text)]]]
  }

  // MARK: - Addresses

  private static let plain = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~:".utf8)

  static func escaped(_ text: String) -> String {
    var escaped = ""
    for byte in text.utf8 {
      if plain.contains(byte) {
        escaped.unicodeScalars.append(Unicode.Scalar(byte))
      } else {
        let digits = String(byte, radix: 16, uppercase: true)
        escaped += digits.count == 1 ? "%0\(digits)" : "%\(digits)"
      }
    }
    return escaped
  }

  static func unescaped(_ text: Substring) -> String {
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "%"), rest.count >= 2,
        let code = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
      {
        bytes.append(code)
        rest = rest.dropFirst(2)
      } else {
        bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
