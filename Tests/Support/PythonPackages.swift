import Foundation
import Synchronization

/// Python packages in an environment of their own, for tests that hold our exports against other people's readers.
///
/// The environment is made once a run of the tests, below the temporary folder, and found again by later ones
/// (`QUIRE_PYTHON_PACKAGES` names another place for it). Tests skip, and say so, where there is no Python or pip has no
/// network.
public enum PythonPackages {
  public static let absence = "needs python3 with venv, and pip with a network for nbformat, prov and roc-validator"

  private static let packages = ["nbformat==5.11.1", "prov==3.2.3", "roc-validator==0.13.0"]
  private static let python = Mutex<Result<String, Program.Failure>?>(nil)

  public static var isPresent: Bool { (try? interpreter()) != nil }

  /// The interpreter that knows the packages.
  public static func interpreter() throws -> String {
    try python.withLock { python in
      if let python { return try python.get() }
      let made = Result { () throws(Program.Failure) in try make() }
      python = made
      return try made.get()
    }
  }

  private static func make() throws(Program.Failure) -> String {
    let named = ProcessInfo.processInfo.environment["QUIRE_PYTHON_PACKAGES"]
    let folder = named ?? FileManager.default.temporaryDirectory.appendingPathComponent("quire-python-\(getuid())").path
    let python = folder + "/bin/python3"
    do {
      let check = ["-c", "import nbformat, prov, rocrate_validator"]
      if FileManager.default.isExecutableFile(atPath: python),
        try Program.run(python, arguments: check, in: "/").status == 0
      {
        return python
      }
      let venv = try Program.run("/usr/bin/env", arguments: ["python3", "-m", "venv", folder], in: "/")
      guard venv.status == 0 else { throw Program.Failure(absence) }
      let pip = try Program.run(
        python,
        arguments: [
          "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--timeout", "5", "--retries", "1",
        ]
          + packages, in: "/", seconds: 300)
      guard pip.status == 0 else { throw Program.Failure(absence + ": " + pip.errors.suffix(300)) }
      return python
    } catch {
      throw error as? Program.Failure ?? Program.Failure("\(error)")
    }
  }

  /// Runs a script; throws with what it printed when it does not end well.
  @discardableResult
  public static func run(_ script: String, _ arguments: [String], in folder: String) throws -> String {
    let outcome = try Program.run(
      interpreter(), arguments: ["-c", script] + arguments, in: folder, seconds: 180)
    guard outcome.status == 0 else { throw Program.Failure(outcome.output + outcome.errors) }
    return outcome.output
  }
}
