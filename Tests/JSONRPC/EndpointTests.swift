import Glibc
import JSON
import Synchronization
import Testing

@testable import JSONRPC

/// Answers `echo` with its params and `fail` with an error, holds `wait` until it is cancelled; keeps the rest.
private final class Echo: Endpoint.Handler {
  let held = Mutex<[RequestID: IncomingRequest]>([:])
  let notifications = Mutex<[String]>([])
  let events = Mutex<[String]>([])

  func handle(_ request: IncomingRequest) {
    switch request.method {
    case "echo": request.reply(.success(request.params ?? nil))
    case "wait": held.withLock { $0[request.id] = request }
    default: request.reply(.failure(RPCError(7, "no", kind: "test.no")))
    }
  }

  func handle(_ notification: IncomingNotification) {
    notifications.withLock { $0.append(notification.method) }
    guard notification.method == "$/cancelRequest", let id = notification.params?["id"].flatMap(RequestID.init) else {
      return
    }
    held.withLock { $0.removeValue(forKey: id) }?.reply(.failure(RPCError(-32800, "cancelled", kind: "cancelled")))
  }

  func isImmediate(_ method: String) -> Bool { method == "$/cancelRequest" }

  func note(_ event: Endpoint.Event) { events.withLock { $0.append("\(event)") } }
}

/// Two endpoints joined by pipes, each read on a thread of its own.
private final class Joined {
  let handlers = [Echo(), Echo()]
  let endpoints: [Endpoint]
  private let writeEnds: [Int32]
  private var threads: [pthread_t] = []

  init(_ framing: Framing) {
    var ends: [[Int32]] = [[0, 0], [0, 0]]
    pipe(&ends[0])
    pipe(&ends[1])
    var options = Endpoint.Options()
    options.framing = framing
    endpoints = [
      Endpoint(input: ends[0][0], output: ends[1][1], options: options),
      Endpoint(input: ends[1][0], output: ends[0][1], options: options),
    ]
    writeEnds = [ends[1][1], ends[0][1]]
    for (endpoint, handler) in zip(endpoints, handlers) {
      let start = Unmanaged.passRetained(Run(endpoint: endpoint, handler: handler)).toOpaque()
      var thread = pthread_t()
      pthread_create(
        &thread, nil,
        { argument in
          guard let argument else { return nil }
          let run = Unmanaged<Run>.fromOpaque(argument).takeRetainedValue()
          run.endpoint.run(run.handler)
          return nil
        }, start)
      threads.append(thread)
    }
  }

  private final class Run: Sendable {
    let endpoint: Endpoint
    let handler: Echo

    init(endpoint: Endpoint, handler: Echo) {
      self.endpoint = endpoint
      self.handler = handler
    }
  }

  /// Closes both directions and waits until both have read to the end.
  func end() {
    for endpoint in endpoints { endpoint.flush(stall: 5000) }
    for end in writeEnds { close(end) }
    for thread in threads { pthread_join(thread, nil) }
  }
}

extension Endpoint {
  fileprivate func answer(_ method: String, _ params: JSON?) async -> Result<JSON, RPCError> {
    await withCheckedContinuation { continuation in
      call(method, params) { continuation.resume(returning: $0) }
    }
  }
}

@Test(arguments: [Framing.lines, .headers])
func bothEndsCallAndAnswer(_ framing: Framing) async throws {
  let joined = Joined(framing)
  await withTaskGroup(of: Bool.self) { group in
    for number in 0..<200 {
      let endpoint = joined.endpoints[number % 2]
      // Every fiftieth is large enough to be parsed apart.
      let length = number % 50 == 49 ? 100_000 : number
      group.addTask {
        let params: JSON = ["ü": JSON(number), "long": .string(String(repeating: "é\n", count: length))]
        return await (try? endpoint.answer("echo", params).get()) == params
      }
    }
    for await isSame in group { #expect(isSame) }
  }
  guard case .failure(let error) = await joined.endpoints[0].answer("nothing", nil) else {
    Issue.record("an error was expected")
    return
  }
  #expect(error.code == 7 && error.kind == "test.no")
  joined.end()
}

@Test func aRequestIsCancelledFromTheOtherEnd() async {
  let joined = Joined(.lines)
  let result = await withCheckedContinuation { continuation in
    let id = joined.endpoints[1].call("wait", [:]) { continuation.resume(returning: $0) }
    joined.endpoints[1].cancel(id)
  }
  guard case .failure(let error) = result else {
    Issue.record("an error was expected")
    return
  }
  #expect(error.code == -32800)
  joined.end()
}

@Test func whatIsNotAnsweredWhenTheStreamEndsFails() async {
  let joined = Joined(.headers)
  let failures = Atomic(0)
  for _ in 0..<3 {
    joined.endpoints[0].call("wait", nil) { result in
      if case .failure(let error) = result, error.kind == "connection.closed" {
        failures.add(1, ordering: .relaxed)
      }
    }
  }
  joined.end()
  #expect(failures.load(ordering: .relaxed) == 3)
  let late = await joined.endpoints[0].answer("echo", nil)
  #expect(throws: RPCError.self) { try late.get() }
}

/// What an endpoint answers to the text, with the events that it notes.
private func answers(_ text: String, _ options: Endpoint.Options = Endpoint.Options()) throws
  -> (answers: [JSON], handler: Echo)
{
  var input: [Int32] = [0, 0]
  var output: [Int32] = [0, 0]
  pipe(&input)
  pipe(&output)
  // F_SETPIPE_SZ, which Glibc's module leaves out: all texts of this file fit.
  for end in [input[1], output[1]] { _ = fcntl(end, 1031, 1 << 20) }
  let bytes = Array(text.utf8)
  #expect(write(input[1], bytes, bytes.count) == bytes.count)
  close(input[1])
  let handler = Echo()
  var options = options
  options.framing = options.framing ?? .headers
  let endpoint = Endpoint(input: input[0], output: output[1], options: options)
  endpoint.run(handler)
  endpoint.flush(stall: 5000)
  close(output[1])
  var reader = FrameReader(options.framing)
  var chunk = [UInt8](repeating: 0, count: 1 << 20)
  while case let count = read(output[0], &chunk, chunk.count), count > 0 {
    chunk[..<count].withUnsafeBytes { reader.append($0) }
  }
  close(input[0])
  close(output[0])
  var found: [JSON] = []
  while let frame = reader.next() {
    if case .body(let range) = frame { found.append(try JSON.parse(Array(reader.bytes[range]))) }
  }
  return (found, handler)
}

private func block(_ body: String, longer: Int = 0) -> String {
  "Content-Length: \(body.utf8.count + longer)\r\n\r\n\(body)"
}

private func request(_ id: Int, _ payload: String = "") -> String {
  #"{"jsonrpc":"2.0","id":\#(id),"method":"echo","params":{"x":"\#(payload)"}}"#
}

@Test(arguments: [0, 300_000])
func aLengthThatSwallowedTheNextMessageLosesOnlyItsOwn(_ size: Int) throws {
  let payload = String(repeating: "x", count: size)
  let next = block(request(2))
  // From one byte too many to all of the next message and a part of the one after it.
  for longer in [1, 7, 15, 18, 20, 22, next.utf8.count, next.utf8.count + 9] {
    let (found, _) = try answers(block(request(1, payload), longer: longer) + next + block(request(3)))
    #expect(found.compactMap { $0["id"]?.int } == [2, 3], "\(longer)")
    #expect(found.filter { $0["error"]?["code"] == -32700 && $0["id"]?.isNull == true }.count == 1, "\(longer)")
  }
}

@Test func aLengthThatIsTooShortCostsOneErrorAndNoOtherMessage() throws {
  for payload in ["tail of letters", "1 2 3", "ü"] {
    for shorter in 1...12 {
      let (found, _) = try answers(block(request(1, payload), longer: -shorter) + block(request(2)))
      #expect(found.map { $0["id"] } == [.null, 2], "\(payload) \(shorter)")
    }
  }
}

@Test func whatFollowsALargeMessageKeepsItsOrder() throws {
  var options = Endpoint.Options()
  options.largeBody = 100
  let texts = (1...50).map { block(request($0, String(repeating: "y", count: $0 % 3 == 0 ? 5000 : 1))) }
  let (found, _) = try answers(texts.joined(), options)
  #expect(found.compactMap { $0["id"]?.int } == Array(1...50))
}

@Test func aLargeMessageAtTheEndOfTheStreamIsAnswered() throws {
  var options = Endpoint.Options()
  options.framing = .lines
  let (found, _) = try answers(request(1) + "\n" + request(2, String(repeating: "z", count: 300_000)), options)
  #expect(found.count == 2)
}

@Test func aCutMessageAtTheEndIsNoted() throws {
  let (found, handler) = try answers(block(request(1)) + "Content-Length: 100\r\n\r\n{\"a\"")
  #expect(found.count == 1)
  #expect(handler.events.withLock { $0 }.contains { $0.contains("cutAtTheEnd") })
}

@Test func responsesAreNeverAnswered() throws {
  let responses = [
    #"{"jsonrpc":"2.0","id":1,"result":{}}"#, #"{"id":null,"error":{"code":1,"message":"m"}}"#,
    #"{"jsonrpc":"2.0","id":true,"result":1}"#, #"{"jsonrpc":"2.0","id":[],"error":null}"#,
    #"[{"jsonrpc":"2.0","id":1,"result":{}}]"#, #"{"jsonrpc":"2.0","method":"n","params":3}"#,
  ]
  #expect(try answers(responses.map { block($0) }.joined()).answers.isEmpty)
}

@Test func unansweredBatchesSayNothingAndOthersOneArray() throws {
  let notification = #"{"jsonrpc":"2.0","method":"n"}"#
  let (none, _) = try answers(block("[\(notification),\(notification)]"))
  #expect(none.isEmpty)
  let (some, _) = try answers(block("[\(notification),\(request(1)),5,[],\(request(2))]"))
  let members = try #require(some.first?.array)
  #expect(some.count == 1)
  #expect(Set(members.compactMap { $0["id"]?.int }) == [1, 2])
  #expect(members.filter { $0["id"]?.isNull == true && $0["error"]?["code"] == -32600 }.count == 2)
}

@Test func aBatchOfTooManyIsRefusedAsOne() throws {
  var options = Endpoint.Options()
  options.batchLimit = 3
  let (found, _) = try answers(block("[" + (1...4).map { request($0) }.joined(separator: ",") + "]"), options)
  #expect(found.count == 1)
  #expect(found.first?["error"]?["data"]?["kind"] == "batch.tooLarge")
}
