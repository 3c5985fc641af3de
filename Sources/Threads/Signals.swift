import Glibc

/// Signals as bytes to be read, whichever thread they reach.
///
/// Blocking them and waiting with `signalfd` would not do: OpenBLAS starts threads before `main`, which block nothing,
/// and a signal that reaches one of them would end the process. So a handler writes the number into a pipe; nothing
/// else happens in it.
public enum Signals {
  /// Made once, before the first handler is set, and never closed.
  private static let ends: (read: Int32, write: Int32) = {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { return (-1, -1) }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    _ = fcntl(ends[1], F_SETFL, O_NONBLOCK)
    return (ends[0], ends[1])
  }()

  /// Takes these signals; returns a descriptor from which each can be read as one byte.
  public static func take(_ signals: [Int32]) -> Int32 {
    let descriptor = ends.read
    var action = sigaction()
    action.__sigaction_handler.sa_handler = { number in
      let saved = errno
      var byte = UInt8(truncatingIfNeeded: number)
      _ = write(Signals.ends.write, &byte, 1)
      errno = saved
    }
    action.sa_flags = Int32(SA_RESTART)
    for signal in signals { sigaction(signal, &action, nil) }
    return descriptor
  }
}
