import JSON
import Linear
import RunLog

/// Holds an output against the one of the log, by the output's class (notebook-and-log.md, section 9.3).
struct OutputComparison {
  /// Of the log.
  let was: ArtifactStore
  let now: ArtifactStore
  /// The numeric libraries of the two runs are the same.
  let hasOneLibrary: Bool

  func verdict(_ logged: LoggedOutput, _ hash: ContentHash) -> Verdict {
    let determinism = logged.determinism ?? "none"
    if logged.hash == hash { return .equal }
    switch determinism {
    case "exact": return compared(logged, hash, nil)
    case "bitwise": return compared(logged, hash, hasOneLibrary ? nil : Tolerance())
    case "tolerance":
      let absolute = logged.absoluteTolerance ?? 0
      return compared(logged, hash, Tolerance(relative: logged.relativeTolerance, absolute: absolute))
    default: return Verdict(kind: .notCompared)
    }
  }

  /// Without a tolerance the bytes should have been the same, and the comparison only finds where they are not.
  private func compared(_ logged: LoggedOutput, _ hash: ContentHash, _ tolerance: Tolerance?) -> Verdict {
    do {
      var state = ComparisonState()
      try state.compare(
        ArtifactBytes(was.open(logged.hash)), ArtifactBytes(now.open(hash)), media: logged.media, tolerance)
      if tolerance == nil, !state.differs { state.found("bytes", .string(logged.hash.hex), .string(hash.hex)) }
      return state.verdict
    } catch {
      return .cannot(Fault(any: error).message)
    }
  }
}

extension ComparisonState {
  /// The largest text that is read whole to be compared.
  private static let longestText = 64 << 20

  /// Compares two artifacts by what they hold: a JSON value, arrays, else lines of text.
  mutating func compare(
    _ was: some ByteSource, _ now: some ByteSource, media: String, _ tolerance: Tolerance?
  ) throws {
    let isText = media.hasPrefix("text/") || media.hasSuffix("json") || media.hasSuffix("jsonl")
    if !isText, try ArrayFile.format(of: was) != nil, try ArrayFile.format(of: now) != nil {
      return try compareArrays(ArrayFile(was), ArrayFile(now), tolerance)
    }
    guard was.count <= Self.longestText, now.count <= Self.longestText else {
      return found("bytes", JSON(was.count), JSON(now.count))
    }
    let (before, after) = (try was.bytes(at: 0, count: was.count), try now.bytes(at: 0, count: now.count))
    if media.hasSuffix("json"), let one = try? JSON.parse(before, .largeIntegers),
      let other = try? JSON.parse(after, .largeIntegers)
    {
      compare(one, other, tolerance)
    } else {
      compareLines(before, after, tolerance)
    }
  }
}
