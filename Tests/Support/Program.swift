import Foundation
import Glibc

/// A program that runs beside the test, with pipes to its streams.
public final class Program: @unchecked Sendable {
  // Used by one test at a time.
  public struct Failure: Error, CustomStringConvertible {
    public let description: String
    public init(_ description: String) { self.description = description }
  }

  /// How a program ended, and what it printed.
  public struct Outcome: Sendable {
    public let status: Int32
    public let output: String
    public let errors: String
  }

  /// Where a program's standard error goes.
  public enum Errors: Sendable {
    /// Kept for `errorText`.
    case kept
    /// Into a pipe that nobody reads.
    case unread
    case closed
  }

  public let processID: pid_t
  private var input: Int32
  private var output: Int32
  private let errors: String
  /// Kept open and never read.
  private var unreadPipe: Int32 = -1
  private var buffer: [UInt8] = []
  private var ended: Int32?

  /// The `quire` that was built with the tests, or the one that `QUIRE_BINARY` names.
  public static var quire: String {
    if let named = ProcessInfo.processInfo.environment["QUIRE_BINARY"] { return named }
    // The test runner's own executable stands in the folder of products.
    let runner = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
    for folder in [runner, runner.deletingLastPathComponent()] {
      let candidate = folder.appendingPathComponent("quire").path
      if FileManager.default.isExecutableFile(atPath: candidate) { return candidate }
    }
    return SharedData.packageRoot.appendingPathComponent(".build/debug/quire").path
  }

  /// - Parameters:
  ///   - folder: the working directory.
  ///   - environment: added to ours.
  ///   - fileLimit: the largest file that it may write, in bytes.
  public init(
    _ path: String, _ arguments: [String], in folder: String, environment: [String: String] = [:],
    fileLimit: Int? = nil, errors kind: Errors = .kept
  ) throws {
    var stdin: [Int32] = [0, 0]
    var stdout: [Int32] = [0, 0]
    guard pipe(&stdin) == 0, pipe(&stdout) == 0 else { throw Failure("no pipe") }
    for descriptor in [stdin[1], stdout[0]] { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
    errors = NSTemporaryDirectory() + "/quire-stderr-\(UUID().uuidString)"
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, stdin[0], 0)
    posix_spawn_file_actions_adddup2(&actions, stdout[1], 1)
    var stderr: [Int32] = [-1, -1]
    defer { if stderr[1] >= 0 { close(stderr[1]) } }
    switch kind {
    case .kept: posix_spawn_file_actions_addopen(&actions, 2, errors, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    case .unread:
      guard pipe(&stderr) == 0 else { throw Failure("no pipe") }
      _ = fcntl(stderr[0], F_SETFD, FD_CLOEXEC)
      unreadPipe = stderr[0]
      posix_spawn_file_actions_adddup2(&actions, stderr[1], 2)
    case .closed: posix_spawn_file_actions_addclose(&actions, 2)
    }

    // A shell sets what posix_spawn cannot: the folder, and the limit on files (in blocks of 1 KiB for sh).
    var script = "cd \"$0\" && "
    if let fileLimit { script += "trap '' XFSZ; ulimit -f \(max(1, fileLimit / 512)) && " }
    script += "exec \"$@\""
    let words = ["/bin/sh", "-c", script, folder, path] + arguments
    var environment = environment.merging(ProcessInfo.processInfo.environment) { ours, _ in ours }
    environment["LC_ALL"] = "C.UTF-8"
    var argv: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
    var envp: [UnsafeMutablePointer<CChar>?] = environment.map { strdup("\($0)=\($1)") } + [nil]
    defer { for pointer in argv + envp { free(pointer) } }
    // Threads of a test runner block signals, which a program would inherit.
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
    var child = pid_t()
    let status = posix_spawn(&child, "/bin/sh", &actions, &attributes, &argv, &envp)
    close(stdin[0])
    close(stdout[1])
    guard status == 0 else { throw Failure("cannot start \(path): \(String(cString: strerror(status)))") }
    processID = child
    input = stdin[1]
    output = stdout[0]
  }

  deinit {
    if ended == nil {
      kill(processID, SIGKILL)
      var status: Int32 = 0
      waitpid(processID, &status, 0)
    }
    closeOutput()
    if unreadPipe >= 0 { close(unreadPipe) }
    unlink(errors)
  }

  public func write(_ text: String) throws { try write(Array(text.utf8)) }

  public func write(_ all: [UInt8]) throws {
    var bytes = all[...]
    signal(SIGPIPE, SIG_IGN)
    while !bytes.isEmpty {
      let count = bytes.withUnsafeBytes { Glibc.write(input, $0.baseAddress, $0.count) }
      guard count > 0 else { throw Failure("the program no longer reads") }
      bytes = bytes.dropFirst(count)
    }
  }

  public func closeInput() {
    if input >= 0 { close(input) }
    input = -1
  }

  /// Stops reading, as a client does that has gone away.
  public func closeOutput() {
    closeInput()
    if output >= 0 { close(output) }
    output = -1
  }

  /// The next line without its end; `nil` at the end of the stream.
  public func readLine(seconds: Double = 30) throws -> String? {
    let deadline = Date().addingTimeInterval(seconds)
    while true {
      if let end = buffer.firstIndex(of: 0x0A) {
        let line = String(decoding: buffer[..<end], as: UTF8.self)
        buffer.removeSubrange(...end)
        return line
      }
      guard try fill(until: deadline) else {
        guard !buffer.isEmpty else { return nil }
        defer { buffer = [] }
        return String(decoding: buffer, as: UTF8.self)
      }
    }
  }

  /// Exactly so many bytes.
  public func read(count: Int, seconds: Double = 30) throws -> [UInt8] {
    let deadline = Date().addingTimeInterval(seconds)
    while buffer.count < count {
      guard try fill(until: deadline) else { throw Failure("the stream ended after \(buffer.count) of \(count) bytes") }
    }
    defer { buffer.removeFirst(count) }
    return Array(buffer.prefix(count))
  }

  /// False at the end of the stream.
  private func fill(until deadline: Date) throws -> Bool {
    var poller = pollfd(fd: output, events: Int16(POLLIN), revents: 0)
    let milliseconds = Int32(max(0, deadline.timeIntervalSinceNow * 1000))
    guard poll(&poller, 1, milliseconds) == 1 else { throw Failure("nothing came in time; stderr: \(errorText)") }
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    let count = Glibc.read(output, &chunk, chunk.count)
    guard count > 0 else { return false }
    buffer.append(contentsOf: chunk[..<count])
    return true
  }

  public var errorText: String { (try? String(contentsOfFile: errors, encoding: .utf8)) ?? "" }

  public func send(signal number: Int32) { kill(processID, number) }

  /// Waits for the end; throws when it does not come in time. 128 + the signal for a program that was killed.
  public func wait(seconds: Double = 30) throws -> Int32 {
    if let ended { return ended }
    let deadline = Date().addingTimeInterval(seconds)
    var status: Int32 = 0
    while waitpid(processID, &status, WNOHANG) == 0 {
      guard Date() < deadline else { throw Failure("the program did not end; stderr: \(errorText)") }
      usleep(2000)
    }
    let result = status & 0x7F == 0 ? (status >> 8) & 0xFF : 128 + (status & 0x7F)
    ended = result
    return result
  }

  /// Runs a program to its end.
  public static func run(
    _ path: String = Program.quire, arguments: [String], in folder: String, input: String = "",
    environment: [String: String] = [:], fileLimit: Int? = nil, seconds: Double = 120
  ) throws -> Outcome {
    let program = try Program(path, arguments, in: folder, environment: environment, fileLimit: fileLimit)
    if !input.isEmpty { try? program.write(input) }
    program.closeInput()
    var output = ""
    while let line = try program.readLine(seconds: seconds) { output += line + "\n" }
    let status = try program.wait(seconds: seconds)
    return Outcome(status: status, output: output, errors: program.errorText)
  }
}
