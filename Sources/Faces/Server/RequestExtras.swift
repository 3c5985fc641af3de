import JSON
import JSONRPC

/// What every request may bring beside the params of its method: `_meta` and the tokens.
struct RequestExtras: Sendable {
  /// The params without them.
  private(set) var params: JSON
  private(set) var progressToken: JSON?
  /// Where the progress token stood.
  private(set) var progressPath = "/workDoneToken"
  private(set) var partialToken: JSON?
  private(set) var wantsRunDetails = false
  private(set) var deadlineMilliseconds: Int?

  init(_ given: JSON) throws(RPCError) {
    params = given
    guard let object = given.object, object.keys.contains(where: Self.names.contains) else { return }
    for name in Self.names { params[name] = nil }
    progressToken = try Self.token(object["workDoneToken"], "/workDoneToken")
    partialToken = try Self.token(object["partialResultToken"], "/partialResultToken")
    switch object["_meta"] {
    case nil, .null?: break
    case .object(let meta)?:
      if progressToken == nil, let token = try Self.token(meta["progressToken"], "/_meta/progressToken") {
        progressToken = token
        progressPath = "/_meta/progressToken"
      }
      wantsRunDetails = meta["run"]?.bool == true
      if let deadline = meta["deadlineMs"] {
        guard let milliseconds = deadline.int, milliseconds >= 0 else {
          throw Self.wrong("/_meta/deadlineMs", "must be a whole number of milliseconds from 0 on")
        }
        deadlineMilliseconds = milliseconds
      }
    default: throw Self.wrong("/_meta", "must be an object")
    }
  }

  private static let names = ["_meta", "workDoneToken", "partialResultToken"]

  private static func token(_ value: JSON?, _ path: String) throws(RPCError) -> JSON? {
    switch value {
    case nil, .null?: return nil
    case .string?, .integer?: return value
    default: throw wrong(path, "must be a string or an integer")
    }
  }

  private static func wrong(_ path: String, _ expected: String) -> RPCError {
    RPCError(-32602, "params\(path): \(expected)", kind: "params.value", ["path": .string(path)])
  }
}
