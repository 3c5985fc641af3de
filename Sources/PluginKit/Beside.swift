import Glibc
import Threads

/// Work that goes on beside the caller's, on a thread of its own, until its result is asked for:
///
///     let writing = Beside { try write(batch) }
///     let next = try read()
///     try writing.value()
///
/// Who begins it asks for its result before returning: nothing is left running behind a call's answer.
public final class Beside<Value: Sendable>: Sendable {
  private let outcome = Outcome<Value>()

  /// Begins the work; on the caller's own thread where the system has no room for another one.
  public init(_ body: @escaping @Sendable () throws -> Value) {
    let outcome = outcome
    let work: @Sendable () -> Void = { outcome.set(Result(catching: body)) }
    if !PlainThread.start("quire-beside", work) { work() }
  }

  /// Waits for the end of the work: what it gave, or threw.
  public func value() throws -> Value { try outcome.wait().get() }
}

/// A result that is waited for.
///
/// Sendable: `result` is touched only between `lock` and `unlock` of the one mutex.
private final class Outcome<Value: Sendable>: @unchecked Sendable {
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let arrived = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private var result: Result<Value, any Error>?

  init() {
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(arrived, nil)
  }

  deinit {
    pthread_cond_destroy(arrived)
    pthread_mutex_destroy(mutex)
    arrived.deallocate()
    mutex.deallocate()
  }

  func set(_ value: Result<Value, any Error>) {
    pthread_mutex_lock(mutex)
    result = value
    pthread_cond_broadcast(arrived)
    pthread_mutex_unlock(mutex)
  }

  func wait() -> Result<Value, any Error> {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    while true {
      if let result { return result }
      pthread_cond_wait(arrived, mutex)
    }
  }
}
