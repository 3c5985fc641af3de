extension Fault {
  /// The kinds of errors and their codes (protocol.md, section 4).
  static let codes: [String: Int] = [
    "params.schema": -32602, "params.value": -32602, "params.positional": -32602, "method.notFound": -32601,
    "plugin.unavailable": -32601, "request.cancelled": -32800, "request.contentModified": -32801,
    "request.unsupportedVersion": -32005, "internal": -32603,
    "store.notFound": 1001, "store.exists": 1002, "store.conflict": 1003, "store.locked": 1004, "store.corrupt": 1005,
    "store.readOnly": 1006, "store.io": 1007, "store.tooNew": 1008, "plan.stale": 1009,
    "file.notFound": 1051, "file.denied": 1052, "file.format": 1053, "file.changed": 1054,
    "plugin.failed": 1101, "plugin.crashed": 1102, "plugin.result": 1103,
    "math.singular": 1201, "math.notConverged": 1202, "math.shape": 1203, "math.nonFinite": 1204,
    "math.tooFewSamples": 1205, "math.memory": 1206, "math.degenerate": 1207,
    "notebook.syntax": 1301, "cell.notFound": 1302, "cell.failed": 1303, "cell.cycle": 1304, "cell.stale": 1305,
    "notebook.reference": 1306, "notebook.changed": 1307, "artifact.notFound": 1401, "artifact.hash": 1402,
    "log.diverged": 1501, "log.notFound": 1502,
  ]

  /// The kinds that a method of a plugin has a use for.
  static let methodKinds = [
    "params.value", "file.format", "math.shape", "math.nonFinite", "math.tooFewSamples", "math.degenerate",
    "math.singular", "math.notConverged", "math.memory", "store.notFound", "plugin.failed",
  ]
}
