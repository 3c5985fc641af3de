import CLinux
import Glibc
import Synchronization

/// Another program, started with pipes at its standard input, output and error: in a process group of its own,
/// without a shell, with no descriptor and no blocked signal of ours. `state` guards whether it was reaped.
final class ChildProcess: Sendable {
  struct Command: Sendable {
    /// The program, by name or path, and its arguments.
    var words: [String]
    /// The folder that it runs in.
    var folder: String
    /// Variables that are set beside those of this process.
    var environment: [String: String] = [:]
    /// The most memory that it may hold, in bytes (RLIMIT_DATA: mapped files do not count).
    var memory: Int?
  }

  /// How it ended.
  enum Ending: Sendable, Equatable {
    case exit(Int32)
    case signal(Int32)

    var words: String {
      switch self {
      case .exit(let status): "ended with status \(status)"
      case .signal(let number): "was ended by signal \(number) (\(String(cString: strsignal(number))))"
      }
    }
  }

  let processID: pid_t
  /// We write here what it reads.
  let input: Int32
  /// We read here what it writes.
  let output: Int32
  let errors: Int32
  private let state = Mutex<Ending?>(nil)

  /// Starts the program. Throws `plugin.unavailable`-like faults that name it when there is no such program.
  init(_ command: Command) throws(Fault) {
    guard let name = command.words.first, let path = Self.path(of: name, in: command.folder) else {
      throw Fault(
        1051, "file.notFound", "no program '\(command.words.first?.cut(toBytes: 80) ?? "")'",
        hint: "install it, or name its path")
    }
    let pipes = try Pipes()
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for (end, descriptor) in [(pipes.input.read, 0), (pipes.output.write, 1), (pipes.errors.write, 2)] {
      posix_spawn_file_actions_adddup2(&actions, end, Int32(descriptor))
    }
    posix_spawn_file_actions_addchdir_np(&actions, command.folder)

    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    var all = sigset_t()
    sigemptyset(&none)
    sigfillset(&all)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setsigdefault(&attributes, &all)
    posix_spawnattr_setpgroup(&attributes, 0)
    posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP))

    var process = pid_t()
    let words = [path] + command.words.dropFirst()
    let status = withStrings(words) { arguments in
      withStrings(Self.environment(with: command.environment)) { environment in
        posix_spawn(&process, path, &actions, &attributes, arguments, environment)
      }
    }
    pipes.closeTheirs()
    guard status == 0 else {
      pipes.closeOurs()
      throw Fault(1051, "file.notFound", "cannot start '\(name)': \(String(cString: strerror(status)))")
    }
    (processID, input, output, errors) = (process, pipes.input.write, pipes.output.read, pipes.errors.read)
    if let memory = command.memory {
      var limit = rlimit(rlim_cur: rlim_t(memory), rlim_max: rlim_t(memory))
      _ = prlimit(process, Int32(RLIMIT_DATA.rawValue), &limit, nil)
    }
  }

  deinit {
    kill(SIGKILL)
    wait()
    for descriptor in [input, output, errors] { close(descriptor) }
  }

  /// Sends a signal to the program and all that it started.
  func kill(_ signal: Int32) {
    // The group's number is free for others once the program was reaped.
    state.withLock { if $0 == nil { _ = Glibc.kill(-processID, signal) } }
  }

  /// Waits until it has ended.
  @discardableResult
  func wait() -> Ending {
    if let known = state.withLock({ $0 }) { return known }
    // Looks without reaping, so that the lock is not held while it runs on.
    var info = siginfo_t()
    while waitid(P_PID, id_t(processID), &info, WEXITED | WNOWAIT) < 0, errno == EINTR {}
    return state.withLock { ending in
      if let ending { return ending }
      var status: Int32 = 0
      while waitpid(processID, &status, 0) < 0, errno == EINTR {}
      let found: Ending = status & 0x7F == 0 ? .exit(status >> 8 & 0xFF) : .signal(status & 0x7F)
      ending = found
      return found
    }
  }

  // MARK: - Before the start

  /// A name without a slash is looked for in `PATH`; a path is taken from the folder.
  static func path(of name: String, in folder: String) -> String? {
    guard name.contains("/") else { return Path.program(name) }
    let path = Path.absolute(name, in: folder)
    return access(path, X_OK) == 0 ? path : nil
  }

  private static func environment(with more: [String: String]) -> [String] {
    var variables: [String] = []
    var next = environ
    while let variable = next.pointee {
      let text = String(cString: variable)
      let name = text.prefix { $0 != "=" }
      if more[String(name)] == nil { variables.append(text) }
      next += 1
    }
    return variables + more.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
  }
}

/// Three pipes whose ends no other child inherits.
private struct Pipes {
  typealias Ends = (read: Int32, write: Int32)
  let input, output, errors: Ends

  init() throws(Fault) {
    var made: [Ends] = []
    for _ in 0..<3 {
      var ends: [Int32] = [-1, -1]
      guard pipe2(&ends, O_CLOEXEC) == 0 else {
        let reason = String(cString: strerror(errno))
        for ends in made { for end in [ends.read, ends.write] { close(end) } }
        throw Fault(1007, "store.io", "cannot make a pipe: \(reason)", hint: "close what you do not need and try again")
      }
      made.append((ends[0], ends[1]))
    }
    (input, output, errors) = (made[0], made[1], made[2])
  }

  func closeTheirs() { for end in [input.read, output.write, errors.write] { close(end) } }
  func closeOurs() { for end in [input.write, output.read, errors.read] { close(end) } }
}

/// Lends strings as a C array that ends with a null pointer.
private func withStrings<T>(_ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> T) -> T {
  let pointers = strings.map { strdup($0) }
  defer { for pointer in pointers { free(pointer) } }
  return body(pointers + [nil])
}
