import JSON
import Linear

extension MethodError {
  /// The error as messages carry it: the one place where a method's errors get their codes and kinds.
  package var asMessage: (code: Int, kind: String, message: String, path: String?, hint: String?, details: JSON.Object)
  {
    switch self {
    case .invalidParameter(let pointer, let expected, let hint):
      let place = pointer.isEmpty ? "params" : "params\(pointer)"
      return (-32602, "params.value", "\(place): \(expected)", pointer, hint, [:])
    case .notFound(let what, let id, let hint):
      let (code, kind) =
        switch what {
        case "artifact": (1401, "artifact.notFound")
        case "file", "program": (1051, "file.notFound")
        default: (1001, "store.notFound")
        }
      return (code, kind, "no \(what) \(id)", nil, hint, [:])
    case .data(let fault, let pointer, let message, let row, let column, let hint):
      var details: JSON.Object = [:]
      if let row { details["row"] = JSON(row) }
      if let column { details["column"] = JSON(column) }
      return (fault.code, fault.kind, message, pointer, hint, details)
    case .notConverged(let iterations, let residual, let hint):
      let message = "no usable answer after \(iterations) iterations (residual \(residual.shortText))"
      return (1202, "math.notConverged", message, nil, hint, [:])
    case .conflict(let message): return (1003, "store.conflict", message, nil, nil, [:])
    case .cancelled: return (-32800, "request.cancelled", "the request was cancelled", nil, nil, [:])
    case .internal(let message): return (-32603, "internal", message, nil, nil, [:])
    }
  }
}

extension DataFault {
  fileprivate var code: Int {
    switch self {
    case .format: 1053
    case .singular: 1201
    case .shape: 1203
    case .nonFinite: 1204
    case .tooFewSamples: 1205
    case .memory: 1206
    case .degenerate: 1207
    }
  }

  fileprivate var kind: String {
    switch self {
    case .format: "file.format"
    case .singular, .shape, .nonFinite, .tooFewSamples, .memory, .degenerate: "math.\(rawValue)"
    }
  }
}
