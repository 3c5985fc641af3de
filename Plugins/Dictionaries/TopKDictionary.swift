import Charts
import Linear
import PluginKit
import Statistics

/// Trains a sparse dictionary that starts in the active subspace of the activations (Wang, Ge, Shu, He & Qiu 2025).
public struct TopKDictionary: Method {
  public static let name = "dictionary.sae_topk"

  public enum Start: String, Codable, Sendable { case random, active }

  public struct Parameters: Decodable, Sendable {
    let features: MatrixReference
    let nFeatures: Int
    let k: Int
    let start: Start
    let dActive: Int?
    let steps: Int
    let batch: Int
    let learningRate: Double
  }

  public struct Output: Encodable, Sendable {
    struct Step: Encodable, Sendable {
      let step: Int
      let unexplained: Double
    }
    let atoms: ArtifactReference
    let encoder: ArtifactReference
    let bias: ArtifactReference
    let codes: ArtifactReference
    let deadFraction: Double
    let dead: [Int]
    let explainedVariance: Double
    let startDeadFraction: Double
    let startDirections: Int
    let history: [Step]
    let n: Int
    let d: Int
    let warnings: [Warning]
  }

  public init() {}

  public func run(_ parameters: Parameters, _ context: Context) throws -> Output {
    let source = try context.rows(parameters.features)
    let (n, d, atoms) = (source.rowCount, source.columnCount, parameters.nFeatures)
    guard parameters.k <= atoms else {
      throw MethodError.invalidParameter(pointer: "/k", expected: "at most nFeatures, \(atoms), found \(parameters.k)")
    }
    guard n > 1, d > 0 else {
      throw MethodError.data(.tooFewSamples, pointer: "/features", message: "\(n) rows of \(d) columns")
    }
    try context.reserve(
      (3 * n * d + 10 * atoms * d + parameters.batch * atoms + 4 * n * parameters.k) * 8, for: "the training")
    let rows: Matrix<Double> = try source.matrix()
    let moments = try Moments(rows, workers: context.workers)
    let variance = moments.scatterXX.diagonal.reduce(0, +) / Double(n)
    guard variance > 0 else {
      throw MethodError.data(.degenerate, pointer: "/features", message: "all rows are equal: there is nothing to code")
    }
    let subspace = try subspace(parameters, moments, d)
    var numbers = context.random("atoms")
    var model = TopKAutoencoder(
      atoms: numbers.gaussians(rows: atoms, columns: d), subspace: subspace, mean: moments.meanX, k: parameters.k)
    let startDead = try used(model, rows, context).used.count { !$0 }
    var history: [Output.Step] = []
    let every = max(1, parameters.steps / 100)
    try model.train(
      on: rows, steps: parameters.steps, batch: parameters.batch, rate: parameters.learningRate,
      random: context.random("batches")
    ) { step, loss in
      try context.checkCancellation()
      if step == 1 || step.isMultiple(of: every) || step == parameters.steps {
        history.append(.init(step: step, unexplained: loss / variance))
        context.progress(step, of: parameters.steps, "step \(step), unexplained \((loss / variance).shortText)")
      }
    }
    let final = try used(model, rows, context)
    let dead = final.used.indices.filter { !final.used[$0] }
    var warnings = [
      Warning("in-sample", "explained variance and dead atoms are counted on the rows that were trained on")
    ]
    if Double(dead.count) > 0.1 * Double(atoms) {
      warnings.append(
        Warning(
          "dead-atoms",
          "\(dead.count) of \(atoms) atoms are never among the k largest: train longer, start in the active subspace, or "
            + "ask for fewer"))
    }
    for warning in warnings { context.warn(warning.code, warning.message) }
    context.display(
      LineChart(
        title: "Training of the dictionary", xAxis: Axis("step"), yAxis: Axis("unexplained share of variance"),
        curves: [.init("batches", history.map { .init(Double($0.step), $0.unexplained) })],
        note: "\(dead.count) of \(atoms) atoms dead at the end, \(startDead) at the start"))
    return Output(
      atoms: try context.save(model.decoder, "atoms"), encoder: try context.save(model.encoder, "encoder"),
      bias: try context.save(vector: model.bias, "bias"),
      codes: try context.save(final.codes, "codes", rowIDs: source.rowIDs),
      deadFraction: Double(dead.count) / Double(atoms), dead: Array(dead.prefix(1000)),
      explainedVariance: 1 - final.squares / Double(n) / variance,
      startDeadFraction: Double(startDead) / Double(atoms), startDirections: subspace?.rows ?? d, history: history,
      n: n,
      d: d, warnings: warnings)
  }

  private func subspace(_ parameters: Parameters, _ moments: Moments, _ d: Int) throws -> Matrix<Double>? {
    guard parameters.start == .active else { return nil }
    guard let wanted = parameters.dActive else {
      throw MethodError.invalidParameter(
        pointer: "/dActive", expected: "a number of directions for start active",
        hint: "take the rank of geometry.active_subspace")
    }
    guard wanted <= d else {
      throw MethodError.invalidParameter(pointer: "/dActive", expected: "at most the \(d) columns, found \(wanted)")
    }
    return try InputPlaces(features: "/features").explain {
      try SymmetricEigen(moments.covariance(), largest: wanted).vectors
    }
  }

  /// The codes of all rows, which atoms they use, and Σ‖x − x̂‖².
  private func used(
    _ model: TopKAutoencoder, _ rows: Matrix<Double>, _ context: Context
  ) throws -> (codes: SparseMatrix, used: [Bool], squares: Double) {
    var (pointers, columns, values): ([Int], [Int32], [Double]) = ([0], [], [])
    var used = [Bool](repeating: false, count: model.decoder.rows)
    var squares = 0.0
    for start in stride(from: 0, to: rows.rows, by: 256) {
      try context.checkCancellation()
      let block = rows.rows(start..<min(rows.rows, start + 256))
      let codes = model.codes(block)
      let rest = model.decoded(codes).adding(block, times: -1).frobeniusNorm
      squares += rest * rest
      for list in codes {
        for entry in list {
          used[entry.atom] = true
          columns.append(Int32(entry.atom))
          values.append(entry.value)
        }
        pointers.append(columns.count)
      }
    }
    return (
      SparseMatrix(
        rows: rows.rows, columns: model.decoder.rows, rowPointers: pointers, columnIndices: columns, values: values),
      used, squares
    )
  }
}
