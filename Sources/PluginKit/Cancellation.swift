import Synchronization

/// The flag that a caller raises and a method looks at.
public final class Cancellation: Sendable {
  private let raised = Atomic(false)

  public init() {}

  public func cancel() { raised.store(true, ordering: .releasing) }

  public var isCancelled: Bool { raised.load(ordering: .acquiring) }

  /// Throws `MethodError.cancelled` once the flag is raised.
  @inlinable public func check() throws {
    if isCancelled { throw MethodError.cancelled }
  }
}
