import ArgumentParser
import Charts
import Glibc
import JSON
import Kernel

struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Run what is not fresh in a notebook.",
    discussion: """
      Prints a line per cell; a failed cell stops what depends on it. On a terminal the bars, points and curves of what
      was run stand below it as text, in colours unless NO_COLOR is set.

      Example:
        quire run study.quire.md --report study.html
        quire run study.quire.md --cell probe --set probe.C=0.1
      """)

  @OptionGroup var options: WorkspaceOptions

  @Argument(help: "The notebook, NAME.quire.md.", completion: Completions.notebooks)
  var notebook: String

  @Option(
    name: .customLong("cell"), help: ArgumentHelp("Only this cell and what it needs (repeatable).", valueName: "id"),
    completion: Completions.cells)
  var cells: [String] = []

  @Option(
    name: .customLong("set"),
    help: ArgumentHelp("Set a param for this run (repeatable): ID.NAME=VALUE, VALUE as JSON or text.", valueName: "set")
  )
  var settings: [String] = []

  @Flag(help: "Run also what is fresh.")
  var force = false

  @Flag(help: "Change the store although an earlier cell failed.")
  var keepGoing = false

  @Option(help: ArgumentHelp("Write a report to this file.", valueName: "file"), completion: .file())
  var report: String?

  enum Pictures: String, ExpressibleByArgument, CaseIterable { case auto, always, never }

  @Option(help: "Show small pictures as text: on a terminal (auto), always, or never.")
  var pictures = Pictures.auto

  @Flag(help: "Print the value of notebook/run as JSON.")
  var json = false

  func run() throws {
    try telling {
      let interrupt = Interrupt()
      let clock = Stopwatch()
      let (settings, named) = try Setting.parse(settings)
      let reportFolder = report.map { [Path.folder(of: Path.absolute($0))] } ?? []
      let session = NotebookSession(options, notebook, alsoReading: named + reportFolder)
      defer { session.kernel.close() }
      let opened = try session.open()
      try refuse(opened)

      let bar = options.progressBar
      var params: JSON.Object = ["notebook": .string(opened.id), "force": .bool(force), "keepGoing": .bool(keepGoing)]
      if !cells.isEmpty { params["cells"] = JSON(cells) }
      if !settings.isEmpty { params["set"] = .object(settings) }
      let printer = CellPrinter(
        quiet: options.quiet || json, bar: bar, width: opened.longestID, pictures: textPicture)
      let outcomes = try session.kernel.runCells(
        opened.id, params, session.caller(bar), interrupt.cancellation, each: printer.show)
      bar.finish()
      if json { printOut(session.kernel.summary(outcomes).prettyText) }

      var reportLine = ""
      if let report {
        let written = try session.kernel.perform(
          "notebook/report", ["notebook": .string(opened.id), "output": .string(Path.absolute(report))],
          session.caller(bar))
        reportLine = "report \(written["path"]?.string ?? report)   "
      }
      if !options.quiet, !json { printOut("\(reportLine)log \(session.kernel.workspace.folder)/log   \(clock.text)") }
      if interrupt.cancellation.isCancelled { throw Ending.interrupted }
      if outcomes.contains(where: { $0.state != "fresh" }) { throw Ending.failed }
    }
  }

  private var textPicture: TextPicture? {
    let terminal = Terminal(STDOUT_FILENO)
    let isWanted = pictures == .always || pictures == .auto && terminal.isThere && terminal.isUnicode
    return isWanted ? TextPicture(width: terminal.width - 5, isColored: terminal.isColored) : nil
  }

  /// A notebook whose text is in error runs what is sound in it; one without a sound cell does not begin.
  private func refuse(_ opened: NotebookSession.Opened) throws {
    for line in opened.diagnosticLines(notebook) { printError(line) }
    guard opened.cells.isEmpty || opened.cells.allSatisfy({ $0 == "invalid" || $0 == "blocked" }) else { return }
    if opened.cells.isEmpty, opened.diagnosticLines(notebook).isEmpty {
      printError("quire: error: \(notebook) has no cell")
      printError("  hint: a cell is a fence that begins with ```quire")
    }
    throw Ending.failed
  }
}

/// `ID.NAME=VALUE` of the command line.
enum Setting {
  /// The settings by cell, and the files that they name.
  static func parse(_ texts: [String]) throws -> (settings: JSON.Object, files: [String]) {
    var settings: JSON.Object = [:]
    var files: [String] = []
    for text in texts {
      guard let equals = text.firstIndex(of: "="), let dot = text[..<equals].firstIndex(of: "."),
        dot != text.startIndex, text.index(after: dot) != equals
      else {
        throw Fault(-32602, "params.value", "--set takes ID.NAME=VALUE, found '\(text)'", hint: "--set probe.C=0.1")
      }
      let cell = String(text[..<dot])
      let name = String(text[text.index(after: dot)..<equals])
      let raw = String(text[text.index(after: equals)...])
      var value = (try? JSON.parse(raw)) ?? .string(raw)
      // A file that a person names begins at the current folder and may lie anywhere.
      value = value.replacing { value, _ in
        guard let path = value["$file"]?.string, value.object?.count == 1 else { return nil }
        let parts = path.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let absolute = Path.absolute(parts[0])
        files.append(absolute)
        return ["$file": .string(parts.count > 1 ? "\(absolute)#\(parts[1])" : absolute)]
      }
      var cellSettings = settings[cell]?.object ?? [:]
      cellSettings[name] = value
      settings[cell] = .object(cellSettings)
    }
    return (settings, files)
  }
}
