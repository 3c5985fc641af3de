import Linear
import PluginKit
import Statistics

/// A fitted eraser as it is saved: the small fields. The arrays are, for the form
/// - `linear`: `left` (d × r), `right` (r × d), `mean` (d), `offsets` (r), `spread` (r): x′ = x − left·(right·x − offsets);
/// - `oracle`: `coefficients` (d × k), `meanZ` (k): x′ = x − coefficients·(z − meanZ);
/// - `quadratic`: `maps` (K·d × d), `means` (K × d), `target` (d): x′ = maps[c]·(x − means[c]) + target;
/// - `kernel`: `landmarks` (m × d) and `root` (m × m), and those of `linear` for the m features root·k(landmarks, x);
///
/// and `fittedRows`, the keys of the fitted rows' ids, where rows have ids.
struct EraserModel: Codable, Sendable {
  enum Form: String, Codable, Sendable { case linear, oracle, quadratic, kernel }

  struct Fit: Codable, Sendable {
    let rows: Int
    let of: Int
    /// `sha256:` of the list of the fitted rows' ids, or numbers.
    let digest: String
  }

  static let kind = "eraser"

  let method: String
  let form: Form
  let zKind: ConceptKind
  /// Absent for a concept of numbers.
  let classes: [String]?
  let d: Int
  let rank: Int
  var rtol: Double?
  var shrinkage: Double?
  var affine: Bool?
  var kernel: Kernel?
  /// Of features and concept on the fitted rows, before.
  var canonicalCorrelations: [Double]?
  let fittedOn: Fit
}

extension Erasure {
  var form: EraserModel.Form {
    switch self {
    case .linear: .linear
    case .oracle: .oracle
    case .quadratic: .quadratic
    case .kernel: .kernel
    }
  }

  func arrays(fittedIDs: [String]?) -> Arrays {
    let integers = fittedIDs.map { ["fittedRows": RowKeys($0).values] } ?? [:]
    switch self {
    case .linear(let eraser):
      return Arrays(eraser.matrices, vectors: eraser.vectors, integers: integers)
    case .oracle(let eraser):
      return Arrays(
        ["coefficients": eraser.coefficients], vectors: ["meanZ": eraser.meanZ], integers: integers)
    case .quadratic(let eraser):
      return Arrays(
        ["maps": .stack(eraser.maps), "means": eraser.means], vectors: ["target": eraser.target], integers: integers)
    case .kernel(let eraser):
      var matrices = eraser.eraser.matrices
      matrices["landmarks"] = eraser.features.landmarks
      matrices["root"] = eraser.features.root
      return Arrays(matrices, vectors: eraser.eraser.vectors, integers: integers)
    }
  }
}

extension Eraser {
  fileprivate var matrices: [String: Matrix<Double>] { ["left": left, "right": right] }
  fileprivate var vectors: [String: [Double]] { ["mean": mean, "offsets": offsets, "spread": spread] }

  fileprivate init(stored arrays: Arrays) throws {
    try self.init(
      left: arrays.matrix("left"), right: arrays.matrix("right"), mean: arrays.vector("mean"),
      offsets: arrays.has("offsets") ? arrays.vector("offsets") : nil,
      spread: arrays.has("spread") ? arrays.vector("spread") : nil)
  }
}

/// An eraser that was opened again.
struct SavedEraser: Sendable {
  let model: EraserModel
  let erasure: Erasure
  /// Nil when the rows that it was fitted on had no ids.
  let fittedRows: RowKeys?

  init(_ reference: ModelReference, _ context: Context) throws {
    let (model, arrays) = try context.model(reference, EraserModel.kind, EraserModel.self)
    do {
      erasure = try Self.erasure(model, arrays)
    } catch let error as StatisticsError {
      throw Self.malformed(reference, "\(error)")
    }
    guard erasure.columns == model.d else {
      throw Self.malformed(reference, "they are for \(erasure.columns) columns, and the eraser says \(model.d)")
    }
    self.model = model
    fittedRows = arrays.has("fittedRows") ? RowKeys(stored: try arrays.integers("fittedRows")) : nil
  }

  private static func malformed(_ reference: ModelReference, _ why: String) -> MethodError {
    MethodError.data(
      .format, pointer: reference.pointer, message: "the eraser's arrays do not fit together: \(why)",
      hint: "give the output 'eraser' of a method that fits one")
  }

  private static func erasure(_ model: EraserModel, _ arrays: Arrays) throws -> Erasure {
    switch model.form {
    case .linear: return .linear(try Eraser(stored: arrays))
    case .oracle:
      return .oracle(
        try OracleEraser(coefficients: arrays.matrix("coefficients"), meanZ: arrays.vector("meanZ")))
    case .quadratic:
      let (stack, target) = (try arrays.matrix("maps"), try arrays.vector("target"))
      let d = target.count
      guard d > 0, stack.rows % d == 0 else {
        throw StatisticsError.lengthMismatch(what: "rows of the maps, a multiple", expected: d, found: stack.rows)
      }
      let maps = (0..<stack.rows / d).map { stack.rows($0 * d..<($0 + 1) * d) }
      return .quadratic(
        try QuadraticEraser(maps: maps, means: arrays.matrix("means"), target: target, rank: model.rank))
    case .kernel:
      guard let kernel = model.kernel else { throw StatisticsError.empty("kernel in the eraser's fields") }
      let features = try NystromFeatures(
        kernel: kernel, landmarks: arrays.matrix("landmarks"), root: arrays.matrix("root"))
      return .kernel(try KernelEraser(features: features, eraser: Eraser(stored: arrays)))
    }
  }
}
