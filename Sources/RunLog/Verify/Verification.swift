import JSON

/// What a verify of a log found.
public struct Verification: Sendable {
  public enum ErrorCode: String, Sendable {
    case parse
    case notCanonical = "not_canonical"
    case hashMismatch = "hash_mismatch"
    case prevMismatch = "prev_mismatch"
    case seqGap = "seq_gap"
    case segmentGap = "segment_gap"
    case unknownVersion = "unknown_version"
    case foreignStore = "foreign_store"
    case empty
    case headMissing = "head_missing"
    case headMismatch = "head_mismatch"
    /// HEAD counts more entries than there are: the log was truncated.
    case headAhead = "head_ahead"
    case artifactMissing = "artifact_missing"
    case artifactSize = "artifact_size"
    case artifactMismatch = "artifact_mismatch"
    case checkpointAhead = "checkpoint_ahead"
    case checkpointMismatch = "checkpoint_mismatch"
    case formatMissing = "format_missing"
  }

  public enum WarningCode: String, Sendable {
    case headBehind = "head_behind"
    case tornTail = "torn_tail"
    case runUnfinished = "run_unfinished"
    case orphanArtifact = "orphan_artifact"
  }

  /// One thing that was found: at an entry (`seq`, its position in the log), or about something with a name
  /// (a segment, a run, an artifact).
  public struct Finding<Code: RawRepresentable<String> & Sendable>: Sendable {
    public let code: Code
    public let seq: Int?
    public let name: String?
    public let detail: String

    var json: JSON {
      var object: JSON.Object = ["code": .string(code.rawValue)]
      object["seq"] = seq.map { JSON($0) }
      object["name"] = name.map(JSON.string)
      object["detail"] = .string(detail)
      return .object(object)
    }
  }

  public internal(set) var errors: [Finding<ErrorCode>] = []
  public internal(set) var warnings: [Finding<WarningCode>] = []
  /// How many entries there are, and the hash that the last one states.
  public internal(set) var count = 0
  public internal(set) var hash: String?
  public internal(set) var artifactsChecked = 0
  public internal(set) var bytesChecked = 0
  /// Findings beyond the first 10,000 of each kind, which are counted only.
  public internal(set) var omitted = 0

  public var ok: Bool { errors.isEmpty }

  private static let limit = 10_000

  mutating func add(_ code: ErrorCode, seq: Int? = nil, name: String? = nil, _ detail: String) {
    guard errors.count < Verification.limit else {
      omitted += 1
      return
    }
    errors.append(Finding(code: code, seq: seq, name: name, detail: detail))
  }

  mutating func warn(_ code: WarningCode, seq: Int? = nil, name: String? = nil, _ detail: String) {
    guard warnings.count < Verification.limit else {
      omitted += 1
      return
    }
    warnings.append(Finding(code: code, seq: seq, name: name, detail: detail))
  }

  /// What `quire log verify` prints.
  public var json: JSON {
    var object: JSON.Object = [
      "ok": .bool(ok), "errors": .array(errors.map(\.json)), "warnings": .array(warnings.map(\.json)),
      "count": JSON(count), "hash": hash.map(JSON.string) ?? .null, "artifactsChecked": JSON(artifactsChecked),
      "bytesChecked": JSON(bytesChecked),
    ]
    if omitted > 0 { object["omitted"] = JSON(omitted) }
    return .object(object)
  }
}
