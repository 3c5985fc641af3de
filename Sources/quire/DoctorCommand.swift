import ArgumentParser
import Kernel

struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Say what is installed, what is missing and how to get it.",
    discussion: """
      Exit status 0 when nothing is wrong, 1 otherwise. What only some methods need may be absent.

      Example:
        quire doctor
      """)

  @OptionGroup var options: WorkspaceOptions

  func run() throws {
    let workspace = options.kernel.workspace
    defer { workspace.close() }
    let findings = Doctor(workspace).examine()
    printOut(table([["ok", "quire", Kernel.version]] + findings.map { [$0.grade.rawValue, $0.subject, $0.detail] }))
    for finding in findings {
      if let remedy = finding.remedy { printOut("\(finding.subject): \(remedy)") }
    }
    if findings.contains(where: { $0.grade == .bad }) { throw Ending.failed }
  }
}
