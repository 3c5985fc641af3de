import JSON
import PaperStore
import PluginKit
import RunLog

/// Why a call failed, as every face tells it: a code, a stable kind, one sentence, and where (protocol.md, section 4).
public struct Fault: Error, Sendable {
  public var code: Int
  /// The stable name that programs test: `params.schema`, `file.notFound`.
  public var kind: String
  /// One sentence, under 200 bytes.
  public var message: String
  /// A JSON Pointer into the params, where one value is at fault.
  public var path: String?
  /// What to do.
  public var hint: String?
  /// Members of `data` that only this kind has.
  public var details: JSON.Object = [:]

  public init(
    _ code: Int, _ kind: String, _ message: String, path: String? = nil, hint: String? = nil,
    details: JSON.Object = [:]
  ) {
    (self.code, self.kind, self.message) = (code, kind, message)
    (self.path, self.hint, self.details) = (path, hint, details)
  }

  /// The `data` member of the error.
  public var data: JSON.Object {
    var data: JSON.Object = ["kind": .string(kind)]
    if let path { data["path"] = .string(path) }
    if let hint { data["hint"] = .string(hint) }
    for member in details.members { data[member.key] = member.value }
    return data
  }
}

extension Fault {
  public static func parameter(_ pointer: String, _ expected: String, hint: String? = nil) -> Fault {
    let place = pointer.isEmpty ? "params" : "params\(pointer)"
    return Fault(-32602, "params.value", "\(place): \(expected)", path: pointer, hint: hint)
  }

  public static func internalFault(_ message: String) -> Fault { Fault(-32603, "internal", message) }

  static let cancelled = Fault(-32800, "request.cancelled", "the request was cancelled")

  static func methodNotFound(_ name: String, similar: [String]) -> Fault {
    let hint = similar.isEmpty ? "plugin/list names all methods" : "did you mean \(similar.joined(separator: ", "))?"
    return Fault(-32601, "method.notFound", "no method '\(name.prefix(80))'", hint: hint)
  }

  /// A method's error.
  init(_ error: MethodError) {
    let told = error.asMessage
    self.init(told.code, told.kind, told.message, path: told.path, hint: told.hint, details: told.details)
  }
}

extension Fault {
  /// From any error: the typed ones of the rooms below as they are, all else as a fault of ours.
  init(any error: any Error) {
    switch error {
    case let fault as Fault: self = fault
    case let error as MethodError: self.init(error)
    case let error as DecodingError: self.init(MethodError(error))
    case let error as RunLogError: self.init(error)
    case let error as StoreError: self.init(error)
    default: self = .internalFault("\(error)")
    }
  }
}

extension Fault {
  init(_ error: RunLogError) {
    let code =
      switch error.kind {
      case .locked: 1004
      case .corrupt: 1005
      case .readOnly: 1006
      case .io: 1007
      case .tooNew: 1008
      case .fileNotFound: 1051
      case .fileFormat: 1053
      case .fileChanged: 1054
      case .artifactNotFound: 1401
      case .artifactHash: 1402
      case .runNotFound: 1502
      case .value: -32602
      }
    self.init(code, error.kind.rawValue, error.message, hint: error.hint)
    if let number = error.number { details["code"] = .string(number) }
    if let name = error.systemError { details["errno"] = .string(name) }
    if let holder = error.processID { details["pid"] = JSON(holder) }
  }
}

extension Fault {
  init(_ error: StoreError) {
    let code =
      switch error.kind {
      case .notFound: 1001
      case .conflict: 1003
      case .locked: 1004
      case .corrupt: 1005
      case .readOnly: 1006
      case .io: 1007
      case .tooNew: 1008
      case .stale: 1009
      }
    self.init(code, error.kind.rawValue, error.message, hint: error.hint)
  }
}
