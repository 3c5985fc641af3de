import JSON

/// A row of the list of runs.
public struct RunSummary: Sendable, Equatable {
  public let run: String
  /// The sequence number of `run.start`; it orders runs and is the cursor of a list.
  public let seq: Int
  public let method: String
  /// When it began: UTC, for people.
  public let time: String
  public let session: String?
  public let notebook: String?
  public let cell: String?
  public let key: String?
  /// `nil` while the run has no end in the log.
  public let state: RunState?
  public let elapsedMilliseconds: Double?
  public let cachedFrom: String?
  /// `nil` for a run without a value.
  public let outputs: OutputDigests?
}

/// What the outputs of a run are, as the index keeps it: enough to look for a result without reading the log.
public struct OutputDigests: Sendable, Equatable {
  struct File: Equatable {
    let hash: ContentHash
    let bytes: Int
  }

  /// `hash:bytes` of the value, and behind a blank each of the other artifacts: `hash:bytes:name` of one that the value
  /// names (blanks in names are `%20`), `hash:bytes` of a display.
  let text: String

  init(text: String) { self.text = text }

  /// `nil` when there is no value among them.
  init?(_ outputs: [JSON]) {
    let outputs = outputs.compactMap { LoggedOutput($0) }
    guard let value = outputs.firstIndex(where: { $0.name == "value" }) else { return nil }
    let others = outputs[..<value] + outputs[(value + 1)...]
    let pieces = others.map { other in
      "\(other.hash.hex):\(other.bytes)" + (other.determinism == nil ? "" : ":" + Self.escaped(other.name))
    }
    text = (["\(outputs[value].hash.hex):\(outputs[value].bytes)"] + pieces).joined(separator: " ")
  }

  private static func escaped(_ name: String) -> String {
    name.replacing("%", with: "%25").replacing(" ", with: "%20")
  }

  /// The hash of the value.
  public var value: String { String(text.prefix { $0 != ":" }) }

  /// Each artifact, the value first; `nil` when the index holds something else.
  var files: [File]? {
    var files: [File] = []
    for piece in text.utf8.split(separator: UInt8(ascii: " ")) {
      guard piece.count > 65, let hash = ContentHash(hex: String(Substring(piece.prefix(64)))),
        let bytes = Int(Substring(piece.dropFirst(65).prefix { $0 != UInt8(ascii: ":") }))
      else { return nil }
      files.append(File(hash: hash, bytes: bytes))
    }
    return files
  }

  /// The hash of the artifact that the value holds under a name, a pointer without its first slash.
  public func artifact(_ name: String) -> ContentHash? {
    let ending = Array((":" + Self.escaped(name)).utf8)
    for piece in text.utf8.split(separator: UInt8(ascii: " ")).dropFirst() {
      guard let colon = piece.dropFirst(65).firstIndex(of: UInt8(ascii: ":")), piece[colon...].elementsEqual(ending)
      else { continue }
      return ContentHash(hex: String(Substring(piece.prefix(64))))
    }
    return nil
  }
}

/// A run as the log tells it: its entries, read and checked.
public struct RunRecord: Sendable {
  public let start: LoggedEntry
  /// `nil` while the run has no end in the log.
  public let finish: LoggedEntry?

  public var run: String { start.object["run"]?.string ?? "" }
  public var method: String { start.object["method"]?.string ?? "" }
  public var params: JSON { start.object["params"] ?? .object([:]) }
  public var seed: Int? { start.object["seed"]?.int }
  public var key: ContentHash? { start.object["key"]?.string.flatMap { ContentHash(hex: $0) } }
  public var threads: Int { start.object["threads"]?.int ?? 1 }
  public var cell: String? { start.object["cell"]?.string }
  public var notebook: String? { start.object["notebook"]?["name"]?.string }
  public var numeric: NumericLibrary? { start.object["num"].flatMap(NumericLibrary.init) }
  public var inputs: [LoggedInput] { start.object["inputs"]?.array?.compactMap(LoggedInput.init) ?? [] }

  public var plugin: PluginIdentity? {
    guard let plugin = start.object["plugin"], let id = plugin["id"]?.string, let version = plugin["version"]?.string
    else { return nil }
    return PluginIdentity(id: id, version: version, build: plugin["build"]?.string)
  }

  public var state: RunState? { finish?.object["state"]?.string.flatMap(RunState.init) }
  public var outputs: [LoggedOutput] { finish?.object["outputs"]?.array?.compactMap(LoggedOutput.init) ?? [] }
  public var error: JSON? { finish?.object["error"] }
  public var elapsedMilliseconds: Double? { finish?.object["elapsed_ms"]?.double }
  public var cachedFrom: String? { finish?.object["cached_from"]?.string }
}

/// What the log says of an artifact.
public struct ArtifactRecord: Sendable, Equatable {
  public let hash: ContentHash
  public let bytes: Int
  public let media: String
  /// The name under which it was first logged.
  public let name: String
  /// The run that made it; `nil` for one that came from outside.
  public let run: String?

  public init(hash: ContentHash, bytes: Int, media: String, name: String, run: String?) {
    (self.hash, self.bytes, self.media, self.name, self.run) = (hash, bytes, media, name, run)
  }
}
