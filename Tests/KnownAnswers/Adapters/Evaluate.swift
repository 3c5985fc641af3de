import JSON

extension Adapter {
  static let evaluate: [Adapter] = [
    Adapter("evaluate.compatibility") { call in
      let result = try call.run(["accuracies": call.value("C")])
      return [
        "AC": result["averageCompatibility"] ?? nil, "AC_strict": result["strictAverageCompatibility"] ?? nil,
        "AM": result["averageMultimodelAccuracy"] ?? nil, "first_violation": result["firstViolation"] ?? nil,
      ]
    }
  ]
}
