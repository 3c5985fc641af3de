import CLinux
import Glibc
import Synchronization
import Threads

/// Waits, on a thread of its own, for what ends a session from outside: a signal, a client that no longer reads, the
/// end of the process that the client asked us to watch.
package final class Watch: Sendable {
  package enum Event: Sendable {
    case terminate, interrupt, hangUp
    case clientGone
    case watchedProcessEnded
  }

  private let output: Int32
  private let signals: Int32
  /// Written to when the set of descriptors has changed.
  private let wake: Int32
  private let process = Mutex<Process?>(nil)

  private enum Process {
    case descriptor(Int32)
    case id(pid_t)
  }

  package init(output: Int32) {
    self.output = output
    signal(SIGPIPE, SIG_IGN)
    signals = Signals.take([SIGTERM, SIGINT, SIGHUP])
    wake = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
  }

  /// Watches a process too: by a descriptor of it, or where that cannot be had by asking every two seconds.
  func watch(process id: pid_t) {
    let descriptor = pidfd_open(id, 0)
    process.withLock { $0 = descriptor >= 0 ? .descriptor(descriptor) : .id(id) }
    var one: UInt64 = 1
    write(wake, &one, 8)
  }

  package func start(_ handle: @escaping @Sendable (Event) -> Void) {
    PlainThread.start("quire-watch") { self.loop(handle) }
  }

  private func loop(_ handle: (Event) -> Void) {
    var watchesOutput = true
    while true {
      let process = process.withLock { $0 }
      var polled = [
        pollfd(fd: signals, events: Int16(POLLIN), revents: 0), pollfd(fd: wake, events: Int16(POLLIN), revents: 0),
        // No event is asked for: an error and a hang-up are reported all the same.
        pollfd(fd: watchesOutput ? output : -1, events: 0, revents: 0),
      ]
      if case .descriptor(let descriptor)? = process {
        polled.append(pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0))
      }
      let timeout: Int32 = if case .id? = process { 2000 } else { -1 }
      poll(&polled, nfds_t(polled.count), timeout)

      if polled[0].revents != 0 { readSignal(handle) }
      if polled[1].revents != 0 {
        var count: UInt64 = 0
        read(wake, &count, 8)
      }
      if polled[2].revents & Int16(POLLERR | POLLHUP | POLLNVAL) != 0 {
        watchesOutput = false
        handle(.clientGone)
      }
      switch process {
      case .descriptor? where polled.count > 3 && polled[3].revents != 0: ended(handle)
      case .id(let id)? where kill(id, 0) != 0 && errno == ESRCH: ended(handle)
      default: break
      }
    }
  }

  private func ended(_ handle: (Event) -> Void) {
    process.withLock { $0 = nil }
    handle(.watchedProcessEnded)
  }

  private func readSignal(_ handle: (Event) -> Void) {
    var number: UInt8 = 0
    guard read(signals, &number, 1) == 1 else { return }
    switch Int32(number) {
    case SIGTERM: handle(.terminate)
    case SIGINT: handle(.interrupt)
    default: handle(.hangUp)
    }
  }
}
