import Synchronization

/// The flag that a caller raises and a method looks at.
public final class Cancellation: Sendable {
  private let raised = Atomic(false)
  private let outer: Cancellation?

  /// - Parameter outer: raises this flag with its own, at once.
  public init(within outer: Cancellation? = nil) { self.outer = outer }

  public func cancel() { raised.store(true, ordering: .releasing) }

  public var isCancelled: Bool { raised.load(ordering: .acquiring) || outer?.isCancelled == true }

  /// Throws `MethodError.cancelled` once the flag is raised.
  @inlinable public func check() throws {
    if isCancelled { throw MethodError.cancelled }
  }
}
