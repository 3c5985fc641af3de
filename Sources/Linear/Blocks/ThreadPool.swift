internal import Glibc
import Threads

/// Threads that `Workers` splits its work over. The host supplies its own, or uses `ThreadPool`.
public protocol WorkerPool: Sendable {
  /// Calls `body` once for each of 0 ..< count, at several at once if it can, and returns after the last.
  ///
  /// The calling thread works too, so calls may nest, and a pool whose threads are all busy still gets done.
  func run(_ count: Int, _ body: @escaping @Sendable (Int) -> Void)
}

/// Plain threads that wait for work; they start at its first arrival and end with the last reference to the pool.
public final class ThreadPool: WorkerPool {
  private let state: PoolState

  /// - Parameters:
  ///   - threads: how many work at once, a caller's own included.
  ///   - niceness: added to the threads' own (not the callers'), so that those who wait for them stay prompt.
  public init(threads: Int, niceness: Int = 0) {
    state = PoolState(helpers: max(0, threads - 1), niceness: CInt(clamping: niceness))
  }

  deinit { state.stop() }

  public func run(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
    guard count > 1, state.helpers > 0 else {
      for i in 0..<max(0, count) { body(i) }
      return
    }
    state.run(Batch(count: count, body: body))
  }
}

/// One call of `run`: its numbers are handed out in order.
///
/// Sendable: `next` and `finished` are touched only under the lock of the pool that runs it.
private final class Batch: @unchecked Sendable {
  let count: Int
  let body: @Sendable (Int) -> Void
  var next = 0
  var finished = 0

  init(count: Int, body: @escaping @Sendable (Int) -> Void) {
    self.count = count
    self.body = body
  }
}

/// What the threads of a pool share. Threads hold it, not the pool, so that the pool can end.
///
/// Sendable: every `var` is touched only between `lock` and `unlock` of the one mutex.
private final class PoolState: @unchecked Sendable {
  let helpers: Int
  private let niceness: CInt
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private let workArrived: UnsafeMutablePointer<pthread_cond_t>
  private let workDone: UnsafeMutablePointer<pthread_cond_t>
  private var batches: [Batch] = []
  private var started = false
  private var stopping = false

  init(helpers: Int, niceness: CInt) {
    self.helpers = helpers
    self.niceness = niceness
    mutex = .allocate(capacity: 1)
    workArrived = .allocate(capacity: 1)
    workDone = .allocate(capacity: 1)
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(workArrived, nil)
    pthread_cond_init(workDone, nil)
  }

  deinit {
    pthread_cond_destroy(workDone)
    pthread_cond_destroy(workArrived)
    pthread_mutex_destroy(mutex)
    workDone.deallocate()
    workArrived.deallocate()
    mutex.deallocate()
  }

  func run(_ batch: Batch) {
    pthread_mutex_lock(mutex)
    startThreads()
    batches.append(batch)
    pthread_cond_broadcast(workArrived)
    while batch.next < batch.count { step(batch) }
    while batch.finished < batch.count { pthread_cond_wait(workDone, mutex) }
    pthread_mutex_unlock(mutex)
  }

  func stop() {
    pthread_mutex_lock(mutex)
    stopping = true
    pthread_cond_broadcast(workArrived)
    pthread_mutex_unlock(mutex)
  }

  private func work() {
    pthread_mutex_lock(mutex)
    while !stopping {
      if let batch = batches.first { step(batch) } else { pthread_cond_wait(workArrived, mutex) }
    }
    pthread_mutex_unlock(mutex)
  }

  /// Takes one number of a batch that has some left and does it, without the lock meanwhile.
  private func step(_ batch: Batch) {
    let number = batch.next
    batch.next += 1
    if batch.next == batch.count { batches.removeAll { $0 === batch } }
    pthread_mutex_unlock(mutex)
    batch.body(number)
    pthread_mutex_lock(mutex)
    batch.finished += 1
    if batch.finished == batch.count { pthread_cond_broadcast(workDone) }
  }

  /// A thread that cannot be had is done without: the caller works in any case.
  private func startThreads() {
    if started { return }
    started = true
    for _ in 0..<helpers { PlainThread.start("quire-blocks", nice: niceness) { self.work() } }
  }
}
