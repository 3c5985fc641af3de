import Glibc
import JSON
import Synchronization

/// One end of a JSON-RPC 2.0 connection over two descriptors; it calls and it answers.
///
/// `run` reads on the calling thread until the stream ends. Requests and notifications go to the handler on that
/// thread, answers to our own requests to the closure that `call` was given.
public final class Endpoint: Sendable {
  /// What an endpoint does with what it receives. All methods are called on the reading thread, except that members
  /// of a large message come on the thread that parsed it.
  public protocol Handler: AnyObject, Sendable {
    /// Answer by `request.reply`, exactly once, on any thread.
    func handle(_ request: IncomingRequest)
    func handle(notification method: String, params: JSON?)
    /// A body that is not JSON. True when that is dealt with; else the peer is told.
    func handle(unreadable bytes: ArraySlice<UInt8>) -> Bool
    /// True for a method that may be answered while an earlier, large message is still being parsed.
    func isImmediate(_ method: String) -> Bool
  }

  public struct Options: Sendable {
    public var framing: Framing?
    public var limits = FramingLimits()
    /// Bodies over this size are parsed by `runElsewhere`.
    public var largeBody = 256 << 10
    public var batchLimit = 10_000
    public var acceptsBatches = true
    /// Output that the peer has not read, in bytes; above it reading pauses.
    public var unread = 256 << 20

    public init() {}
  }

  private let input: Int32
  private let options: Options
  private let output: OutputQueue
  private let runElsewhere: @Sendable (@escaping @Sendable () -> Void) -> Void
  /// Set by the reading thread before the first message is handed on.
  private let framing = Mutex<Framing?>(nil)
  private let calls = Mutex(Calls())
  private let gate = Mutex(Gate())

  private struct Calls {
    var next = 1
    var waiting: [RequestID: @Sendable (Result<JSON, RPCError>) -> Void] = [:]
  }

  /// While a large body is being parsed, what follows waits behind it (`later`), immediate methods excepted.
  private struct Gate {
    var parsing = false
    var later: [Later] = []
    enum Later {
      case value(JSON)
      case body([UInt8])
    }
  }

  /// - Parameters:
  ///   - onGone: called once, on any thread, when the peer no longer reads.
  ///   - runElsewhere: runs a closure on another thread.
  public init(
    input: Int32, output: Int32, options: Options = Options(),
    onGone: @escaping @Sendable () -> Void = {},
    runElsewhere: @escaping @Sendable (@escaping @Sendable () -> Void) -> Void
  ) {
    self.input = input
    self.options = options
    self.output = OutputQueue(output, limit: options.unread, onGone: onGone)
    self.runElsewhere = runElsewhere
  }

  // MARK: - Calling

  /// Sends a request; the closure gets the answer, on the reading thread.
  @discardableResult
  public func call(
    _ method: String, _ params: JSON?, _ answer: @escaping @Sendable (Result<JSON, RPCError>) -> Void
  ) -> RequestID {
    let id = calls.withLock { calls in
      let id = RequestID(calls.next)
      calls.next += 1
      calls.waiting[id] = answer
      return id
    }
    send(Message.request(id, method, params))
    return id
  }

  /// Sends a notification; one of the same topic that still waits to be written is replaced.
  public func notify(_ method: String, _ params: JSON?, topic: String? = nil) {
    send(Message.request(nil, method, params), topic: topic)
  }

  /// Waits until all that was sent has been written, at most so long.
  @discardableResult
  public func flush(milliseconds: Int) -> Bool { output.flush(milliseconds: milliseconds) }

  fileprivate func send(_ body: [UInt8], topic: String? = nil) {
    let framing = framing.withLock { $0 } ?? options.framing ?? .lines
    output.send(framed(body, framing), topic: topic)
  }

  /// True while a large message is being parsed on another thread.
  public var isParsing: Bool { gate.withLock { $0.parsing } }

  // MARK: - Reading

  /// Reads until the stream ends or the closure says stop. Returns false when the descriptor could not be read.
  @discardableResult
  public func run(_ handler: any Handler, while mayRead: () -> Bool = { true }) -> Bool {
    var reader = FrameReader(options.framing, limits: options.limits)
    let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)
    defer { chunk.deallocate() }
    while mayRead() {
      let count = read(input, chunk.baseAddress, chunk.count)
      if count < 0 {
        if errno == EINTR { continue }
        return false
      }
      if count == 0 { break }
      reader.append(UnsafeRawBufferPointer(rebasing: chunk[..<count]))
      deliver(&reader, handler)
      output.waitForRoom()
    }
    if let frame = reader.finish() { deliver(frame, &reader, handler) }
    return true
  }

  private func deliver(_ reader: inout FrameReader, _ handler: any Handler) {
    while let frame = reader.next() { deliver(frame, &reader, handler) }
  }

  private func deliver(_ frame: FrameReader.Frame, _ reader: inout FrameReader, _ handler: any Handler) {
    if let found = reader.framing, framing.withLock({ $0 }) == nil { framing.withLock { $0 = found } }
    switch frame {
    case .badHeader(let why):
      let error = RPCError(-32700, "unusable header block: \(why)", kind: "framing.header")
      send(Message.response(nil, .failure(error)))
    case .tooLarge(let size):
      let limit = options.limits.message
      let error = RPCError(
        -32003, "a message of \(size) bytes; at most \(limit) are read", kind: "message.tooLarge",
        ["limit": JSON(limit), "hint": "send large data as a file or an artifact"])
      send(Message.response(nil, .failure(error)))
    case .body(let range):
      // A lying length must be found at once, since it decides where the next message begins.
      if range.count > options.largeBody, reader.framing == .lines || reader.bytes[range].hasJSONEnds {
        acceptLarge(Array(reader.bytes[range]), handler)
        return
      }
      let parsed = reader.bytes.withUnsafeBytes { bytes -> Result<JSON, JSON.ParseError> in
        do throws(JSON.ParseError) {
          return .success(try JSON.parse(UnsafeRawBufferPointer(rebasing: bytes[range])))
        } catch {
          return .failure(error)
        }
      }
      switch parsed {
      case .success(let value): accept(value, handler)
      case .failure(let error):
        if !handler.handle(unreadable: reader.bytes[range]) { send(Message.response(nil, .failure(.parse(error)))) }
        reader.resynchronise(after: range)
      }
    }
  }

  private func acceptLarge(_ body: [UInt8], _ handler: any Handler) {
    let mustWait = gate.withLock { gate in
      if gate.parsing {
        gate.later.append(.body(body))
        return true
      }
      gate.parsing = true
      return false
    }
    if mustWait { return }
    runElsewhere { self.parseLarge(body, handler) }
  }

  /// On another thread: parses, hands on, then hands on what had to wait behind.
  private func parseLarge(_ first: [UInt8], _ handler: any Handler) {
    var body: [UInt8]? = first
    while let current = body {
      body = nil
      do throws(JSON.ParseError) {
        dispatch(try JSON.parse(current), handler)
      } catch {
        if !handler.handle(unreadable: current[...]) { send(Message.response(nil, .failure(.parse(error)))) }
      }
      while body == nil {
        let next = gate.withLock { gate -> Gate.Later? in
          guard !gate.later.isEmpty else {
            gate.parsing = false
            return nil
          }
          return gate.later.removeFirst()
        }
        guard let next else { return }
        switch next {
        case .value(let value): dispatch(value, handler)
        case .body(let bytes): body = bytes
        }
      }
    }
  }

  private func accept(_ value: JSON, _ handler: any Handler) {
    let waits = gate.withLock { gate in
      guard gate.parsing else { return false }
      if let method = value["method"]?.string, handler.isImmediate(method) { return false }
      gate.later.append(.value(value))
      return true
    }
    if !waits { dispatch(value, handler) }
  }

  private func dispatch(_ value: JSON, _ handler: any Handler) {
    guard case .array(let members) = value else {
      handle(Message(value), handler, nil)
      return
    }
    guard options.acceptsBatches, !members.isEmpty, members.count <= options.batchLimit else {
      let error: RPCError =
        if !options.acceptsBatches {
          .invalidRequest("batches are not taken here", kind: "batch.refused")
        } else if members.isEmpty {
          .invalidRequest("a batch has at least one member", kind: "batch.empty")
        } else {
          .invalidRequest("a batch has at most \(options.batchLimit) members", kind: "batch.tooLarge")
        }
      send(Message.response(nil, .failure(error)))
      return
    }
    let batch = Batch(members.count) { self.send($0) }
    for member in members { handle(Message(member), handler, batch) }
  }

  private func handle(_ message: Message, _ handler: any Handler, _ batch: Batch?) {
    switch message {
    case .request(let id, let method, let params):
      handler.handle(IncomingRequest(id, method, params, self, batch))
    case .notification(let method, let params):
      batch?.add(nil)
      // `exit` in a batch would end the session before the batch is answered.
      if batch == nil || method != "exit" { handler.handle(notification: method, params: params) }
    case .response(let id, let result):
      batch?.add(nil)
      calls.withLock { $0.waiting.removeValue(forKey: id) }?(result)
    case .invalid(let id, let error):
      answer(Message.response(id, .failure(error)), batch)
    }
  }

  fileprivate func answer(_ body: [UInt8], _ batch: Batch?) {
    if let batch { batch.add(body) } else { send(body) }
  }
}

extension Endpoint.Handler {
  public func handle(unreadable bytes: ArraySlice<UInt8>) -> Bool { false }
}

extension ArraySlice<UInt8> {
  /// Begins and ends as a JSON object or array does.
  fileprivate var hasJSONEnds: Bool {
    let isBlank = { (byte: UInt8) in byte == 0x20 || (0x09...0x0D).contains(byte) }
    let first = self.first { !isBlank($0) }
    let last = self.last { !isBlank($0) }
    return (first == UInt8(ascii: "{") && last == UInt8(ascii: "}"))
      || (first == UInt8(ascii: "[") && last == UInt8(ascii: "]"))
  }
}

/// A request that waits for its answer.
public final class IncomingRequest: Sendable {
  public let id: RequestID
  public let method: String
  public let params: JSON?
  private let endpoint: Endpoint
  private let batch: Batch?
  private let answered = Atomic(false)

  fileprivate init(_ id: RequestID, _ method: String, _ params: JSON?, _ endpoint: Endpoint, _ batch: Batch?) {
    self.id = id
    self.method = method
    self.params = params
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

/// The answers of a batch, sent as one array when the last member is done.
private final class Batch: Sendable {
  private let state: Mutex<(missing: Int, answers: [[UInt8]])>
  private let send: @Sendable ([UInt8]) -> Void

  init(_ count: Int, _ send: @escaping @Sendable ([UInt8]) -> Void) {
    state = Mutex((count, []))
    self.send = send
  }

  /// `nil` for a member that is not answered.
  func add(_ answer: [UInt8]?) {
    let answers = state.withLock { state -> [[UInt8]]? in
      state.missing -= 1
      if let answer { state.answers.append(answer) }
      return state.missing == 0 ? state.answers : nil
    }
    guard let answers, !answers.isEmpty else { return }
    var body: [UInt8] = [UInt8(ascii: "[")]
    for (index, answer) in answers.enumerated() {
      if index > 0 { body.append(UInt8(ascii: ",")) }
      body.append(contentsOf: answer)
    }
    body.append(UInt8(ascii: "]"))
    send(body)
  }
}
