import Kernel

/// A client's session as the end of the process sees it.
package protocol LiveSession: AnyObject, Sendable {
  /// Waits until every accepted request has its answer, at most so long.
  func waitForCalls(seconds: Double?)
  /// Cancels everything that is in flight.
  func cancelAll(because reason: ActiveCall.StopReason)
  /// Answers what was cancelled and goes on all the same.
  func abandonAll()
}
