import JSON

/// What the conformance checks found of a plugin: a line a check, in a fixed order.
public struct ConformanceReport: Sendable {
  /// One thing that is not as it should be.
  public struct Finding: Sendable {
    /// The method, where one is at fault.
    public let method: String?
    /// The file, with a JSON Pointer behind `#` where a place in it is at fault.
    public let file: String?
    /// What was found and what was expected.
    public let message: String
    /// What to do.
    public let hint: String

    init(method: String? = nil, file: String? = nil, _ message: String, hint: String) {
      (self.method, self.file, self.message, self.hint) = (method, file, message, hint)
    }
  }

  public enum Verdict: Sendable {
    case passed
    case failed([Finding])
    /// It could not be asked, and why.
    case skipped(String)

    /// Its name in reports.
    public var name: String {
      switch self {
      case .passed: "ok"
      case .failed: "fault"
      case .skipped: "skipped"
      }
    }
  }

  public struct Line: Sendable {
    public let check: String
    /// What holds of a plugin that passes.
    public let claim: String
    public let verdict: Verdict

    public var findings: [Finding] { if case .failed(let findings) = verdict { findings } else { [] } }
  }

  public let plugin: String
  public let version: String
  /// `nil` for a built-in one.
  public let folder: String?
  public let lines: [Line]
  public let seconds: Double

  /// No check found anything.
  public var isGood: Bool { lines.allSatisfy(\.findings.isEmpty) }

  public var json: JSON {
    [
      "plugin": .string(plugin), "version": .string(version), "folder": folder.map(JSON.string) ?? .null,
      "ok": .bool(isGood), "seconds": .real((seconds * 1000).rounded() / 1000),
      "checks": .array(lines.map(\.json)),
    ]
  }
}

extension ConformanceReport.Line {
  fileprivate var json: JSON {
    var line: JSON.Object = ["check": .string(check), "claim": .string(claim), "state": .string(verdict.name)]
    if case .skipped(let reason) = verdict { line["reason"] = .string(reason) }
    line["findings"] = .array(
      findings.map { finding in
        var item: JSON.Object = [:]
        item["method"] = finding.method.map(JSON.string)
        item["file"] = finding.file.map(JSON.string)
        item["message"] = .string(finding.message)
        item["hint"] = .string(finding.hint)
        return .object(item)
      })
    return .object(line)
  }
}
