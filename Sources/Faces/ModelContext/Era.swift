import JSON
import JSONRPC
import Kernel

/// How a client speaks: after a handshake, or with its version in every request (since 2026-07-28).
enum Era: Sendable, Equatable {
  case handshake(version: String)
  case stateless

  /// Versions that begin with `initialize`, oldest first.
  static let handshakeVersions = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"]
  static let newestHandshake = "2025-11-25"
  static let statelessVersions = ["2026-07-28"]

  static let versionKey = "io.modelcontextprotocol/protocolVersion"
  static let serverKey = "io.modelcontextprotocol/serverInfo"
  static let subscriptionKey = "io.modelcontextprotocol/subscriptionId"

  static let serverInfo: JSON = ["name": "quire", "title": "Quire", "version": .string(Kernel.version)]

  /// Whether a request carries its version; one that is not spoken is refused.
  static func isStateless(_ params: JSON) throws(RPCError) -> Bool {
    guard let version = params["_meta"]?[versionKey] else { return false }
    guard let name = version.string, statelessVersions.contains(name) else {
      throw RPCError(
        -32022, "Unsupported protocol version", kind: "request.unsupportedVersion",
        ["supported": JSON(statelessVersions), "requested": version])
    }
    return true
  }

  /// Links to resources may stand among the content of a result.
  var hasResourceLinks: Bool {
    switch self {
    case .stateless: true
    case .handshake(let version): version >= "2025-06-18"
    }
  }

  /// A result with what its era wants beside it.
  ///
  /// - Parameter isCacheable: of a list, a resource, the server's own description.
  func dressed(_ result: JSON, isCacheable: Bool = false) -> JSON {
    guard self == .stateless, case .object(var object) = result else { return result }
    object["resultType"] = "complete"
    var meta = object["_meta"]?.object ?? [:]
    meta[Self.serverKey] = Self.serverInfo
    object["_meta"] = .object(meta)
    if isCacheable {
      object["ttlMs"] = 60000
      object["cacheScope"] = "private"
    }
    return .object(object)
  }
}
