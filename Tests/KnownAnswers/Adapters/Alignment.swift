import JSON

extension Adapter {
  /// Two lists of rows below each other, and the numbers of the rows of each.
  private static func stacked(_ call: Call, _ first: String, _ second: String) throws -> (JSON, JSON, JSON) {
    let (a, b) = (call.value(first).array ?? [], call.value(second).array ?? [])
    return (
      try call.matrix(of: .array(a + b)), .list(0..<a.count), b.isEmpty ? nil : .list(a.count..<a.count + b.count)
    )
  }

  static let alignment: [Adapter] = [
    Adapter("alignment.transport") { call in
      let (source, train, test) = try stacked(call, "X", "X_held")
      let (target, _, _) = try stacked(call, "Y", "Y_held")
      let result = try call.run(
        call.params([
          "source": source, "target": target, "train": train, "test": test, "directions": call.matrix("D"),
          "alpha": call.value("alpha"),
        ]))
      return [
        "T": try call.rows(result["transport"]), "bias": try call.vector(result["bias"]),
        "R2_per_feature": result["explainedPerFeature"] ?? nil, "R2": result["explained"] ?? nil,
        "canonical_correlations": result["canonicalCorrelations"] ?? nil, "ceiling": result["ceiling"] ?? nil,
        "subspace_size": result["subspaceSize"] ?? nil,
      ]
    },
    Adapter("alignment.dictionary_match") { call in
      let result = try call.run(
        call.params([
          "firstCodes": call.matrix("A"), "secondCodes": call.matrix("B"), "firstAtoms": call.matrix("D1"),
          "secondAtoms": call.matrix("D2"), "variance": call.value("variance"), "matching": "assignment",
          "randomPairings": 2,
        ]))
      // A correlation with an atom that never changes is not defined.
      let (first, second) = (Set(result["inactiveFirst"]?.ints ?? []), Set(result["inactiveSecond"]?.ints ?? []))
      let rows = try call.rows(result["correlation"]).array ?? []
      let correlation = rows.enumerated().map { i, row in
        JSON.array((row.array ?? []).enumerated().map { first.contains(i) || second.contains($0) ? nil : $1 })
      }
      return [
        "correlation": .array(correlation), "argmax": result["highest"] ?? nil,
        "assignment": result["assignment"] ?? nil, "svcca": result["score"]?["svcca"] ?? nil,
        "canonical_correlations": result["canonicalCorrelations"] ?? nil, "rsa": result["score"]?["rsa"] ?? nil,
      ]
    },
    Adapter("alignment.subspace_match") { call in
      let counts = ["anchors_1", "queries_1", "queries_2"].map { call.value($0).array?.count ?? 0 }
      // Rows that no list names fill the shorter side.
      func space(_ anchors: String, _ queries: String) throws -> JSON {
        let rows = (call.value(anchors).array ?? []) + (call.value(queries).array ?? [])
        let filler = rows.first.map {
          [JSON](repeating: $0, count: counts[0] + (counts.dropFirst().max() ?? 0) - rows.count)
        }
        return try call.matrix(of: .array(rows + (filler ?? [])))
      }
      let queries: JSON = counts[1] > 0 ? .list(counts[0]..<counts[0] + counts[1]) : nil
      let result = try call.run(
        call.params([
          "first": space("anchors_1", "queries_1"), "second": space("anchors_2", "queries_2"),
          "anchors": .list(0..<counts[0]), "queries": queries,
          "secondQueries": counts[1] == counts[2] ? nil : .list(counts[0]..<counts[0] + counts[2]),
          "ridge": call.value("ridge"),
        ]))
      return [
        "cka": result["cka"] ?? nil, "canonical_correlations": result["canonicalCorrelations"] ?? nil,
        "local_cka": queries.isNull ? nil : try call.rows(result["localCKA"]), "matching": result["matching"] ?? nil,
      ]
    },
    Adapter("alignment.text_to_concept") { call in
      let result = try call.run(
        call.params([
          "features": call.matrix("A"), "target": call.matrix("B"), "texts": call.matrix("T"),
          "lambda": call.value(call.has("lambda") ? "lambda" : "lam"),
        ]))
      return [
        "W": try call.rows(result["map"]), "b": try call.vector(result["bias"]),
        "R2_per_total": result["trainExplained"] ?? nil,
        "logits": call.has("T") ? try call.rows(result["logits"]) : nil,
      ]
    },
    Adapter("alignment.linearity") { call in
      let result = try call.run(["layers": .array(try ["X", "Y"].filter(call.has).map(call.matrix))])
      let pair = result["pairs"]?[0]
      return [
        "score": pair?["score"] ?? nil, "residual_score": pair?["residualScore"] ?? nil,
        "anisotropy": result["layers"]?[0]?["anisotropy"] ?? nil,
      ]
    },
  ]
}
