import ArgumentParser
import JSON
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
    let kernel = options.kernel
    defer { kernel.close() }
    let findings = try Doctor(kernel.workspace).examine() + plugins(kernel)
    printOut(table([["ok", "quire", Kernel.version]] + findings.map { [$0.grade.rawValue, $0.subject, $0.detail] }))
    for finding in findings {
      if let remedy = finding.remedy { printOut("\(finding.subject): \(remedy)") }
    }
    if findings.contains(where: { $0.grade == .bad }) { throw Ending.failed }
  }

  /// Plugins that are programs of their own and cannot be used.
  private func plugins(_ kernel: Kernel) throws -> [Doctor.Finding] {
    let listed = try telling { try kernel.perform("plugin/list", [:], options.caller) }
    return (listed["items"]?.array ?? []).compactMap { plugin in
      guard let problem = plugin["problem"]?.string else { return nil }
      return Doctor.Finding(
        .bad, "plugin \(plugin["family"]?.string ?? "")", problem,
        "quire plugin check \(plugin["folder"]?.string ?? "")")
    }
  }
}
