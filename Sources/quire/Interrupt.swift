import Dispatch
import Glibc
import Kernel
import Threads

/// Ctrl-C: the first one cancels what runs, a second one ends the program.
final class Interrupt: Sendable {
  let cancellation = Cancellation()

  /// To be made before other threads are started, since it blocks the signal for them.
  init() {
    var set = sigset_t()
    sigemptyset(&set)
    sigaddset(&set, SIGINT)
    sigaddset(&set, SIGTERM)
    pthread_sigmask(SIG_BLOCK, &set, nil)
    let cancellation = cancellation
    let waited = set
    PlainThread.start("quire-signals") {
      var signals = waited
      var number: Int32 = 0
      sigwait(&signals, &number)
      cancellation.cancel()
      sigwait(&signals, &number)
      _exit(130)
    }
  }
}
