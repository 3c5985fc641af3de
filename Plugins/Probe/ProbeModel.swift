import Linear
import PluginKit
import Statistics

/// A fitted probe as it is saved: the small fields; the arrays are `weights` (R × d), `bias` (R), `mean` and `scale`
/// (d each), and which rows were fitted: `fittedRows`, the keys of their ids, or `fittedNumbers` where rows have none.
struct ProbeModel: Codable, Sendable {
  /// What `score = weights · (x − mean)/scale + bias` was fitted by.
  struct Fit: Codable, Sendable {
    let rows: Int
    let of: Int
    /// `sha256:` of the list of the fitted rows' ids, or numbers.
    let digest: String
    /// Rows of each class.
    var counts: [Int]?
  }

  static let kind = "probe"

  let method: String
  /// In the order of the scores; two classes have one score, of the second against the first. None for real targets.
  let classes: [String]
  var C: LossWeight?
  let standardize: Bool
  var classWeight: LogisticRegression.ClassWeight?
  var lambda: Double?
  var shrinkage: Double?
  let d: Int
  let fittedOn: Fit

  static func arrays(_ probe: LinearProbe, fitted rows: [Int], ids: [String]?) -> Arrays {
    Arrays(
      ["weights": probe.weights], vectors: ["bias": probe.bias, "mean": probe.mean, "scale": probe.scale],
      integers: ids.map { ids in ["fittedRows": RowKeys(rows.map { ids[$0] }).values] } ?? [
        "fittedNumbers": rows.sorted()
      ]
    )
  }
}

/// What was chosen beside the rows, as the model remembers it.
struct ProbeChoices: Sendable {
  var C: LossWeight?
  var standardize = true
  var classWeight: LogisticRegression.ClassWeight?
  var lambda: Double?
  var shrinkage: Double?
}

extension ProbeTask {
  /// Saves a fitted probe, and which rows it was fitted on.
  func save(
    _ probe: LinearProbe, by method: String, _ choices: ProbeChoices, _ context: Context
  ) throws -> (probe: ArtifactReference, fittedOn: FittedOn) {
    let ids = features.rowIDs
    let fittedOn = try context.fittedOn(rows.train, of: features.rowCount, rowIDs: ids)
    let model = ProbeModel(
      method: method, classes: classes.names, C: choices.C, standardize: choices.standardize,
      classWeight: choices.classWeight, lambda: choices.lambda, shrinkage: choices.shrinkage, d: features.columnCount,
      fittedOn: ProbeModel.Fit(
        rows: fittedOn.rows, of: fittedOn.of, digest: fittedOn.digest, counts: trainCounts))
    let arrays = ProbeModel.arrays(probe, fitted: rows.train, ids: ids)
    return (try context.save(model: model, ProbeModel.kind, "probe", arrays: arrays), fittedOn)
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
