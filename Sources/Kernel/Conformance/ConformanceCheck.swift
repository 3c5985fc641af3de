import JSON

/// A named claim about a plugin that the evidence bears out or not.
struct ConformanceCheck: Sendable {
  typealias Finding = ConformanceReport.Finding

  let name: String
  let claim: String
  private let judge: @Sendable (Evidence) -> ConformanceReport.Verdict

  /// A check that says itself when it cannot be asked.
  init(
    _ name: String, _ claim: String, judge: @escaping @Sendable (Evidence) -> ConformanceReport.Verdict
  ) {
    (self.name, self.claim, self.judge) = (name, claim, judge)
  }

  /// A check of the files alone.
  init(files name: String, _ claim: String, _ find: @escaping @Sendable (Evidence) -> [Finding]) {
    self.init(name, claim) { evidence in
      if evidence.manifestFault != nil { return .skipped("the manifest cannot be used") }
      return Self.verdict(find(evidence))
    }
  }

  /// A check of the runs of the examples.
  init(
    runs name: String, _ claim: String, _ find: @escaping @Sendable (Evidence, [Evidence.ExampleRun]) -> [Finding]
  ) {
    self.init(name, claim) { evidence in
      guard let runs = evidence.examples else { return .skipped("the plugin does not run") }
      return Self.verdict(find(evidence, runs))
    }
  }

  /// A check of the link between host and program, which a built-in plugin has none of.
  init(link name: String, _ claim: String, _ find: @escaping @Sendable (Evidence, Evidence.Link) -> [Finding]) {
    self.init(name, claim) { evidence in
      guard let link = evidence.link else {
        return .skipped(evidence.folder == nil ? "it is built in" : "the plugin does not run")
      }
      return Self.verdict(find(evidence, link))
    }
  }

  static func verdict(_ findings: [Finding]) -> ConformanceReport.Verdict {
    findings.isEmpty ? .passed : .failed(findings)
  }

  func line(_ evidence: Evidence) -> ConformanceReport.Line {
    ConformanceReport.Line(check: name, claim: claim, verdict: judge(evidence))
  }

  /// In the order in which an author mends them.
  static let all: [ConformanceCheck] = [
    .manifest, .schema, .words, .contract, .warnings, .start, .examples, .result, .stdout, .rights, .errors, .memory,
    .progress, .artifacts, .repeat, .params, .cancel, .refusal, .large, .shutdown, .orphan,
  ]
}
