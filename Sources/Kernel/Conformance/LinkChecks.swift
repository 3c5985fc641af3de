import JSON
import JSONRPC

extension ConformanceCheck {
  static let errors = ConformanceCheck(runs: "errors", "errors have a code and a kind that hosts know") {
    evidence, runs in
    var found = runs.compactMap { run -> Finding? in
      guard case .unknownError(let code, let kind, let message)? = run.cause else { return nil }
      return finding(evidence, run, "\(run.place): \(unknown(code, kind)): \(message.cut(toBytes: 80))", Self.errorHint)
    }
    for (method, answer) in evidence.link?.bare ?? [] {
      let file = evidence.file(of: method)
      switch answer {
      case .error(let error) where Fault.codes[error.kind] != error.code:
        found.append(
          Finding(
            method: method, file: file, "without params: \(unknown(error.code, error.kind))", hint: Self.errorHint))
      case .silence(let seconds):
        found.append(
          Finding(
            method: method, file: file, "a run without params was not answered within \(seconds.words) s",
            hint: "answer an exception of the method with an error, 1101 plugin.failed when nothing else fits"))
      case .gone(let how):
        found.append(
          Finding(
            method: method, file: file, "a run without params ended the program: it \(how)",
            hint: "answer an exception of the method with an error; other runs are in flight"))
      default: break
      }
    }
    return found
  }

  private static func unknown(_ code: Int, _ kind: String) -> String {
    kind.isEmpty ? "the error \(code) has no data.kind" : "no host knows the error \(code) '\(kind)'"
  }

  private static let errorHint =
    "answer with a code and data.kind of the table of errors, such as 1101 plugin.failed or -32602 params.value"

  static let params = ConformanceCheck(files: "params", "wrong params are refused, by their place") { evidence in
    evidence.descriptors.flatMap { descriptor -> [Finding] in
      guard let good = descriptor.examples.first?.withPlaceholders else { return [] }
      var found: [Finding] = []
      func finding(_ message: String, _ hint: String) -> Finding {
        Finding(
          method: descriptor.name, file: evidence.file(of: descriptor.name).map { "\($0)#/params" }, message, hint: hint
        )
      }
      for (number, example) in descriptor.examples.enumerated() {
        guard let wrong = descriptor.params.validate(example.withPlaceholders, limit: 1).first else { continue }
        return [finding("the params of example \(number + 1) are refused: \(wrong.message)", "correct the example")]
      }
      var more = good
      more["noSuchParam"] = 1
      if descriptor.params.isValid(more) {
        found.append(finding("an unknown param is taken", #"add "additionalProperties": false"#))
      }
      return found
    }
  }

  static let cancel = ConformanceCheck("cancel", "a cancel is obeyed within 2 s") { evidence in
    guard let runs = evidence.examples else { return .skipped("the plugin does not run") }
    guard !evidence.cancelled.isEmpty else {
      let seconds = runs.compactMap { run in (try? run.outcome.get()).map { _ in run.seconds } }
      guard let longest = seconds.max() else { return .skipped("no example runs") }
      let words = (longest * 1000).rounded().words
      return .skipped("no example takes long enough to be cancelled (the longest \(words) ms)")
    }
    return verdict(
      evidence.cancelled.compactMap { run in
        let file = evidence.file(of: run.method)
        if run.wasEnded || run.seconds > 2 {
          return Finding(
            method: run.method, file: file, "a cancel was not obeyed within 2 s",
            hint:
              "read messages while a run is on; look for $/cancelRequest in every loop, 50 ms apart at most, and answer -32800"
          )
        }
        guard case .failure(let error)? = run.answer, error.code != -32800 else { return nil }
        return Finding(
          method: run.method, file: file, "a cancelled run was answered with the error \(error.code)",
          hint: "answer with -32800 request.cancelled")
      })
  }

  static let refusal = ConformanceCheck(link: "refusal", "unknown methods and calls are refused") { _, link in
    [
      ("a run of an unknown method", link.unknownMethod), ("an unknown call", link.unknownCall),
    ].compactMap { what, answer in
      if case .error(let error) = answer, error.code == -32601 { return nil }
      return Finding(
        "\(what) was \(answer.words); expected the error -32601", hint: "answer with -32601 method.notFound")
    }
  }

  static let large = ConformanceCheck(link: "large", "it survives a large message") { _, link in
    let size = "\(link.large.bytes >> 20) MiB"
    switch (link.large.answer, link.large.afterwards) {
    case (.value, .value), (.value, .error), (.error, .value), (.error, .error): return []
    case (.gone, _), (.silence, _):
      return [
        Finding(
          "a message of \(size) was \(link.large.answer.words)",
          hint: "read lines of any length, or answer -32003; read on until the newline")
      ]
    default:
      return [
        Finding(
          "the call after a message of \(size) was \(link.large.afterwards.words)",
          hint: "read on until the newline that ends the large message")
      ]
    }
  }

  static let shutdown = ConformanceCheck(runs: "shutdown", "it goes when it is told to, and leaves nothing behind") {
    evidence, runs in
    runs.compactMap { run -> Finding? in
      guard let departure = run.departure else { return nil }
      if departure.isAcknowledged == false {
        return Finding("plugin/shutdown was not answered", hint: "answer it with null, and go at the notification exit")
      }
      return departure.finding(after: "the notification exit", hint: "end the program at exit, with status 0")
    }.prefix(1).map { $0 }
  }

  static let orphan = ConformanceCheck(link: "orphan", "it goes when its host is gone") { _, link in
    link.orphaned.finding(
      after: "the end of its standard input", hint: "end the program when standard input ends: its host was killed"
    ).map { [$0] } ?? []
  }
}

extension Evidence.Link.Answer {
  fileprivate var words: String {
    switch self {
    case .value(let value): "answered with \(value.text.cut(toBytes: 60))"
    case .error(let error): "answered with the error \(error.code)"
    case .silence(let seconds): "not answered within \(seconds.words) s"
    case .gone(let how): "the end of the program: it \(how)"
    }
  }
}

extension Evidence.Departure {
  fileprivate func finding(after what: String, hint: String) -> ConformanceReport.Finding? {
    guard let ending else {
      return .init("the program still ran \(seconds.words) s after \(what)", hint: hint)
    }
    if ending != .exit(0) { return .init("after \(what) the program \(ending.words)", hint: hint) }
    guard !left.isEmpty else { return nil }
    return .init(
      "the program left \(left.count == 1 ? "a process" : "\(left.count) processes") behind after \(what)",
      hint: "end what the plugin starts, and wait for it, before it ends itself")
  }
}
