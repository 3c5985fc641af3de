import JSON

extension ConformanceCheck {
  static let start = ConformanceCheck("start", "the program starts in time, as the plugin that the manifest names") {
    evidence in
    guard let start = evidence.start else {
      return .skipped(evidence.folder == nil ? "it is built in" : "the manifest cannot be used")
    }
    let file = evidence.folder.map { "\($0)/\(PluginManifest.fileName)" }
    if let fault = start.fault {
      return .failed([
        Finding(file: file, fault.message, hint: fault.hint ?? "run its command by hand, in its folder, to see why")
      ])
    }
    guard start.seconds > start.allowed else { return .passed }
    return .failed([
      Finding(
        file: file.map { "\($0)#/limits/startSeconds" },
        "plugin/initialize was answered after \(start.seconds.words) s; the manifest allows \(start.allowed.words) s",
        hint: "answer plugin/initialize first and load what is large in the first run, or raise limits.startSeconds")
    ])
  }

  static let examples = ConformanceCheck(runs: "examples", "every example runs, and gives what it says") {
    evidence, runs in
    var found: [Finding] = []
    for descriptor in evidence.descriptors where descriptor.examples.isEmpty {
      found.append(
        Finding(
          method: descriptor.name, file: evidence.file(of: descriptor.name), "there is no example",
          hint: #"add to 'examples' one whole call, {"params": {…}}, with data typed by hand"#))
    }
    for run in runs {
      switch (run.cause, run.outcome) {
      case (.other(let fault)?, _):
        found.append(
          finding(
            evidence, run, "\(run.place) failed: \(fault.message) (\(fault.kind))",
            fault.hint ?? "an example runs in an empty workspace; see what the plugin writes to standard error"))
      case (.silence?, _):
        found.append(
          finding(
            evidence, run, "\(run.place) gave no answer within \(run.seconds.words) s",
            "answer every plugin/run: an exception that a thread swallows leaves the run open; or make the example smaller"
          ))
      case (nil, .success(let value)):
        if let wanted = run.example.result, let place = difference(wanted, value, run.method) {
          found.append(
            finding(
              evidence, run,
              "\(run.place) gave \(place.now.short) at '\(place.path)', its 'result' says \(place.was.short)",
              "correct the method or the example"))
        }
      default: break
      }
    }
    return found
  }

  static let result = ConformanceCheck(runs: "result", "results are as the schema declares") { evidence, runs in
    runs.compactMap { run in
      guard case .result(let fault)? = run.cause else { return nil }
      return finding(
        evidence, run, "\(run.place): \(fault.message)", fault.hint ?? "correct the value, or 'result' in the schema")
    }
  }

  static let stdout = ConformanceCheck(runs: "stdout", "nothing but messages goes to standard output") {
    evidence, runs in
    runs.compactMap { run in
      for case .stray(let text) in run.events {
        return finding(
          evidence, run, "\(run.place) wrote to standard output what is no message: \(text.cut(toBytes: 120))",
          "print to standard error; a library that prints needs its output redirected; NaN is no JSON")
      }
      return nil
    }
  }

  static let rights = ConformanceCheck(runs: "rights", "it asks for nothing that its schema does not declare") {
    evidence, runs in
    runs.compactMap { run in
      guard let (call, fault) = run.undeclaredCall else { return nil }
      let member =
        switch call {
        case "host/papers.query": #"declare "reads": ["papers"] in the schema, or do without"#
        case "host/papers.write": #"declare "effects": "writesStore" in the schema, or do without"#
        default: "there is no such call of a host, or the schema does not declare it"
        }
      return finding(
        evidence, run, "\(run.place) called \(call), which was refused: \(fault.message)", member)
    }
  }

  static let memory = ConformanceCheck(runs: "memory", "it keeps within the memory that its manifest names") {
    evidence, runs in
    runs.compactMap { run in
      guard case .memory(let fault)? = run.cause else { return nil }
      return finding(
        evidence, run, "\(run.place) needs more memory than limits.memoryMiB allows: \(fault.message)",
        "work in blocks, make the example smaller, or raise limits.memoryMiB")
    }
  }

  static let progress = ConformanceCheck(runs: "progress", "progress never goes back and ends with its run") {
    evidence, runs in
    runs.compactMap { run in
      if let step = run.progress.indices.dropFirst().first(where: { run.progress[$0] < run.progress[$0 - 1] - 1e-9 }) {
        let (was, now) = (run.progress[step - 1].words, run.progress[step].words)
        return finding(
          evidence, run, "\(run.place): progress went back from \(was) to \(now)", "count over all steps of the run")
      }
      let answered = run.events.lastIndex { if case .answered("plugin/run", _) = $0 { true } else { false } }
      for (index, event) in run.events.enumerated() {
        guard case .told("host/progress", let params, let isOfRun) = event else { continue }
        if !isOfRun || index > answered ?? index {
          return finding(
            evidence, run, "\(run.place) told progress of a run that is not on: \(params.text.cut(toBytes: 80))",
            "send host/progress with the 'run' of plugin/run, before the answer")
        }
        let (done, total) = (params["done"]?.double, params["total"]?.double)
        guard let done, let total, done >= 0, total >= 0, total == 0 || done <= total else {
          return finding(
            evidence, run, "\(run.place) told progress that is none: \(params.text.cut(toBytes: 80))",
            "0 ≤ done ≤ total, both numbers; total is 0 when it is not known")
        }
      }
      return nil
    }
  }

  static let artifacts = ConformanceCheck(runs: "artifacts", "files that it makes are what they say") {
    evidence, runs in
    runs.flatMap { run in
      run.artifactFaults.map { name, fault in
        finding(
          evidence, run, "\(run.place): the artifact '\(name)' \(fault)",
          "write the whole file before the run is answered, or declare the media type that it has")
      }
    }
  }

  static let `repeat` = ConformanceCheck(
    runs: "repeat", "the same call gives the same result, as far as 'determinism' says"
  ) {
    evidence, runs in
    runs.flatMap { run -> [Finding] in
      guard let again = run.again else { return [] }
      if let obstacle = again.obstacle, !run.method.writesStore {
        return [finding(evidence, run, "\(run.place) could not be run again: \(obstacle)", "make it run twice")]
      }
      return again.outputs.filter { $0.verdict.kind == .differs || $0.verdict.kind == .cannot }.prefix(1).map {
        output in
        let place = output.verdict.place
        let words = place.map { "\($0.was.short), then \($0.now.short) at '\($0.path)'" } ?? output.verdict.words
        return finding(
          evidence, run,
          "\(run.place) gave another '\(output.name)' in another process: \(words); 'determinism' is \(run.method.determinism.name)",
          "take random numbers from the seed ('usesSeed'), put sets into an order, or declare a tolerance or none")
      }
    }
  }

  static func finding(
    _ evidence: Evidence, _ run: Evidence.ExampleRun, _ message: String, _ hint: String
  ) -> Finding {
    Finding(method: run.method.name, file: evidence.file(of: run.method.name), message, hint: hint)
  }

  /// Where a value is not the one that the example names.
  private static func difference(_ wanted: JSON, _ value: JSON, _ method: MethodDescriptor) -> Verdict.Place? {
    var state = ComparisonState()
    let tolerance: Tolerance? =
      switch method.determinism {
      case .exact: nil
      case .bitwise, .none: Tolerance()
      case .tolerance(let relative, let absolute): Tolerance(relative: relative, absolute: absolute ?? 0)
      }
    state.compare(wanted, value, tolerance)
    return state.place
  }
}

extension Evidence.ExampleRun {
  /// Why it gave no value, told apart by who has to mend what.
  enum Cause {
    case stray, rights, params
    case silence
    case result(Fault)
    case memory(Fault)
    case unknownError(code: Int, kind: String, message: String)
    case other(Fault)
  }

  /// `nil` when it gave one.
  var cause: Cause? {
    guard case .failure(let fault) = outcome else { return nil }
    for event in events {
      if case .stray = event { return .stray }
    }
    if fault.kind == "params.schema" { return .params }
    if isTooSlow { return .silence }
    if fault.kind == "plugin.result" { return .result(fault) }
    if fault.kind == "math.memory" || ranOutOfMemory(fault) { return .memory(fault) }
    for case .answered("plugin/run", .failure(let error)) in events {
      let isKnown =
        Fault.codes[error.kind] == error.code || error.kind.isEmpty && Fault.codes.values.contains(error.code)
      if !isKnown { return .unknownError(code: error.code, kind: error.kind, message: error.message) }
    }
    return undeclaredCall == nil ? .other(fault) : .rights
  }

  /// The first call of the host that the schema gives no right to.
  var undeclaredCall: (call: String, fault: Fault)? {
    for case .asked(let call, let fault?) in events {
      let isDeclared =
        switch call {
        case "host/papers.write": method.writesStore
        case _ where call.hasPrefix("host/papers."): method.readsPapers || method.writesStore
        default: fault.code != -32601
        }
      if !isDeclared { return (call, fault) }
    }
    return nil
  }

  private func ranOutOfMemory(_ fault: Fault) -> Bool {
    let words =
      [fault.message, fault.hint ?? ""] + (fault.details["details"]?["stderr"]?.array ?? []).compactMap(\.string)
    let signs = ["MemoryError", "bad_alloc", "memory allocation", "Cannot allocate memory", "out of memory"]
    return words.contains { line in signs.contains { line.contains($0) } }
  }
}

extension Double {
  /// For people: three digits behind the point at most.
  var words: String { ((self * 1000).rounded() / 1000).shortText }
}

extension JSON {
  /// A value inside a sentence.
  fileprivate var short: String { text.cut(toBytes: 60) }
}
