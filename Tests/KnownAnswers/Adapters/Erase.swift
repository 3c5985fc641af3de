import JSON

extension Adapter {
  static let erase: [Adapter] = [
    Adapter(
      "erase.direction",
      elsewhere: "Tests/Erase/DirectionTests.swift runs the case of patching; lost accuracy is no part of the call"),
    Adapter(
      "erase.inlp", elsewhere: "Tests/Erase/NullspaceTests.swift runs the cases of ready probes, which no call takes"),
    Adapter(
      "erase.rlace",
      elsewhere: "Tests/Erase/MinimaxTests.swift runs the cases of eigenvalues on the Fantope, which no call takes"),
    Adapter("erase.subspace_projection") { call in
      let result = try call.run(
        call.params([
          "features": call.matrix("Z"), "labels": call.value("Y"), "zKind": "numeric",
          "readWeight": call.value("a"), "writeWeight": call.value("b"),
        ]))
      return ["M": try call.rows(result["matrix"]), "objective": result["objective"] ?? nil]
    },
  ]
}
