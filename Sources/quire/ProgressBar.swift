import Glibc
import Kernel
import Synchronization

/// Shows on standard error how far the work has come: a bar that is drawn anew on a terminal, else a plain line every
/// few seconds. Guarded by `state`.
final class ProgressBar: Sendable {
  private struct State {
    var lastTime = 0.0
    var isDrawn = false
    var title = ""
  }

  private let isQuiet: Bool
  private let terminal = Terminal(STDERR_FILENO)
  private let state = Mutex(State())

  init(isQuiet: Bool) {
    self.isQuiet = isQuiet
    begin("")
  }

  /// What is being worked on from now on.
  func begin(_ title: String) {
    state.withLock { state in
      state.title = title
      state.lastTime = terminal.isThere ? 0 : seconds()
    }
  }

  func show(_ progress: Progress) {
    guard !isQuiet else { return }
    let line = state.withLock { state -> String? in
      let now = seconds()
      guard now - state.lastTime >= (terminal.isThere ? 0.1 : 3) else { return nil }
      state.lastTime = now
      state.isDrawn = terminal.isThere
      let title = state.title.isEmpty ? "" : state.title + "  "
      guard let fraction = progress.fraction else { return title + progress.message }
      let percent = "\(Int(fraction * 100)) %"
      guard terminal.isThere else { return "\(title)\(percent)  \(progress.message)" }
      let filled = Int(fraction * 20)
      let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: 20 - filled)
      return "\(title)\(bar) \(percent)  \(progress.message)"
    }
    guard let line else { return }
    write(terminal.isThere ? "\r\u{1B}[K\(line.prefix(min(100, terminal.width - 1)))" : line + "\n", to: STDERR_FILENO)
  }

  /// Takes the bar away.
  func finish() {
    let mustClear = state.withLock { state in
      defer { state.isDrawn = false }
      return state.isDrawn
    }
    if mustClear { write("\r\u{1B}[K", to: STDERR_FILENO) }
  }

  private func seconds() -> Double { Stopwatch.now }
}

/// How long a command has taken, for people.
struct Stopwatch: Sendable {
  private let began = Stopwatch.now

  var text: String {
    let seconds = Stopwatch.now - began
    return seconds < 10 ? "\((seconds * 100).rounded() / 100) s" : "\(Int(seconds.rounded())) s"
  }

  /// The monotonic clock, in seconds.
  static var now: Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}
