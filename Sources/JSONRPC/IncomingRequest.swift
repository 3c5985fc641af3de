import JSON
import Synchronization

/// A request that waits for its answer.
public final class IncomingRequest: Sendable {
  public let id: RequestID
  public let method: String
  public let params: JSON?
  /// The number of the message in the order of arrival; members of a batch share theirs.
  public let order: Int
  private let endpoint: Endpoint
  private let batch: Batch?
  private let answered = Atomic(false)

  init(_ id: RequestID, _ method: String, _ params: JSON?, _ order: Int, _ endpoint: Endpoint, _ batch: Batch?) {
    self.id = id
    self.method = method
    self.params = params
    self.order = order
    self.endpoint = endpoint
    self.batch = batch
  }

  public var isInBatch: Bool { batch != nil }

  /// Answers; false when it was answered before, and then nothing is sent.
  @discardableResult
  public func reply(_ result: Result<JSON, RPCError>) -> Bool {
    guard !answered.exchange(true, ordering: .acquiringAndReleasing) else { return false }
    endpoint.answer(Message.response(id, result), batch)
    return true
  }
}

/// A notification, which is never answered.
public struct IncomingNotification: Sendable {
  public let method: String
  public let params: JSON?
  /// The number of the message in the order of arrival.
  public let order: Int
}

/// The answers of a batch, sent as one array when the last member is done.
final class Batch: Sendable {
  private let state: Mutex<(missing: Int, body: [UInt8])>
  private let send: @Sendable ([UInt8]) -> Void

  init(_ count: Int, _ send: @escaping @Sendable ([UInt8]) -> Void) {
    state = Mutex((count, []))
    self.send = send
  }

  /// `nil` for a member that is not answered.
  func add(_ answer: [UInt8]?) {
    let body = state.withLock { state -> [UInt8]? in
      state.missing -= 1
      if let answer {
        state.body.append(UInt8(ascii: state.body.isEmpty ? "[" : ","))
        state.body.append(contentsOf: answer)
      }
      guard state.missing == 0, !state.body.isEmpty else { return nil }
      state.body.append(UInt8(ascii: "]"))
      return state.body
    }
    if let body { send(body) }
  }
}
