import Foundation
import Glibc
import TestSupport
import Testing

/// Runs a command line on a terminal of its own and gives what stands there.
private func onTerminal(_ command: String, _ folder: TemporaryFolder, environment: String = "") throws -> String {
  let line = "env -u NO_COLOR \(environment) LC_ALL=C.UTF-8 TERM=xterm \(Program.quire) \(command)"
  return try Program.run("/usr/bin/script", arguments: ["-qec", line, "/dev/null"], in: folder.path).output
}

private func study(in folder: TemporaryFolder) throws {
  let text = """
    ```quire id=split
    method: data.split
    params:
      labels: [a, a, a, a, b, b, b, b]
      test: 0.5
    ```

    """
  try text.write(to: folder.file("study.quire.md"), atomically: true, encoding: .utf8)
}

@Test(.enabled(if: access("/usr/bin/script", X_OK) == 0, "needs the program script, of bsdutils"))
func picturesAreShownOnATerminalAndNowhereElse() throws {
  let folder = try TemporaryFolder()
  try study(in: folder)
  let title = "Rows of each class and side"
  let shown = try onTerminal("run study.quire.md", folder)
  #expect(shown.contains(title) && shown.contains("█") && shown.contains("\u{1B}[36m"), "\(shown)")
  // What is fresh was shown before.
  #expect(try !onTerminal("run study.quire.md", folder).contains(title))
  let plain = try onTerminal("run study.quire.md --force", folder, environment: "NO_COLOR=1")
  #expect(plain.contains(title) && plain.contains("▓") && !plain.contains("\u{1B}[3"), "\(plain)")
  #expect(try !onTerminal("run study.quire.md --force --pictures never", folder).contains(title))

  let piped = try Program.run(arguments: ["run", "study.quire.md", "--force"], in: folder.path)
  #expect(!piped.output.contains("█") && !piped.output.contains("\u{1B}") && piped.errors.isEmpty)
  let always = try Program.run(
    arguments: ["run", "study.quire.md", "--force", "--pictures", "always"], in: folder.path)
  #expect(always.output.contains("█") && !always.output.contains("\u{1B}"))
}
