import JSON

/// A request's id: a string, a number or null, returned as it came.
public struct RequestID: Sendable, Hashable {
  public let value: JSON

  public init?(_ value: JSON) {
    switch value {
    case .string, .integer, .real, .null: self.value = value
    default: return nil
    }
  }

  public init(_ number: Int) { value = .integer(Int64(number)) }

  public static func == (left: RequestID, right: RequestID) -> Bool {
    left.value.typeName == right.value.typeName && left.value == right.value
  }

  public func hash(into hasher: inout Hasher) {
    switch value {
    case .string(let text): hasher.combine(text)
    case .integer(let number): hasher.combine(Double(number))
    case .real(let number): hasher.combine(number)
    default: hasher.combine(0)
    }
  }
}

/// An error as JSON-RPC carries it; `data.kind` is the stable name that programs test.
public struct RPCError: Error, Sendable {
  public var code: Int
  public var message: String
  public var data: JSON.Object

  public init(_ code: Int, _ message: String, kind: String, _ more: JSON.Object = [:]) {
    self.code = code
    self.message = message
    data = ["kind": .string(kind)]
    for member in more.members { data[member.key] = member.value }
  }

  /// From the `error` member of a response.
  public init(_ value: JSON) {
    code = value["code"]?.int ?? -32603
    message = value["message"]?.string ?? "an error without a message"
    data = value["data"]?.object ?? [:]
  }

  public var kind: String { data["kind"]?.string ?? "" }

  public var json: JSON {
    ["code": .integer(Int64(code)), "message": .string(message), "data": .object(data)]
  }
}

extension RPCError {
  public static func parse(_ error: JSON.ParseError) -> RPCError {
    var more: JSON.Object = [
      "offset": JSON(error.offset), "line": JSON(error.line), "column": JSON(error.column),
    ]
    if let name = error.name { more["name"] = .string(name) }
    if error.kind == .number { more["hint"] = "send it as a string" }
    return RPCError(-32700, "not JSON: \(error)".cut(toBytes: 199), kind: error.kind.rawValue, more)
  }

  public static func invalidRequest(_ message: String, kind: String = "request.invalid") -> RPCError {
    RPCError(-32600, message, kind: kind)
  }
}

/// One message, sorted by what it is.
public enum Message: Sendable {
  case request(id: RequestID, method: String, params: JSON?)
  case notification(method: String, params: JSON?)
  case response(id: RequestID, result: Result<JSON, RPCError>)
  /// A notification that is wrong in itself, or a response to nothing that we could have sent: never answered.
  case ignored
  /// Not a JSON-RPC message; answered with the error under the id, where there is one.
  case invalid(id: RequestID?, RPCError)

  /// Sorts a parsed message by the rules of JSON-RPC 2.0.
  public init(_ value: JSON) {
    guard case .object(let object) = value else {
      self = .invalid(id: nil, .invalidRequest("a message is an object, not \(value.typeName)"))
      return
    }
    var method: JSON?
    var idValue: JSON?
    var params: JSON?
    var version: JSON?
    for member in object.members {
      switch member.key {
      case "method": method = member.value
      case "id": idValue = member.value
      case "params": params = member.value
      case "jsonrpc": version = member.value
      default: break
      }
    }
    let id = idValue.flatMap(RequestID.init)
    if method == nil, idValue != nil, object["result"] != nil || object["error"] != nil {
      let error = object["error"].flatMap { $0.isNull && object["result"] != nil ? nil : RPCError($0) }
      let result = error.map { .failure($0) } ?? Result<JSON, RPCError>.success(object["result"] ?? nil)
      self = id.map { .response(id: $0, result: result) } ?? .ignored
      return
    }
    guard version?.string == "2.0" else {
      self = .invalid(id: id, .invalidRequest("the member 'jsonrpc' must be \"2.0\""))
      return
    }
    if idValue != nil, id == nil {
      self = .invalid(id: nil, .invalidRequest("an id is a string, a number or null"))
      return
    }
    guard let name = method?.string else {
      self = .invalid(id: id, .invalidRequest("the member 'method' must be a string"))
      return
    }
    switch params {
    case nil, .null?: params = nil
    case .object?, .array?: break
    default:
      self = idValue == nil ? .ignored : .invalid(id: id, .invalidRequest("'params' is an object"))
      return
    }
    self = id.map { .request(id: $0, method: name, params: params) } ?? .notification(method: name, params: params)
  }

  /// The body of a response.
  public static func response(_ id: RequestID?, _ result: Result<JSON, RPCError>) -> [UInt8] {
    var writer = JSON.Writer()
    writer.bytes.reserveCapacity(128)
    writer.append("{\"jsonrpc\":\"2.0\",\"id\":")
    writer.write(id?.value ?? .null)
    switch result {
    case .success(let value):
      writer.append(",\"result\":")
      writer.write(value)
    case .failure(let error):
      writer.append(",\"error\":")
      writer.write(error.json)
    }
    writer.append("}")
    return writer.bytes
  }

  /// The body of a request or, without an id, of a notification.
  public static func request(_ id: RequestID?, _ method: String, _ params: JSON?) -> [UInt8] {
    var writer = JSON.Writer()
    writer.append("{\"jsonrpc\":\"2.0\"")
    if let id {
      writer.append(",\"id\":")
      writer.write(id.value)
    }
    writer.append(",\"method\":")
    writer.write(string: method)
    if let params {
      writer.append(",\"params\":")
      writer.write(params)
    }
    writer.append("}")
    return writer.bytes
  }
}
