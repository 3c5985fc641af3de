import Glibc

/// The descriptors that carry messages, moved out of everybody's reach.
///
/// Afterwards standard output is standard error and standard input is empty, so that a stray `print`, of ours, of a
/// C library or of a plugin, lands in the log and never in the stream of messages.
public struct StandardStreams: Sendable {
  public let input: Int32
  public let output: Int32

  /// `nil` when a descriptor is closed or none is left.
  public static func take() -> StandardStreams? {
    let input = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
    let output = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3)
    guard input >= 0, output >= 0 else { return nil }
    let null = open("/dev/null", O_RDONLY | O_CLOEXEC)
    if null >= 0 {
      dup2(null, STDIN_FILENO)
      close(null)
    }
    if fcntl(STDERR_FILENO, F_GETFD) >= 0 { dup2(STDERR_FILENO, STDOUT_FILENO) }
    return StandardStreams(input: input, output: output)
  }
}
