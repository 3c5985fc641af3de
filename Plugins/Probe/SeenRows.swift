import PluginKit

/// Rows whose labels a fit has read are no test of it: the columns that a ranking chose read noise well there, and erased
/// ones read worse than chance. They are scored only where `allowSeen` asks for it by name.
enum SeenRows {
  /// - Parameter pointer: of the param that names the scored rows.
  /// - Throws: `MethodError` when the features were made by labels of scored rows.
  static func check(_ features: RowSource, _ scored: [Int], pointer: String) throws {
    for (list, fit, effect) in [
      (features.rankedRows, "the ranking that chose the columns", "too high"),
      (features.eraserRows, "the eraser", "too low"),
    ] {
      let seen = Set(list ?? [])
      let count = scored.count { seen.contains($0) }
      if count > 0 { throw refusal(of: fit, count, scored.count, effect: effect, pointer: pointer) }
    }
  }

  static func refusal(
    of fit: String, _ count: Int, _ scored: Int, effect: String, pointer: String
  ) -> MethodError {
    .invalidParameter(
      pointer: pointer,
      expected: "rows that \(fit) has not seen; it has seen \(count) of the \(scored.counted("scored row")), which "
        + "makes the score \(effect) (fit-saw-test)",
      hint: "fit it on train rows alone; allowSeen: true scores them all the same")
  }
}
