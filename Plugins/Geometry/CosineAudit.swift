import Charts
import Linear
import PluginKit
import Statistics

/// How far cosines of learned embeddings depend on choices that the training does not make (Steck, Ekanadham & Kallus 2024).
public struct CosineAudit: Method {
  public static let name = "geometry.cosine_audit"

  public struct Parameters: Decodable, Sendable {
    let features: MatrixReference?
    let embedding: MatrixReference?
    let lambda: Double?
    let rank: Int?
    let rescalings: Int
    let exponent: Double
  }

  public struct Output: Encodable, Sendable {
    struct Spread: Encodable, Sendable {
      let largestChange: Double?
      let meanChange: Double?
      let kendall: Double?
    }
    struct Objective: Encodable, Sendable {
      let objective: String
      let verdict: String
      let value: Double
      let survivingDirections: Int
    }
    let singularValues: [Double]?
    let rank: Int
    let product: ArtifactReference?
    let cosineDefault: ArtifactReference
    let cosineRescaled: ArtifactReference?
    let cosineSecond: ArtifactReference?
    let norms: [Double]
    let undefinedItems: [Int]
    let againstRescaled: Spread?
    let againstRandom: Spread
    let againstSecond: Spread?
    let objectives: [Objective]
    let warnings: [Warning]
  }

  /// Items are compared pair by pair.
  private static let mostItems = 3000

  public init() {}

  public func run(_ parameters: Parameters, _ context: Context) throws -> Output {
    switch (parameters.features, parameters.embedding) {
    case (let features?, nil): return try ofFeatures(features, parameters, context)
    case (nil, let embedding?): return try ofEmbedding(embedding, parameters, context)
    default: throw MethodError.invalidParameter(pointer: "/features", expected: "one of features, embedding")
    }
  }

  private func ofFeatures(
    _ reference: MatrixReference, _ parameters: Parameters, _ context: Context
  ) throws -> Output {
    guard let lambda = parameters.lambda else {
      throw MethodError.invalidParameter(pointer: "/lambda", expected: "a penalty beside features")
    }
    let source = try context.rows(reference)
    let items = source.columnCount
    try checkItems(items, reference.pointer, context)
    try context.reserve(3 * source.rowCount * items * 8, for: "the rows and their decomposition")
    let rows: Matrix<Double> = try source.matrix()
    let fit = try InputPlaces(features: reference.pointer).explain {
      try ClosedFormEmbedding(rows, lambda: lambda, rank: parameters.rank)
    }
    let plain = ItemCosines(fit.first)
    let rescaled = ItemCosines(fit.rescaled)
    let second = ItemCosines(fit.second)
    let product = fit.first.timesTransposed(fit.first)
    var objectives = [
      Output.Objective(
        objective: "‖X − XABᵀ‖² + λ‖ABᵀ‖²", verdict: "not unique", value: fit.firstObjective(rows),
        survivingDirections: fit.shares.count { $0 > 0 })
    ]
    objectives.append(
      Output.Objective(
        objective: "‖X − XABᵀ‖² + λ(‖XA‖² + ‖B‖²)", verdict: "unique up to rotation",
        value: fit.secondObjective(rows), survivingDirections: fit.secondDirections))
    let warnings = warnings(plain, fit)
    return try finished(
      plain, fit.first, parameters, objectives, warnings, context, singularValues: fit.singularValues,
      product: product, rescaled: rescaled, second: second)
  }

  private func ofEmbedding(
    _ reference: MatrixReference, _ parameters: Parameters, _ context: Context
  ) throws -> Output {
    let embedding: Matrix<Double> = try context.matrix(reference)
    try checkItems(embedding.rows, reference.pointer, context)
    let plain = ItemCosines(embedding)
    let warnings =
      [
        Warning(
          "unknown-objective",
          "how the embedding was trained is not known here: read the change under random rescalings as what would happen if "
            + "the training leaves the columns' scales free")
      ] + zeroWarnings(plain)
    return try finished(
      plain, embedding, parameters, [], warnings, context, singularValues: nil, product: nil, rescaled: nil, second: nil
    )
  }

  private func checkItems(_ items: Int, _ pointer: String, _ context: Context) throws {
    guard items <= Self.mostItems else {
      throw MethodError.data(
        .memory, pointer: pointer, message: "\(items) items, at most \(Self.mostItems) are compared pair by pair",
        hint: "take a sample of the items")
    }
    try context.reserve(8 * items * items * 8, for: "the cosines of \(items) items")
  }

  private func finished(
    _ plain: ItemCosines, _ embedding: Matrix<Double>, _ parameters: Parameters, _ objectives: [Output.Objective],
    _ warnings: [Warning], _ context: Context, singularValues: [Double]?, product: Matrix<Double>?,
    rescaled: ItemCosines?, second: ItemCosines?
  ) throws -> Output {
    for warning in warnings { context.warn(warning.code, warning.message) }
    var draws: [ItemCosines] = []
    var spreads: [ItemCosines.Change] = []
    for index in 0..<parameters.rescalings {
      try context.checkCancellation()
      context.progress(index, of: parameters.rescalings, "rescaling \(index + 1)")
      var numbers = context.random("rescaling", index)
      let scales = (0..<embedding.columns).map { _ in exponential(parameters.exponent * numbers.gaussian()) }
      var scaled = embedding
      scaled.scaleColumns(by: scales)
      let cosines = ItemCosines(scaled)
      spreads.append(try plain.change(to: cosines))
      if draws.isEmpty { draws.append(cosines) }
    }
    show(plain, rescaled ?? draws.first, second, context)
    return Output(
      singularValues: singularValues, rank: embedding.columns,
      product: try product.map { try context.save($0, "product") },
      cosineDefault: try context.save(plain.values, "cosineDefault"),
      cosineRescaled: try rescaled.map { try context.save($0.values, "cosineRescaled") },
      cosineSecond: try second.map { try context.save($0.values, "cosineSecond") }, norms: plain.norms,
      undefinedItems: plain.undefined, againstRescaled: try rescaled.map { Self.spread([try plain.change(to: $0)]) },
      againstRandom: Self.spread(spreads), againstSecond: try second.map { Self.spread([try plain.change(to: $0)]) },
      objectives: objectives, warnings: warnings)
  }

  private static func spread(_ changes: [ItemCosines.Change]) -> Output.Spread {
    func mean(_ values: [Double]) -> Double? { values.isEmpty ? nil : fixedSum(values) / Double(values.count) }
    return Output.Spread(
      largestChange: changes.compactMap(\.largest).max(), meanChange: mean(changes.compactMap(\.mean)),
      kendall: mean(changes.compactMap(\.kendall)))
  }

  private func warnings(_ plain: ItemCosines, _ fit: ClosedFormEmbedding) -> [Warning] {
    var warnings = [
      Warning(
        "not-unique",
        "under the first objective every rescaling of the columns is as good: the cosines of cosineDefault and "
          + "cosineRescaled come from the same best solution, so neither says how alike two items are; compare by the dot "
          + "product, by rows of X·A·Bᵀ, or normalise before learning")
    ]
    if fit.secondDirections < fit.shares.count {
      warnings.append(
        Warning(
          "vanished",
          "\(fit.shares.count - fit.secondDirections) of \(fit.shares.count) directions have singular values below λ and "
            + "vanish under the second objective; never compare cosines across λ"))
    }
    return warnings + zeroWarnings(plain)
  }

  private func zeroWarnings(_ plain: ItemCosines) -> [Warning] {
    plain.undefined.isEmpty
      ? []
      : [
        Warning(
          "zero-items",
          "\(plain.undefined.count.counted("item")) (\(plain.undefined.map(String.init).listed())) have length 0 and no "
            + "cosine: NaN in the tables")
      ]
  }

  private func show(_ plain: ItemCosines, _ other: ItemCosines?, _ second: ItemCosines?, _ context: Context) {
    let names = (0..<plain.values.rows).map { "item \($0)" }
    func map(_ title: String, _ cosines: ItemCosines) -> HeatMap {
      let shown = 0..<min(names.count, HeatMap.sizeLimit)
      return HeatMap(
        title: title, rowNames: names, columnNames: names,
        values: shown.map { row in shown.map { cosines.values[row, $0] } }, full: 1)
    }
    context.display(map("Cosines of items, as solved", plain))
    if let other { context.display(map("Cosines of items, columns rescaled", other)) }
    if let second { context.display(map("Cosines of items, second objective", second)) }
  }
}
