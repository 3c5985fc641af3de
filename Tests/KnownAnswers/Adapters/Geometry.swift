import JSON
import MethodTestSupport

import func Glibc.pow

extension Adapter {
  static let geometry: [Adapter] = [
    Adapter("geometry.causal_inner_product") { call in
      let result = try call.run([
        "unembedding": call.matrix("unembedding"), "concepts": call.value("concepts"), "randomPairs": 10,
      ])
      let concept = call.value("loo").int ?? 0
      return [
        "directions": try call.rows(result["directions"]), "causal": try call.rows(result["causal"]),
        "euclidean": try call.rows(result["euclidean"]),
        "leave_one_out": result["concepts"]?[concept]?["leaveOneOut"] ?? nil,
      ]
    },
    Adapter("geometry.simplex_classifier") { call in
      let result = try call.run(
        call.params(["dimension": call.value("d"), "features": call.matrix("X"), "labels": call.value("labels")]))
      return [
        "prototypes": try call.rows(result["prototypes"]), "offdiagonal_cosine": result["offdiagonalCosine"] ?? nil,
        "logits": call.has("X") ? try call.rows(result["logits"]) : nil, "prediction": result["predictions"] ?? nil,
        "accuracy": result["accuracy"] ?? nil,
      ]
    },
    Adapter("geometry.spread") { call in
      if let lists = call.value("eigenvalues").array {
        let isOne = lists.contains { $0.array == nil }
        let all = try (isOne ? [call.value("eigenvalues")] : lists).map { try call.run(["eigenvalues": $0]) }
        func each(_ member: String) -> JSON {
          let values = all.map { $0[member] ?? nil }
          return isOne ? values[0] : .array(values)
        }
        return [
          "eee": each("earlyEnrichment"), "participation_ratio": each("participationRatio"),
          "effective_rank": each("effectiveRank"), "explained_ratios": each("explainedRatios"),
        ]
      }
      let result = try call.run(call.params(["features": call.matrix("X"), "window": call.value("m")]))
      return [
        "average_cosine": result["averageCosine"] ?? nil, "I_V": result["iv"] ?? nil,
        "explained_ratios": result["explainedRatios"] ?? nil, "eee": result["earlyEnrichment"] ?? nil,
        "participation_ratio": result["participationRatio"] ?? nil, "effective_rank": result["effectiveRank"] ?? nil,
        "vasicek": result["vasicek"] ?? nil,
      ]
    },
    Adapter("geometry.crystals") { call in
      let result = try call.run(
        call.params([
          "points": call.matrix("points"), "relations": call.value("relations"),
          "distractors": call.value("distractors"),
        ]))
      func each(_ member: String) -> JSON { .array((result["relations"]?.array ?? []).map { $0[member] ?? nil }) }
      return ["before": each("before"), "after": each("after")]
    },
    Adapter("geometry.lobes") { call in
      if call.has("counts") {
        let found = try call.run(["counts": call.value("counts")])["affinities"]
        return [
          "simple_matching": found?["simpleMatching"] ?? nil, "jaccard": found?["jaccard"] ?? nil,
          "dice": found?["dice"] ?? nil, "overlap": found?["overlap"] ?? nil, "phi": found?["phi"] ?? nil,
        ]
      }
      var answers: [String: JSON] = [:]
      for (name, kind) in [
        ("phi", "phi"), ("simple_matching", "simpleMatching"), ("jaccard", "jaccard"), ("dice", "dice"),
        ("overlap", "overlap"),
      ] {
        let result = try call.run(["occurrences": call.matrix("occurrence"), "affinity": .string(kind), "k": 1])
        let undefined = Set(result["undefined"]?.ints ?? [])
        let rows = try call.rows(result["affinityMatrix"]).array ?? []
        answers[name] = .array(
          rows.enumerated().map { i, row in
            .array((row.array ?? []).enumerated().map { undefined.contains(i) || undefined.contains($0) ? nil : $1 })
          })
      }
      return answers
    },
    Adapter("geometry.galaxy") { call in
      var eigenvalues = call.value("eigenvalues")
      if let count = eigenvalues["count"]?.int, let power = eigenvalues["power"]?.double {
        eigenvalues = .array((1...max(1, count)).map { .real(pow(Double($0), -power)) })
      }
      let layer = try call.run(["eigenvalues": eigenvalues])["layers"]?[0]
      return ["slope": layer?["slope"] ?? nil, "log_determinant": layer?["logDeterminant"] ?? nil]
    },
    Adapter("geometry.cosine_audit") { call in
      let result = try call.run(
        call.params([
          "features": call.matrix("X"), "lambda": call.value("lam"), "rank": call.value("k"), "rescalings": 1,
        ]))
      return [
        "singular_values": result["singularValues"] ?? nil, "product_ABt": try call.rows(result["product"]),
        "cosine_default": try call.rows(result["cosineDefault"]),
        "cosine_rescaled": try call.rows(result["cosineRescaled"]),
      ]
    },
    Adapter("geometry.active_subspace") { call in
      let result = try call.run(call.params(["features": call.matrix("X"), "thresholds": call.value("thresholds")]))
      return [
        "singular_values": result["singularValues"] ?? nil, "directions": result["directions"] ?? nil,
        "effective_rank": result["effectiveRank"] ?? nil, "rank": result["rank"] ?? nil,
      ]
    },
  ]
}
