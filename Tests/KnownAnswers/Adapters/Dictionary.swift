import JSON

extension Adapter {
  static let dictionary: [Adapter] = [
    Adapter("dictionary.multidim") { call in
      if call.has("points") {
        var direction: JSON = nil
        if call.has("v") { direction = call.params(["v": call.value("v"), "c": call.value("c")]) }
        let plane = try call.run(
          call.params([
            "points": call.matrix("points"), "angles": call.value("angles"), "bins": call.value("bins"),
            "epsilon": call.value("epsilon"), "direction": direction,
          ]))["planes"]?[0]
        return [
          "information_bits": plane?["informationBits"] ?? nil, "separability": plane?["separability"] ?? nil,
          "mixture_at_vc": plane?["mixtureAtDirection"] ?? nil,
        ]
      }
      let result = try call.run(
        call.params([
          "atoms": call.matrix("atoms"), "codes": call.matrix("codes"), "topk": call.value("topk"),
          "cutoff": call.value("cutoff"), "cluster": call.value("cluster"),
        ]))
      return [
        "labels": result["labels"] ?? nil, "rows": result["reconstructedRows"] ?? nil,
        "reconstruction": call.has("cluster") ? try call.rows(result["reconstruction"]) : nil,
      ]
    }
  ]
}
