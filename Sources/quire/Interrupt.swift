import Dispatch
import Glibc
import Kernel
import Threads

/// Ctrl-C: the first one cancels what runs, a second one ends the program.
final class Interrupt: Sendable {
  let cancellation = Cancellation()

  init() {
    let signals = Signals.take([SIGINT, SIGTERM])
    let cancellation = cancellation
    PlainThread.start("quire-signals") {
      for count in 1... {
        var number: UInt8 = 0
        while read(signals, &number, 1) != 1 {}
        if count > 1 { _exit(130) }
        cancellation.cancel()
      }
    }
  }
}
