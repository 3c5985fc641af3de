import ArgumentParser
import Glibc
import JSON
import Kernel

struct PluginCheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check", abstract: "Hold a plugin against what hosts expect of it.",
    discussion: """
      The plugin is started and its examples are run, each in an empty workspace. A line a check; exit status 1 when
      something is wrong.

      Example:
        quire plugin check ./readability
        quire plugin check probe --json
      """)

  @OptionGroup var options: WorkspaceOptions

  @Argument(
    help: "The folder of a plugin, or the name of one that 'quire plugin list' shows.", completion: Completions.plugins)
  var plugin: String

  @Option(help: ArgumentHelp("The longest time that one example may take, in seconds.", valueName: "seconds"))
  var patience = 60.0

  @Flag(help: "Print the report as JSON.")
  var json = false

  func run() throws {
    try telling {
      var checks = Conformance(plugins: builtInPlugins)
      checks.patience.example = patience
      if !options.quiet { checks.log = { printError($0) } }
      let report = try report(checks)
      printOut(json ? report.json.prettyText : text(report))
      if !report.isGood { throw Ending.failed }
    }
  }

  private func report(_ checks: Conformance) throws -> ConformanceReport {
    let folder = Path.absolute(plugin)
    if plugin.contains("/") || access("\(folder)/quire-plugin.json", F_OK) == 0 {
      guard access(folder, F_OK) == 0 else {
        throw ValidationError("no folder '\(plugin)'")
      }
      return try checks.check(folder: folder)
    }
    if let builtIn = builtInPlugins.first(where: { $0.name == plugin }) { return try checks.check(builtIn) }
    let known = try options.kernel.perform("plugin/list", [:], options.caller)["items"]?.array ?? []
    if let folder = known.first(where: { $0["family"]?.string == plugin })?["folder"]?.string {
      return try checks.check(folder: folder)
    }
    let names = known.compactMap { $0["family"]?.string }.joined(separator: ", ")
    throw ValidationError("no plugin and no folder with a quire-plugin.json '\(plugin)'; there are \(names)")
  }

  private func text(_ report: ConformanceReport) -> String {
    var lines = report.lines.flatMap { line -> [String] in
      var claim = line.claim
      if case .skipped(let reason) = line.verdict { claim += ": not asked, \(reason)" }
      let head = "\(pad(line.verdict.name, 8)) \(pad(line.check, 10)) \(claim)"
      return [head]
        + line.findings.flatMap { finding in
          let place = [finding.file, finding.method].compactMap { $0 }.joined(separator: ": ")
          return [
            "           \(place.isEmpty ? "" : "\(place): ")\(finding.message)", "             hint: \(finding.hint)",
          ]
        }
    }
    let counts = ["ok", "fault", "skipped"].map { name in report.lines.count { $0.verdict.name == name } }
    lines.append(
      "\(report.plugin) \(report.version): \(counts[0]) checks passed, \(counts[1]) failed, \(counts[2]) not asked"
        + " (\(Int(report.seconds.rounded())) s)")
    return lines.joined(separator: "\n")
  }

  private func pad(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
  }
}
