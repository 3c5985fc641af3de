import Foundation
import JSON
import TestSupport

/// A client of `quire serve` in either framing, for tests through the real binary.
final class Client {
  enum Framing: String, CaseIterable, Sendable { case lines, headers }

  let program: Program
  private let framing: Framing
  private var next = 1
  /// Notifications in the order in which they came.
  private(set) var notifications: [JSON] = []
  private var answers: [Int: JSON] = [:]

  init(
    in folder: String, _ framing: Framing = .lines, arguments: [String] = [], initialized: Bool = true,
    errors: Program.Errors = .kept, greeting: JSON = ["clientInfo": ["name": "test"]]
  ) throws {
    self.framing = framing
    program = try Program(Program.quire, ["serve"] + arguments, in: folder, errors: errors)
    if initialized { _ = try call("initialize", greeting) }
  }

  func send(_ message: JSON) throws { try send(text: message.bytes) }

  /// Sends what may be no message at all.
  func send(text: [UInt8]) throws {
    switch framing {
    case .lines: try program.write(text + [0x0A])
    case .headers: try program.write(Array("Content-Length: \(text.count)\r\n\r\n".utf8) + text)
    }
  }

  /// What the host says until it answers a ping that is sent now; each member of a batch's answer by itself.
  func answersUntilPing() throws -> [JSON] {
    let sentinel: JSON = .string("sentinel \(next)")
    next += 1
    try send(["jsonrpc": "2.0", "id": sentinel, "method": "ping"])
    var found: [JSON] = []
    while true {
      let message = try receive()
      if message["id"] == sentinel { return found }
      found += message.array ?? [message]
    }
  }

  /// Sends a request and returns its id.
  @discardableResult
  func request(_ method: String, _ params: JSON = [:]) throws -> Int {
    let id = next
    next += 1
    try send(["jsonrpc": "2.0", "id": JSON(id), "method": .string(method), "params": params])
    return id
  }

  func notify(_ method: String, _ params: JSON = [:]) throws {
    try send(["jsonrpc": "2.0", "method": .string(method), "params": params])
  }

  /// The next message, whatever it is.
  func receive(seconds: Double = 30) throws -> JSON {
    switch framing {
    case .lines:
      guard let line = try program.readLine(seconds: seconds) else {
        throw Program.Failure("the host closed its output")
      }
      return try JSON.parse(line)
    case .headers:
      var length = 0
      while let line = try program.readLine(seconds: seconds) {
        let header = line.trimmingCharacters(in: .whitespacesAndNewlines)
        if header.isEmpty { break }
        if header.hasPrefix("Content-Length: ") { length = Int(header.dropFirst(16)) ?? 0 }
      }
      return try JSON.parse(try program.read(count: length, seconds: seconds))
    }
  }

  /// Waits for the answer of a request; what comes before is kept.
  func answer(_ id: Int, seconds: Double = 60) throws -> JSON {
    while answers[id] == nil {
      let message = try receive(seconds: seconds)
      if let number = message["id"]?.int, message["method"] == nil {
        answers[number] = message
      } else {
        notifications.append(message)
      }
    }
    return answers.removeValue(forKey: id) ?? .null
  }

  func forgetNotifications() { notifications = [] }

  /// The result of a call; throws with the error's message.
  func call(_ method: String, _ params: JSON = [:]) throws -> JSON {
    let message = try answer(request(method, params))
    guard let result = message["result"] else { throw Program.Failure("\(method): \(message["error"]?.text ?? "")") }
    return result
  }

  /// The error of a call.
  func error(_ method: String, _ params: JSON = [:]) throws -> JSON {
    try answer(request(method, params))["error"] ?? .null
  }

  /// Ends the session in order; returns the exit status.
  func end() throws -> Int32 {
    _ = try call("shutdown")
    try notify("exit")
    return try program.wait()
  }
}
