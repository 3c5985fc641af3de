import JSON

/// An entry to be appended: its type and the fields that are its own. `v`, `seq`, `prev`, `time`, `hash` and,
/// where the type bears one, `session` are added when it is written.
public struct Entry: Sendable {
  public enum Kind: String, Sendable {
    case logOpen = "log.open"
    case sessionStart = "session.start"
    case sessionEnd = "session.end"
    case imported = "import"
    case runStart = "run.start"
    case runFinish = "run.finish"
    case artifactGC = "artifact.gc"
    case checkpoint
    case recovered
    case note

    /// Entries of these kinds say in which session they were made.
    var bearsSession: Bool {
      switch self {
      case .sessionStart, .sessionEnd, .imported, .runStart, .note: true
      default: false
      }
    }
  }

  public let kind: Kind
  public var fields: JSON.Object

  init(_ kind: Kind, _ fields: JSON.Object) {
    self.kind = kind
    self.fields = fields
  }
}

extension Entry {
  /// The first entry of every log; `by` is the program and its version.
  static func logOpen(store: String, by: String) -> Entry {
    Entry(.logOpen, ["store": .string(store), "format": "quire-log", "by": .string(by)])
  }

  static func sessionStart(environment: JSON) -> Entry { Entry(.sessionStart, ["env": environment]) }

  static func sessionEnd() -> Entry { Entry(.sessionEnd, [:]) }

  /// A run begins.
  public static func runStart(_ run: RunStart) -> Entry { Entry(.runStart, run.fields) }

  /// A run ends, in whatever way.
  public static func runFinish(_ run: RunFinish) -> Entry { Entry(.runFinish, run.fields) }

  /// One committed batch of a run that writes the paper store, or artifacts that were put from outside.
  public static func imported(_ batch: ImportBatch) -> Entry { Entry(.imported, batch.fields) }

  /// Artifacts that are about to be removed from the store.
  static func artifactGC(removed: [ContentHash], reason: String) -> Entry {
    Entry(.artifactGC, ["removed": JSON(removed.map(\.hex)), "reason": .string(reason)])
  }

  /// A checkpoint was given out; `place` says in free text where it was put.
  public static func checkpoint(_ checkpoint: Checkpoint, where place: String) -> Entry {
    Entry(
      .checkpoint,
      ["count": JSON(checkpoint.count), "hash": .string(checkpoint.hash.hex), "where": .string(place)])
  }

  /// What a recovery did: the rule, the bytes it moved, the file it moved them to.
  static func recovered(rule: String, bytes: Int, file: String? = nil, detail: String? = nil) -> Entry {
    var fields: JSON.Object = ["rule": .string(rule), "bytes": JSON(bytes)]
    fields["file"] = file.map(JSON.string)
    fields["detail"] = detail.map(JSON.string)
    return Entry(.recovered, fields)
  }

  /// Words for the record.
  public static func note(_ text: String) -> Entry { Entry(.note, ["text": .string(text)]) }
}
