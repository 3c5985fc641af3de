import JSON
import Notebook
import Report
import RunLog

extension Kernel {
  /// An open notebook as a Jupyter notebook, with what its cells last gave.
  func jupyterNotebook(_ notebook: OpenNotebook, _ caller: Caller) throws -> JSON {
    let document = notebook.document
    let results = try CellResults(self, notebook, document, caller)
    results.update(changed: nil)
    let standings = results.standings()
    let log = try workspace.log()
    let lastRuns = log.latestRuns(notebook: notebook.name)
    return try Self.converted(document) { cell in
      let standing = standings[cell.index]
      var outputs: [JSON] = []
      if let run = standing.run, let record = try? log.run(run) { outputs = jupyterOutputs(record) }
      if standing.state == .failed, let last = lastRuns[cell.id], let failed = try? log.run(last.run) {
        outputs.append(Self.jupyterError(failed))
      }
      return outputs
    }
  }

  /// A text as a Jupyter notebook.
  static func converted(_ document: NotebookDocument, outputs: (Cell) -> [JSON] = { _ in [] }) throws(Fault) -> JSON {
    do throws(NotebookError) {
      return try JupyterWriter.notebook(document, outputs: outputs)
    } catch {
      throw Fault(error, at: nil)
    }
  }

  /// The displays of a run, made safe, and its value.
  private func jupyterOutputs(_ record: RunRecord) -> [JSON] {
    guard let descriptor = try? registry.descriptor(of: record.method),
      let stored = try? storedResult(record.outputs, descriptor)
    else { return [] }
    let headline = Headline.text(of: stored.value)
    let value: JSON = [
      "output_type": "execute_result", "execution_count": nil, "metadata": ["quire": ["run": .string(record.run)]],
      "data": [
        "application/json": stored.value,
        "text/plain": .string(headline.isEmpty ? stored.value.text.cut(toBytes: 400) : headline),
      ],
    ]
    return stored.displays.enumerated().compactMap { number, display in
      var data: JSON.Object = [:]
      for member in display["data"]?.object?.members ?? [] {
        switch (member.key, member.value.string) {
        case ("image/svg+xml", let text?):
          let scope = "d\(number)-\(record.run)"
          data[member.key] = Sanitizer.svg(text, scope: scope, name: display["title"]?.string ?? "").map(JSON.string)
        case ("text/html", let text?): data[member.key] = Sanitizer.html(text).map(JSON.string)
        default: data[member.key] = member.value
        }
      }
      guard !data.isEmpty else { return nil }
      return ["output_type": "display_data", "metadata": [:], "data": .object(data)]
    } + [value]
  }

  private static func jupyterError(_ record: RunRecord) -> JSON {
    let message = record.error?["message"]?.string ?? "the run gave no result"
    let code = (record.error?["data"]?["code"] ?? record.error?["code"])?.string ?? "E401"
    return [
      "output_type": "error", "ename": "QuireError", "evalue": .string("\(code) \(message)"),
      "traceback": [.string(message)],
    ]
  }
}
