import JSON

/// An input of a run, or an artifact that came from outside.
///
/// One with `file` stays where it is and is not in the artifact store: `file` is its path from the workspace's
/// folder (the name alone when it lies outside), `array` what stood behind `#`.
public struct LoggedInput: Sendable, Equatable {
  public var name: String
  public var hash: ContentHash
  public var bytes: Int
  public var media: String
  public var file: String?
  public var array: String?

  public init(
    name: String, hash: ContentHash, bytes: Int, media: String, file: String? = nil, array: String? = nil
  ) {
    self.name = name
    self.hash = hash
    self.bytes = bytes
    self.media = media
    self.file = file
    self.array = array
  }

  var json: JSON {
    var object: JSON.Object = [
      "name": .string(name), "sha256": .string(hash.hex), "bytes": JSON(bytes), "media": .string(media),
    ]
    object["file"] = file.map(JSON.string)
    object["array"] = array.map(JSON.string)
    return .object(object)
  }

  init?(_ json: JSON) {
    guard let hash = json["sha256"]?.string.flatMap({ ContentHash(hex: $0) }), let bytes = json["bytes"]?.int
    else { return nil }
    self.init(
      name: json["name"]?.string ?? "", hash: hash, bytes: bytes,
      media: json["media"]?.string ?? "application/octet-stream", file: json["file"]?.string,
      array: json["array"]?.string)
  }
}

/// An output of a run: an artifact, and how exactly a replay must meet it (`class` of section 9.3: `exact`,
/// `bitwise`, `tolerance`, `none`, with the relative and the absolute tolerance where they are declared).
public struct LoggedOutput: Sendable, Equatable {
  public var name: String
  public var hash: ContentHash
  public var bytes: Int
  public var media: String
  public var determinism: String?
  public var relativeTolerance: Double?
  public var absoluteTolerance: Double?

  public init(
    name: String, hash: ContentHash, bytes: Int, media: String, determinism: String? = nil,
    relativeTolerance: Double? = nil, absoluteTolerance: Double? = nil
  ) {
    self.name = name
    self.hash = hash
    self.bytes = bytes
    self.media = media
    self.determinism = determinism
    self.relativeTolerance = relativeTolerance
    self.absoluteTolerance = absoluteTolerance
  }

  var json: JSON {
    var object: JSON.Object = [
      "name": .string(name), "sha256": .string(hash.hex), "bytes": JSON(bytes), "media": .string(media),
    ]
    object["class"] = determinism.map(JSON.string)
    object["rtol"] = relativeTolerance.map(JSON.real)
    object["atol"] = absoluteTolerance.map(JSON.real)
    return .object(object)
  }

  init?(_ json: JSON) {
    guard let hash = json["sha256"]?.string.flatMap({ ContentHash(hex: $0) }), let bytes = json["bytes"]?.int
    else { return nil }
    self.init(
      name: json["name"]?.string ?? "", hash: hash, bytes: bytes,
      media: json["media"]?.string ?? "application/octet-stream", determinism: json["class"]?.string,
      relativeTolerance: json["rtol"]?.double, absoluteTolerance: json["atol"]?.double)
  }
}

/// The fields of `run.start`. `params`, `inputs`, `seed`, `plugin` and `numeric` are those of the cache key;
/// a run whose `key` is `nil` never becomes a cached result.
public struct RunStart: Sendable {
  public struct NotebookText: Sendable, Equatable {
    public var name: String
    public var hash: ContentHash
    public var bytes: Int

    public init(name: String, hash: ContentHash, bytes: Int) {
      self.name = name
      self.hash = hash
      self.bytes = bytes
    }
  }

  public var run: String
  public var method: String
  public var plugin: PluginIdentity
  public var params: JSON
  public var inputs: [LoggedInput]
  public var seed: Int?
  public var key: ContentHash?
  public var threads: Int
  public var numeric: NumericLibrary?
  public var cell: String?
  public var notebook: NotebookText?

  public init(
    run: String = UUIDv7.next(), method: String, plugin: PluginIdentity, params: JSON, inputs: [LoggedInput] = [],
    seed: Int? = nil, key: ContentHash? = nil, threads: Int = 1, numeric: NumericLibrary? = nil, cell: String? = nil,
    notebook: NotebookText? = nil
  ) {
    self.run = run
    self.method = method
    self.plugin = plugin
    self.params = params
    self.inputs = inputs
    self.seed = seed
    self.key = key
    self.threads = threads
    self.numeric = numeric
    self.cell = cell
    self.notebook = notebook
  }

  var fields: JSON.Object {
    var fields: JSON.Object = [
      "run": .string(run), "method": .string(method), "plugin": plugin.json, "params": params,
      "inputs": .array(inputs.map(\.json)), "threads": JSON(threads),
    ]
    fields["seed"] = seed.map { JSON($0) }
    fields["key"] = key.map { .string($0.hex) }
    fields["num"] = numeric?.json
    fields["cell"] = cell.map(JSON.string)
    fields["notebook"] = notebook.map {
      ["name": .string($0.name), "sha256": .string($0.hash.hex), "bytes": JSON($0.bytes), "media": "text/markdown"]
    }
    return fields
  }
}

/// How a run ended.
public enum RunState: String, Sendable {
  case ok, failed, cancelled, cached
}

/// The fields of `run.finish`.
public struct RunFinish: Sendable {
  public var run: String
  public var state: RunState
  public var outputs: [LoggedOutput]
  public var error: JSON?
  public var elapsedMilliseconds: Double
  public var cachedFrom: String?
  public var stderrTail: String?

  public init(
    run: String, state: RunState, outputs: [LoggedOutput] = [], error: JSON? = nil, elapsedMilliseconds: Double,
    cachedFrom: String? = nil, stderrTail: String? = nil
  ) {
    self.run = run
    self.state = state
    self.outputs = outputs
    self.error = error
    self.elapsedMilliseconds = elapsedMilliseconds
    self.cachedFrom = cachedFrom
    self.stderrTail = stderrTail
  }

  /// What a run gets whose process is gone (recovery rule d).
  static func processDied(_ run: String) -> RunFinish {
    let error: JSON = [
      "kind": "plugin.crashed", "code": "E404", "message": "the process that ran this ended before the run did",
    ]
    return RunFinish(run: run, state: .failed, error: error, elapsedMilliseconds: 0)
  }

  var fields: JSON.Object {
    // Microseconds are enough, and the log stays readable.
    let elapsed = elapsedMilliseconds.isFinite ? (elapsedMilliseconds * 1000).rounded() / 1000 : 0
    var fields: JSON.Object = [
      "run": .string(run), "state": .string(state.rawValue), "outputs": .array(outputs.map(\.json)),
      "elapsed_ms": .real(elapsed),
    ]
    fields["error"] = error
    fields["cached_from"] = cachedFrom.map(JSON.string)
    fields["stderr_tail"] = stderrTail.map { .string(RunFinish.tail($0)) }
    return fields
  }

  /// The last 4 KiB at most, beginning at a whole character.
  private static func tail(_ text: String) -> String {
    let bytes = Array(text.utf8.suffix(4096))
    return String(decoding: bytes.drop { $0 & 0xC0 == 0x80 }, as: UTF8.self)
  }
}

/// The fields of `import`. Verify demands each of `artifacts` that has no `file`.
public struct ImportBatch: Sendable {
  public struct Counts: Sendable, Equatable {
    public var added: Int
    public var changed: Int
    public var same: Int
    public var refused: Int

    public init(added: Int = 0, changed: Int = 0, same: Int = 0, refused: Int = 0) {
      self.added = added
      self.changed = changed
      self.same = same
      self.refused = refused
    }

    var json: JSON {
      ["added": JSON(added), "changed": JSON(changed), "same": JSON(same), "refused": JSON(refused)]
    }
  }

  public var run: String?
  public var batch: Int?
  public var source: String?
  public var artifacts: [LoggedInput]
  public var counts: Counts?

  public init(
    run: String? = nil, batch: Int? = nil, source: String? = nil, artifacts: [LoggedInput] = [],
    counts: Counts? = nil
  ) {
    self.run = run
    self.batch = batch
    self.source = source
    self.artifacts = artifacts
    self.counts = counts
  }

  var fields: JSON.Object {
    var fields: JSON.Object = ["artifacts": .array(artifacts.map(\.json))]
    fields["run"] = run.map(JSON.string)
    fields["batch"] = batch.map { JSON($0) }
    fields["source"] = source.map(JSON.string)
    fields["counts"] = counts?.json
    return fields
  }
}

/// A row of the paper store's `commit_log`: a batch that the store holds, whether the log names it or not.
public struct CommitRecord: Sendable {
  public var run: String
  public var batch: Int
  public var counts: ImportBatch.Counts

  public init(run: String, batch: Int, counts: ImportBatch.Counts) {
    self.run = run
    self.batch = batch
    self.counts = counts
  }
}
