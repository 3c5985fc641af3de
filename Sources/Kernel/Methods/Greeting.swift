import Glibc
import JSON

extension Kernel {
  /// What `initialize` tells both sides.
  public struct Greeting: Sendable {
    /// The answer to the client.
    public let result: JSON
    /// Absolute; empty when the client named none.
    public let roots: [String]
    /// A process to watch.
    public let processID: Int?
    public let wantsCellEvents: Bool
  }

  /// Answers `initialize`; nothing slow happens here.
  public func greet(_ given: JSON) throws(Fault) -> Greeting {
    var checked = given
    checked["_meta"] = nil
    checked["workDoneToken"] = nil
    let params = try registry.descriptor(of: "initialize").check(checked)
    let wanted = params["protocolVersion"]?.int ?? Self.protocolVersion
    guard wanted >= Self.protocolVersion else {
      throw Fault(
        -32005, "request.unsupportedVersion", "protocol \(wanted) is no longer spoken",
        hint: "ask for \(Self.protocolVersion)",
        details: ["supported": [JSON(Self.protocolVersion)], "requested": JSON(wanted)])
    }
    let roots = (params["roots"]?.array ?? []).compactMap(\.string).map(Path.absolute)
    let result: JSON = [
      "protocolVersion": JSON(Self.protocolVersion),
      "workspace": .string(workspace.folder),
      "serverInfo": ["name": "quire", "version": .string(Self.version), "commit": .string(Self.commit)],
      "capabilities": [
        "framings": ["headers", "lines"], "batch": true, "cancel": true, "workDoneProgress": true,
        "partialResults": true,
        "limits": ["message": 268_435_456, "depth": 512, "pending": 10_000],
        "plugins": .array(registry.plugins.map { .string($0.name) }),
        "positionEncoding": "utf-16",
      ],
    ]
    return Greeting(
      result: result, roots: roots, processID: params["processId"]?.int,
      wantsCellEvents: params["capabilities"]?["cellEvents"]?.bool ?? false)
  }
}
