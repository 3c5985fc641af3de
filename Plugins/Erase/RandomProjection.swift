import Linear
import PluginKit
import Statistics

/// Takes out random directions: what any claim about an eraser has to be compared with.
public struct RandomProjection: Method {
  public static let name = "erase.random"

  public struct Parameters: Decodable, Sendable {
    let features: MatrixReference
    let labels: LabelReference
    let train: RowsReference?
    let split: FileReference?
    let zKind: ConceptKind
    let rank: Int?
    let repeats: Int
  }

  /// One draw.
  struct Draw: Encodable, Sendable {
    let meanSquaredChange, meanSquaredChangeRelative: Double
    /// The largest of the fitted rows that is left.
    let canonicalCorrelation: Double
  }

  public struct More: Encodable, Sendable {
    let draws: [Draw]
    let meanChange, changeDeviation: Double
  }

  public init() {}

  public func run(_ parameters: Parameters, _ context: Context) throws -> Extended<More> {
    let task = try ErasureTask(
      context.part(0, of: 2),
      ConceptInput(
        context, features: parameters.features, labels: parameters.labels, kind: parameters.zKind,
        train: parameters.train, split: parameters.split))
    let d = task.input.features.columnCount
    let rank = min(d, parameters.rank ?? max(1, task.reference.rank))
    var draws: [Draw] = []
    for index in 0..<parameters.repeats {
      try context.checkCancellation()
      context.part(1, of: 2).progress(index, of: parameters.repeats, "draw \(index + 1)")
      let eraser = try Self.eraser(rank: rank, mean: task.moments.meanX, seed: context.seed, index: index)
      let change = eraser.change(of: task.moments)
      let left = try LEACE().fit(eraser.moments(after: task.moments)).canonicalCorrelations.first ?? 0
      draws.append(
        Draw(meanSquaredChange: change.0, meanSquaredChangeRelative: change.1, canonicalCorrelation: left))
    }
    let eraser = try Self.eraser(rank: rank, mean: task.moments.meanX, seed: context.seed, index: 0)
    let changes = draws.map(\.meanSquaredChange)
    let mean = changes.reduce(0, +) / Double(max(1, changes.count))
    let squares = changes.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    let warnings =
      ErasureWarnings.aboutRows(task.reference, task.input)
      + [ErasureWarnings.noGuarantee("the directions are random, a control")]
    let fitted = try task.result(
      .linear(eraser), task.fields(Self.name, .linear(eraser), parameters.zKind), singularValues: [],
      warnings: warnings, context)
    return Extended(
      fitted: fitted,
      more: More(
        draws: draws, meanChange: mean,
        changeDeviation: (squares / Double(max(1, changes.count - 1))).squareRoot()))
  }

  /// The orthogonal projection of draw `index`, from the sub-stream (seed, "random", index).
  static func eraser(rank: Int, mean: [Double], seed: UInt64, index: Int) throws -> Eraser {
    var numbers = RandomNumbers(seed: seed, step: "random", index: index)
    let basis = try QR(numbers.gaussians(rows: mean.count, columns: rank)).q
    return try Eraser(left: basis, right: basis.transposed(), mean: mean)
  }
}

extension Eraser {
  /// The moments of the erased rows. What is wiped out keeps the rounding of its variance, 2⁻⁵² of it.
  func moments(after before: Moments) -> Moments {
    if rank == 0 { return before }
    let map = Matrix.identity(columns).adding(left.times(right), times: -1)
    var mean = map.times(before.meanX)
    mean.add(left.times(offsets))
    return Moments(
      count: before.count, meanX: mean, meanZ: before.meanZ,
      scatterXX: map.times(before.scatterXX).timesTransposed(map).symmetrised,
      scatterXZ: map.times(before.scatterXZ), scatterZZ: before.scatterZZ)
  }
}
