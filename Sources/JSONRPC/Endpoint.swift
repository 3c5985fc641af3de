import Dispatch
import Glibc
import JSON
import Synchronization
import Threads

/// One end of a JSON-RPC 2.0 connection over two descriptors; it calls and it answers.
///
///     let endpoint = Endpoint(input: 3, output: 4)
///     endpoint.call("ping", nil) { answer in … }
///     endpoint.run(handler)          // reads on this thread until the stream ends
///
/// Requests and notifications go to the handler on the reading thread, answers to our own requests to the closure
/// that `call` was given.
public final class Endpoint: Sendable {
  /// What an endpoint does with what it receives. All methods are called on the reading thread, except that a large
  /// message, and what had to wait behind it, comes on the thread that parsed it.
  public protocol Handler: AnyObject, Sendable {
    /// Answer by `request.reply`, exactly once, on any thread.
    func handle(_ request: IncomingRequest)
    func handle(_ notification: IncomingNotification)
    /// A body that is not JSON. True when that is dealt with; else the peer is told.
    func handle(unreadable bytes: ArraySlice<UInt8>) -> Bool
    /// True for a method that may be answered while an earlier, large message is still being parsed.
    func isImmediate(_ method: String) -> Bool
    /// For the log.
    func note(_ event: Event)
  }

  /// What a log should tell about a stream.
  public enum Event: Sendable {
    /// The stream ended inside a message, which is dropped.
    case cutAtTheEnd(bytes: Int)
    /// Something unreadable was answered with this error under no id.
    case refused(RPCError)
  }

  public struct Options: Sendable {
    public var framing: Framing?
    public var limits = FramingLimits()
    /// Bodies over this size are parsed on a thread of their own.
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
  /// Set by the reading thread before the first message is handed on.
  private let framing = Mutex<Framing?>(nil)
  private let calls = Mutex(Calls())
  private let gate = Gate()
  /// Messages that were received, in the order in which they came.
  private let received = Atomic(0)
  private let isStopped = Atomic(false)

  private struct Calls {
    var next = 1
    var isClosed = false
    var waiting: [RequestID: @Sendable (Result<JSON, RPCError>) -> Void] = [:]
  }

  /// - Parameter onGone: called once, on any thread, when the peer no longer reads.
  public init(
    input: Int32, output: Int32, options: Options = Options(), onGone: @escaping @Sendable () -> Void = {}
  ) {
    self.input = input
    self.options = options
    self.output = OutputQueue(output, limit: options.unread, onGone: onGone)
  }

  // MARK: - Calling

  /// Sends a request; the closure gets the answer once, on the reading thread, or `connection.closed` when the stream
  /// ends before one came.
  @discardableResult
  public func call(
    _ method: String, _ params: JSON?, _ answer: @escaping @Sendable (Result<JSON, RPCError>) -> Void
  ) -> RequestID {
    let (id, isClosed) = calls.withLock { calls in
      let id = RequestID(calls.next)
      calls.next += 1
      if !calls.isClosed { calls.waiting[id] = answer }
      return (id, calls.isClosed)
    }
    if isClosed {
      answer(.failure(.connectionClosed))
    } else {
      send(Message.request(id, method, params))
    }
    return id
  }

  /// Asks the peer to stop working on a request of ours; its answer still comes.
  public func cancel(_ id: RequestID) { notify("$/cancelRequest", ["id": id.value]) }

  /// Sends a notification; one of the same topic that still waits to be written is replaced.
  public func notify(_ method: String, _ params: JSON?, topic: String? = nil) {
    send(Message.request(nil, method, params), topic: topic)
  }

  /// Waits until all that was sent has been written, as long as the peer goes on reading: at most so many
  /// milliseconds from one byte to the next.
  @discardableResult
  public func flush(stall milliseconds: Int) -> Bool { output.flush(stall: milliseconds) }

  private func send(_ body: [UInt8], topic: String? = nil) {
    let (before, after) = frame(ofBytes: body.count, framing.withLock { $0 } ?? options.framing ?? .lines)
    if body.count > 64 << 10 {
      // Large bodies are not copied.
      if before.isEmpty { output.send(body, then: after) } else { output.send(before, then: body) }
      return
    }
    var bytes = before
    bytes.reserveCapacity(before.count + body.count + after.count)
    bytes.append(contentsOf: body)
    bytes.append(contentsOf: after)
    output.send(bytes, topic: topic)
  }

  private func refuse(_ error: RPCError, _ handler: any Handler) {
    handler.note(.refused(error))
    send(Message.response(nil, .failure(error)))
  }

  // MARK: - Reading

  /// True while a large message is being parsed on another thread.
  public var isParsing: Bool { gate.isClosed }

  /// From now on nothing that arrives is taken; what was taken is still answered.
  public func stop() { isStopped.store(true, ordering: .releasing) }

  private var mayRead: Bool { !isStopped.load(ordering: .acquiring) }

  /// Reads until the stream ends or `stop` was called, and returns when everything read was handed on.
  /// False when the descriptor could not be read.
  @discardableResult
  public func run(_ handler: any Handler) -> Bool {
    var reader = FrameReader(options.framing, limits: options.limits)
    let couldRead = readAll(into: &reader, handler)
    if mayRead, let frame = reader.finish() { deliver(frame, &reader, handler) }
    if mayRead, reader.pendingBytes > 0 { handler.note(.cutAtTheEnd(bytes: reader.pendingBytes)) }
    gate.waitUntilOpen()
    let unanswered = calls.withLock { calls in
      calls.isClosed = true
      defer { calls.waiting = [:] }
      return calls.waiting.values
    }
    for answer in unanswered { answer(.failure(.connectionClosed)) }
    return couldRead
  }

  private func readAll(into reader: inout FrameReader, _ handler: any Handler) -> Bool {
    let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)
    defer { chunk.deallocate() }
    while mayRead {
      let count = read(input, chunk.baseAddress, chunk.count)
      if count < 0 {
        if errno == EINTR { continue }
        guard errno == EAGAIN else { return false }
        var poller = pollfd(fd: input, events: Int16(POLLIN), revents: 0)
        poll(&poller, 1, -1)
        continue
      }
      if count == 0 { return true }
      reader.append(UnsafeRawBufferPointer(rebasing: chunk[..<count]))
      while mayRead, let frame = reader.next() { deliver(frame, &reader, handler) }
      gate.waitForRoom(options.limits.message)
      output.waitForRoom()
    }
    return true
  }

  private func deliver(_ frame: FrameReader.Frame, _ reader: inout FrameReader, _ handler: any Handler) {
    if let found = reader.framing, framing.withLock({ $0 }) == nil { framing.withLock { $0 = found } }
    switch frame {
    case .badHeader(let why):
      refuse(RPCError(-32700, "unusable header block: \(why)", kind: "framing.header"), handler)
    case .tooLarge(let size):
      let limit = options.limits.message
      let error = RPCError(
        -32003, "a message of \(size) bytes; at most \(limit) are read", kind: "message.tooLarge",
        ["limit": JSON(limit), "hint": "send large data as a file or an artifact"])
      refuse(error, handler)
    case .body(let range):
      let order = received.add(1, ordering: .relaxed).newValue
      if range.count > options.largeBody {
        acceptLarge(range, &reader, order, handler)
        return
      }
      let parsed = reader.bytes.withUnsafeBytes { bytes in
        parse(UnsafeRawBufferPointer(rebasing: bytes[range]))
      }
      switch parsed {
      case .success(let value): accept(value, bytes: range.count, order, handler)
      case .failure(let error):
        if !handler.handle(unreadable: reader.bytes[range]) { refuse(.parse(error), handler) }
        reader.resynchronise(after: range)
      }
    }
  }

  private func parse(_ bytes: UnsafeRawBufferPointer) -> Result<JSON, JSON.ParseError> {
    do throws(JSON.ParseError) { return .success(try JSON.parse(bytes)) } catch { return .failure(error) }
  }

  /// A lying length must be found at once, since it decides where the next message begins; the rest of the parsing
  /// can wait.
  private func acceptLarge(
    _ range: Range<Int>, _ reader: inout FrameReader, _ order: Int, _ handler: any Handler
  ) {
    if reader.framing == .headers {
      let marker = reader.markerInside(range)
      if marker != nil || !reader.bytes[range].hasJSONEnds {
        let offset = (marker ?? range.upperBound) - range.lowerBound
        let why = marker == nil ? "the text is cut" : "another message's head stands inside"
        refuse(
          RPCError(
            -32700, "not JSON: byte \(offset): \(why)", kind: "json.syntax",
            ["offset": JSON(offset), "hint": "Content-Length counts bytes, not characters"]), handler)
        reader.resynchronise(after: range)
        return
      }
    }
    let taken = reader.take(range)
    let item = Gate.Item(content: .body(taken.bytes, taken.body), bytes: range.count, order: order)
    guard gate.close(for: item) else { return }
    let started = PlainThread.start("quire-parse", nice: 10) { self.work(off: item, handler) }
    if !started { work(off: item, handler) }
  }

  /// Parses, hands on, then hands on what had to wait behind.
  private func work(off first: Gate.Item, _ handler: any Handler) {
    var item: Gate.Item? = first
    while let current = item {
      if mayRead {
        switch current.content {
        case .value(let value): dispatch(value, current.order, handler)
        case .body(let bytes, let range):
          let parsed = bytes.withUnsafeBytes { parse(UnsafeRawBufferPointer(rebasing: $0[range])) }
          switch parsed {
          case .success(let value): dispatch(value, current.order, handler)
          case .failure(let error):
            if !handler.handle(unreadable: bytes[range]) { refuse(.parse(error), handler) }
          }
        }
      }
      item = gate.next()
    }
  }

  private func accept(_ value: JSON, bytes: Int, _ order: Int, _ handler: any Handler) {
    let isQueued = gate.queue {
      if let method = value["method"]?.string, handler.isImmediate(method) { return nil }
      // A parsed value takes several times the room of its text.
      return Gate.Item(content: .value(value), bytes: 256 + 8 * bytes, order: order)
    }
    if !isQueued { dispatch(value, order, handler) }
  }

  // MARK: - Messages

  private func dispatch(_ value: JSON, _ order: Int, _ handler: any Handler) {
    guard case .array(let members) = value else {
      handle(Message(value), order, handler, nil)
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
      refuse(error, handler)
      return
    }
    let batch = Batch(members.count) { self.send($0) }
    for member in members { handle(Message(member), order, handler, batch) }
  }

  private func handle(_ message: Message, _ order: Int, _ handler: any Handler, _ batch: Batch?) {
    switch message {
    case .request(let id, let method, let params):
      handler.handle(IncomingRequest(id, method, params, order, self, batch))
    case .notification(let method, let params):
      batch?.add(nil)
      // `exit` in a batch would end the session before the batch is answered.
      if batch == nil || method != "exit" {
        handler.handle(IncomingNotification(method: method, params: params, order: order))
      }
    case .response(let id, let result):
      batch?.add(nil)
      calls.withLock { $0.waiting.removeValue(forKey: id) }?(result)
    case .ignored: batch?.add(nil)
    case .invalid(let id, let error):
      handler.note(.refused(error))
      answer(Message.response(id, .failure(error)), batch)
    }
  }

  func answer(_ body: [UInt8], _ batch: Batch?) {
    if let batch { batch.add(body) } else { send(body) }
  }
}

extension Endpoint.Handler {
  public func handle(unreadable bytes: ArraySlice<UInt8>) -> Bool { false }
  public func note(_ event: Endpoint.Event) {}
}

extension RPCError {
  static let connectionClosed = RPCError(
    -32603, "the connection ended before an answer came", kind: "connection.closed")
}

extension ArraySlice<UInt8> {
  /// Begins and ends as a JSON object or array does.
  fileprivate var hasJSONEnds: Bool {
    let isSpace = { (byte: UInt8) in byte == 0x20 || (0x09...0x0D).contains(byte) }
    let first = self.first { !isSpace($0) }
    let last = self.last { !isSpace($0) }
    return (first == UInt8(ascii: "{") && last == UInt8(ascii: "}"))
      || (first == UInt8(ascii: "[") && last == UInt8(ascii: "]"))
  }
}
