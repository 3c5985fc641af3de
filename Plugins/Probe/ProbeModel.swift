import Linear
import PluginKit
import Statistics

/// A fitted probe as it is saved: the small fields; the arrays are `weights` (R × d), `bias` (R), `mean` and `scale`
/// (d each), and `fittedRows`, the keys of the fitted rows' ids, where rows have ids.
struct ProbeModel: Codable, Sendable {
  /// What `score = weights · (x − mean)/scale + bias` was fitted by.
  struct Fit: Codable, Sendable {
    let rows: Int
    let of: Int
    /// `sha256:` of the list of the fitted rows' ids, or numbers.
    let digest: String
  }

  static let kind = "probe"

  let method: String
  /// In the order of the scores; two classes have one score, of the second against the first.
  let classes: [String]
  let C: LossWeight
  let standardize: Bool
  let classWeight: LogisticRegression.ClassWeight
  let d: Int
  let fittedOn: Fit

  static func arrays(_ probe: LinearProbe, fittedIDs: [String]?) -> Arrays {
    Arrays(
      ["weights": probe.weights], vectors: ["bias": probe.bias, "mean": probe.mean, "scale": probe.scale],
      integers: fittedIDs.map { ["fittedRows": RowKeys($0).values] } ?? [:])
  }
}

/// C, which JSON has no number for when it is infinite.
struct LossWeight: Codable, Sendable {
  let value: Double

  init(_ value: Double) { self.value = value }

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let number = try? container.decode(Double.self) {
      value = number
    } else if try container.decode(String.self) == "Infinity" {
      value = .infinity
    } else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "a number above 0, or \"Infinity\"")
    }
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    if value.isFinite { try container.encode(value) } else { try container.encode("Infinity") }
  }
}
