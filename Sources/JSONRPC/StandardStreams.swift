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
    redirect(STDIN_FILENO, to: "/dev/null", O_RDONLY)
    // A closed standard error would be the next file that somebody opens.
    if fcntl(STDERR_FILENO, F_GETFD) < 0 { redirect(STDERR_FILENO, to: "/dev/null", O_WRONLY) }
    dup2(STDERR_FILENO, STDOUT_FILENO)
    return StandardStreams(input: input, output: output)
  }

  private static func redirect(_ descriptor: Int32, to path: String, _ mode: Int32) {
    let file = open(path, mode)
    guard file >= 0, file != descriptor else { return }
    dup2(file, descriptor)
    close(file)
  }
}
