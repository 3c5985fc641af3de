import CLinux
import Dispatch
import Glibc
import JSON

extension PluginConnection {
  /// Tells the program to go, and says how it went; it is ended when it does not.
  func depart(within seconds: Double) -> Evidence.Departure {
    let answer = ask("plugin/shutdown", nil, within: seconds)
    endpoint.notify("exit", nil)
    var departure = departure(within: seconds)
    departure.isAcknowledged = if case .value = answer { true } else { false }
    return departure
  }

  /// Closes the program's standard input, as the end of its host does, and says how it went.
  func orphan(within seconds: Double) -> Evidence.Departure {
    // The descriptor itself stays ours, to be closed with the process.
    let null = Glibc.open("/dev/null", O_WRONLY | O_CLOEXEC)
    if null >= 0 {
      dup3(null, process.input, O_CLOEXEC)
      Glibc.close(null)
    }
    return departure(within: seconds)
  }

  private func departure(within seconds: Double) -> Evidence.Departure {
    let began = monotonicMilliseconds()
    while !isGone, monotonicMilliseconds() - began < seconds * 1000 { usleep(2000) }
    let isGone = isGone
    let departure = Evidence.Departure(
      seconds: seconds, ending: isGone ? process.wait() : nil,
      left: isGone ? ProcessGroup.living(process.processID) : [])
    for process in departure.left { Glibc.kill(pid_t(process), SIGKILL) }
    end(Fault(1102, "plugin.crashed", "the check is over"))
    return departure
  }

  private var isGone: Bool {
    var info = siginfo_t()
    // One that was waited for already is no child any more.
    let status = waitid(P_PID, id_t(process.processID), &info, WEXITED | WNOWAIT | WNOHANG)
    return status < 0 || info.si_signo == SIGCHLD
  }

  /// A call of any kind, whatever comes of it.
  func ask(_ method: String, _ params: JSON?, within seconds: Double) -> Evidence.Link.Answer {
    let answer = OneAnswer()
    endpoint.call(method, params) { answer.give($0) }
    guard let given = answer.wait(seconds) else { return .silence(seconds: seconds) }
    switch given {
    case .success(let value): return .value(value)
    case .failure(let error) where error.kind == "connection.closed":
      // Its output ends a moment before the program does.
      let closed = monotonicMilliseconds()
      while !isGone, monotonicMilliseconds() - closed < 1000 { usleep(2000) }
      return .gone(isGone ? process.wait().words : "closed its output")
    case .failure(let error): return .error(error)
    }
  }
}

/// The processes that a program started are in its group, unless they chose another.
private enum ProcessGroup {
  /// The members of the group that run, its leader aside.
  static func living(_ group: pid_t) -> [Int] {
    guard let directory = opendir("/proc") else { return [] }
    defer { closedir(directory) }
    var found: [Int] = []
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: MemoryLayout.size(ofValue: pointer.pointee)) {
          String(cString: $0)
        }
      }
      guard let process = Int(name), process != Int(group), getpgid(pid_t(process)) == group, !isZombie(process) else {
        continue
      }
      found.append(process)
    }
    return found
  }

  private static func isZombie(_ process: Int) -> Bool {
    guard let text = try? readFile("/proc/\(process)/stat", shownAs: "stat", limit: 4096, pointer: nil),
      let end = text.lastIndex(of: UInt8(ascii: ")")), end + 2 < text.count
    else { return true }
    return text[end + 2] == UInt8(ascii: "Z")
  }
}
