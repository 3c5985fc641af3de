import CLinux
import Glibc

/// Starts plain threads: with a name, a stack that holds deep trees, and a priority of their own.
///
/// Blocking reads and long LAPACK calls stand on such threads and not on Swift's cooperative pool, which has as many
/// threads as cores and would stop everything else when they wait.
public enum PlainThread {
  private static let stackSize = 8 << 20

  /// Runs the closure on a new detached thread. Signals are blocked there, so that they reach the thread that
  /// waits for them.
  ///
  /// - Parameters:
  ///   - name: at most 15 bytes, as the kernel shows it.
  ///   - nice: added to the priority value; compute threads give way to the reader with 10.
  /// - Returns: false when the system has no room for another thread.
  @discardableResult
  public static func start(_ name: String, nice: Int32 = 0, _ body: @escaping @Sendable () -> Void) -> Bool {
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setstacksize(&attributes, stackSize)
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))

    let start = Unmanaged.passRetained(Start(name: name, nice: nice, body: body))
    var blocked = sigset_t()
    var before = sigset_t()
    sigfillset(&blocked)
    pthread_sigmask(SIG_SETMASK, &blocked, &before)
    defer { pthread_sigmask(SIG_SETMASK, &before, nil) }

    var thread = pthread_t()
    let status = pthread_create(
      &thread, &attributes,
      { argument in
        guard let argument else { return nil }
        let start = Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
        pthread_setname_np(pthread_self(), String(start.name.prefix(15)))
        if start.nice != 0 { setpriority(__priority_which_t(PRIO_PROCESS.rawValue), id_t(gettid()), start.nice) }
        start.body()
        return nil
      }, start.toOpaque())
    if status != 0 { start.release() }
    return status == 0
  }

  private final class Start: Sendable {
    let name: String
    let nice: Int32
    let body: @Sendable () -> Void

    init(name: String, nice: Int32, body: @escaping @Sendable () -> Void) {
      self.name = name
      self.nice = nice
      self.body = body
    }
  }
}
