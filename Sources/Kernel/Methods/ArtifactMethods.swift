import JSON
import RunLog

/// `artifact/read`
struct ArtifactRead: KernelMethod {
  static let name = "artifact/read"
  static let effect = Effect.read

  struct Parameters: Decodable, Sendable {
    enum Form: String, Decodable, Sendable { case inline, path, text }
    var hash: String
    var `as`: Form
    var range: [Int]?
  }

  /// The most bytes that one answer carries.
  private static let largestPart = 64 << 20

  static func run(_ parameters: Parameters, _ call: KernelCall) throws -> JSON {
    let workspace = call.kernel.workspace
    guard let hash = ContentHash(reference: parameters.hash) else {
      throw Fault.parameter("/hash", "expected sha256: and 64 hexadecimal digits")
    }
    let (source, media) = try workspace.openArtifact(hash, at: "/hash")
    var answer: JSON.Object = [
      "hash": .string(hash.reference), "media": .string(media), "bytes": JSON(source.count),
    ]
    if parameters.as == .path {
      answer["path"] = .string(try workspace.log().artifacts.path(of: hash))
      return .object(answer)
    }
    let range = parameters.range.map { ($0[0], $0[1]) } ?? (0, source.count)
    guard range.0 <= range.1, range.1 <= source.count else {
      throw Fault.parameter("/range", "the artifact has \(source.count) bytes")
    }
    guard range.1 - range.0 <= largestPart else {
      throw Fault.parameter("/range", "one answer carries at most \(largestPart >> 20) MiB", hint: "ask for a path")
    }
    let bytes = try source.bytes(at: range.0, count: range.1 - range.0)
    if parameters.as == .text {
      guard let text = String(validating: bytes, as: UTF8.self) else {
        throw Fault.parameter("/as", "the artifact is no UTF-8 text", hint: "ask for it inline")
      }
      answer["text"] = .string(text)
    } else {
      answer["data"] = .string(Base64.encode(bytes))
    }
    return .object(answer)
  }
}

/// `artifact/list`
struct ArtifactList: KernelMethod {
  static let name = "artifact/list"
  static let effect = Effect.read

  struct Parameters: Decodable, Sendable {
    var run, media, cursor: String?
    var limit: Int
  }

  static func run(_ parameters: Parameters, _ call: KernelCall) throws -> JSON {
    let log = try call.kernel.workspace.log()
    let cursor = try parameters.cursor.map { text in
      guard let hash = ContentHash(reference: text) else {
        throw Fault.parameter("/cursor", "expected a cursor of artifact/list")
      }
      return hash
    }
    let records =
      if let run = parameters.run {
        try outputs(of: run, log, after: cursor, media: parameters.media, limit: parameters.limit + 1)
      } else {
        try log.artifactRecords(after: cursor, media: parameters.media, limit: parameters.limit + 1)
      }
    let page = records.prefix(parameters.limit)
    let items = page.map { record -> JSON in
      var item: JSON.Object = [
        "hash": .string(record.hash.reference), "media": .string(record.media), "bytes": JSON(record.bytes),
        "name": .string(record.name),
      ]
      item["run"] = record.run.map(JSON.string)
      return .object(item)
    }
    let next = records.count > page.count ? page.last.map { JSON.string($0.hash.reference) } ?? .null : .null
    return ["items": .array(items), "next": next]
  }

  /// In order of hash, like the list of all.
  private static func outputs(
    of run: String, _ log: LogStore, after cursor: ContentHash?, media: String?, limit: Int
  ) throws -> [ArtifactRecord] {
    var named: Set<ContentHash> = []
    let outputs = try log.run(run).outputs
      .filter { output in
        (media == nil || output.media == media) && (cursor.map { $0.hex < output.hash.hex } ?? true)
          && named.insert(output.hash).inserted
      }
      .sorted { $0.hash.hex < $1.hash.hex }
    return outputs.prefix(limit).map {
      ArtifactRecord(hash: $0.hash, bytes: $0.bytes, media: $0.media, name: $0.name, run: run)
    }
  }
}

/// `artifact/put`
struct ArtifactPut: KernelMethod {
  static let name = "artifact/put"
  static let effect = Effect.write

  struct Parameters: Decodable, Sendable {
    var data, text, path: String?
    var media: String
  }

  static func run(_ parameters: Parameters, _ call: KernelCall) throws -> JSON {
    let log = try call.kernel.workspace.log()
    if case .readOnly(let error) = log.access { throw error }
    let stored: StoredArtifact
    var name = "text"
    if let text = parameters.text {
      stored = try log.artifacts.put(Array(text.utf8))
    } else if let data = parameters.data {
      guard let bytes = Base64.decode(data) else {
        throw Fault.parameter("/data", "no base64", hint: "RFC 4648, section 4, with its padding and no line breaks")
      }
      stored = try log.artifacts.put(bytes)
      name = "data"
    } else {
      let path = parameters.path ?? ""
      let real = try FileAccess(call.caller).existing(path, at: "/path")
      name = Path.lastComponent(real)
      stored = try log.artifacts.put(file: real)
    }
    // An entry names it, so that the collector leaves it and its media type is known.
    let artifact = LoggedInput(name: name, hash: stored.hash, bytes: stored.bytes, media: parameters.media)
    try log.append([.imported(ImportBatch(source: name, artifacts: [artifact]))])
    return ["hash": .string(stored.hash.reference), "bytes": JSON(stored.bytes)]
  }
}

/// `artifact/collect`
struct ArtifactCollect: KernelMethod {
  static let name = "artifact/collect"
  static let effect = Effect.write

  struct Parameters: Decodable, Sendable {
    var maxBytes: Int?
    var dryRun: Bool
  }

  static func run(_ parameters: Parameters, _ call: KernelCall) throws -> JSON {
    let log = try call.kernel.workspace.log()
    if case .readOnly(let error) = log.access { throw error }
    guard log.exists else { return ["removed": 0, "bytes": 0] }
    let removed = try log.collectArtifacts(maxBytes: parameters.maxBytes, dryRun: parameters.dryRun)
    return ["removed": JSON(removed.count), "bytes": JSON(removed.reduce(0) { $0 + $1.bytes })]
  }
}
