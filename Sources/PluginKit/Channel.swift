import Glibc

/// Values on their way from one thread to another, in order: who reads ahead hands them to who writes.
///
/// Sendable: every `var` is touched only between `lock` and `unlock` of the one mutex.
public final class Channel<Value: Sendable>: @unchecked Sendable {
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private let capacity: Int
  private var values: [Value] = []
  private var failure: (any Error)?

  /// - Parameter capacity: how many values wait at most; who sends one more waits for room.
  public init(capacity: Int) {
    self.capacity = max(1, capacity)
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(changed, nil)
  }

  deinit {
    pthread_cond_destroy(changed)
    pthread_mutex_destroy(mutex)
    changed.deallocate()
    mutex.deallocate()
  }

  /// Hands a value over, when there is room. Throws what the channel was failed with.
  public func send(_ value: Value) throws {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    while values.count >= capacity, failure == nil { pthread_cond_wait(changed, mutex) }
    if let failure { throw failure }
    values.append(value)
    pthread_cond_broadcast(changed)
  }

  /// Waits for the next value. Throws what the channel was failed with, whatever still waits in it.
  public func receive() throws -> Value {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    while values.isEmpty, failure == nil { pthread_cond_wait(changed, mutex) }
    if let failure { throw failure }
    pthread_cond_broadcast(changed)
    return values.removeFirst()
  }

  /// What waits in the channel; nothing when there is nothing.
  public func receiveAll() -> [Value] {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    defer { values = [] }
    pthread_cond_broadcast(changed)
    return values
  }

  /// Ends both sides: whoever sends or waits gets the error.
  public func fail(_ error: any Error) {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    if failure == nil { failure = error }
    pthread_cond_broadcast(changed)
  }
}
