import Foundation
import Glibc
import Testing

/// Headless Chromium, for tests that ask a browser what a page does.
public enum Browser {
  public static let absence: Comment = "needs chromium, which is absent here"

  static let path: String? = {
    let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map(String.init)
    for name in ["chromium", "chromium-browser", "google-chrome"] {
      for folder in folders where access("\(folder)/\(name)", X_OK) == 0 { return "\(folder)/\(name)" }
    }
    return nil
  }()

  public static var isPresent: Bool { path != nil }

  public struct Failure: Error, CustomStringConvertible {
    public let description: String
  }

  /// The document as it stands after all that it runs and loads.
  public static func document(of html: String, isDark: Bool = false) throws -> String {
    try run(html, ["--dump-dom", "--virtual-time-budget=3000", scheme(isDark)])
  }

  public static func screenshot(of html: String, to file: URL, width: Int, height: Int, isDark: Bool) throws {
    _ = try run(
      html,
      [
        "--screenshot=\(file.path)", "--window-size=\(width),\(height)", "--hide-scrollbars",
        scheme(isDark),
      ])
  }

  private static func scheme(_ isDark: Bool) -> String { "--blink-settings=preferredColorScheme=\(isDark ? 0 : 1)" }

  public static func pdf(of html: String, to file: URL) throws {
    _ = try run(html, ["--print-to-pdf=\(file.path)", "--no-pdf-header-footer"])
  }

  private static func run(_ html: String, _ options: [String]) throws -> String {
    let folder = try TemporaryFolder()
    defer { withExtendedLifetime(folder) {} }
    let page = folder.file("page.html")
    try html.write(to: page, atomically: true, encoding: .utf8)
    let output = folder.file("output")
    guard let program = path else { throw Failure(description: "there is no browser") }
    let arguments =
      [program, "--headless", "--no-sandbox", "--disable-gpu", "--user-data-dir=\(folder.path)/profile"] + options
      + ["file://\(page.path)"]

    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 1, output.path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
    let texts = arguments.map { strdup($0) }
    defer { for text in texts { free(text) } }
    var process = pid_t()
    guard posix_spawn(&process, program, &actions, nil, texts + [nil], environ) == 0 else {
      throw Failure(description: "\(program) does not start")
    }
    var status: Int32 = 0
    var waits = 0
    while waitpid(process, &status, WNOHANG) == 0 {
      usleep(50_000)
      waits += 1
      if waits > 1200 {
        kill(process, SIGKILL)
        waitpid(process, &status, 0)
        throw Failure(description: "\(program) did not end within a minute")
      }
    }
    guard status == 0 else { throw Failure(description: "\(program) ended with status \(status)") }
    return try String(contentsOf: output, encoding: .utf8)
  }
}
