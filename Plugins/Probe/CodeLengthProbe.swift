import Charts
import Linear
import PluginKit
import Statistics

import func Glibc.log2

/// Codes the labels of the train rows, in their order, by probes of the rows before (Voita & Titov 2020).
public struct CodeLengthProbe: Method {
  public static let name = "probe.codelength"

  public struct Parameters: Decodable, Sendable, LogisticParameters {
    let features: MatrixReference
    let labels: LabelReference
    let train: RowsReference?
    let split: FileReference?
    let allowSeen: Bool
    let types: LabelReference?
    let orders: Int
    let C: LossWeight
    let standardize: Bool
    let tol: Double
    let maxIter: Int
    let solver: LogisticRegression.Solver
    let classWeight: LogisticRegression.ClassWeight
    let precision: LogisticRegression.Precision

    var test: RowsReference? { nil }
  }

  public struct Output: Encodable, Sendable {
    struct Range: Encodable, Sendable {
      let mean, low, high: Double
      let orders: Int
    }
    let codelengthBits, uniformBits, labelEntropyBits, compression, controlBits: Double
    let entropyCompression: Double
    let control: String
    let blocks: [OnlineCode.Block]
    let orders: Range?
    let n, d: Int
    let classes: [String]
    let classCounts: [Int]
    let converged: Bool
    let warnings: [Warning]
  }

  public init() {}

  public func run(_ parameters: Parameters, _ context: Context) throws -> Output {
    let task = try ProbeTask(context, parameters)
    // Each block is scored by a probe of those before it, so the train rows are the scored ones.
    if !parameters.allowSeen {
      try SeenRows.check(
        task.features, task.rows.train, pointer: parameters.split?.pointer ?? parameters.train?.pointer ?? "/train")
    }
    let rows = try task.trainRows(context, copies: 4)
    let types = try parameters.types.map { try task.groups($0, of: task.rows.train, context) }
    let code = OnlineCode(settings: parameters.settings)
    let parts = 1 + max(1, parameters.orders)
    let given = try task.trainPlaces.explain { try self.code(code, rows, context.part(0, of: parts)) }
    let control = LabelledRows(
      features: rows.features, labels: ControlLabels.draw(rows.labels, types: types, seed: context.seed, repeat: 0),
      classes: rows.classes)
    let controlled = try task.trainPlaces.explain { try self.code(code, control, context.part(1, of: parts)) }
    var others: [Double] = []
    for order in 1..<max(1, parameters.orders) {
      var numbers = context.random("order", order)
      let permuted = rows.subset(numbers.permutation(rows.count))
      let part = context.part(order + 1, of: parts)
      others.append(try task.trainPlaces.explain { try self.code(code, permuted, part).bits })
    }
    let n = Double(rows.count)
    let uniform = n * log2(Double(rows.classes))
    let entropy = n * ControlLabels.entropyBits(task.trainCounts)
    let warnings = warnings(given, controlled, entropy, task, parameters)
    for warning in warnings { context.warn(warning.code, warning.message) }
    context.display(totals(given.bits, uniform, entropy, controlled.bits, rows.count))
    context.display(picture(given, controlled, rows.classes))
    let all = [given.bits] + others
    return Output(
      codelengthBits: given.bits, uniformBits: uniform, labelEntropyBits: entropy, compression: uniform / given.bits,
      controlBits: controlled.bits, entropyCompression: entropy / given.bits,
      control: types == nil ? "the labels dealt out anew" : "one label a type",
      blocks: given.blocks,
      orders: others.isEmpty
        ? nil
        : Output.Range(
          mean: all.reduce(0, +) / Double(all.count), low: all.min() ?? 0, high: all.max() ?? 0, orders: all.count),
      n: rows.count, d: task.features.columnCount, classes: task.classes.names, classCounts: task.trainCounts,
      converged: given.notConverged == 0, warnings: warnings)
  }

  private func code(_ code: OnlineCode, _ rows: LabelledRows, _ context: Context) throws -> OnlineCode.Result {
    try code.code(rows.features, labels: rows.labels, classes: rows.classes, workers: context.workers) {
      context.progress($0, of: $1, $2)
    }
  }

  private func warnings(
    _ given: OnlineCode.Result, _ controlled: OnlineCode.Result, _ entropy: Double, _ task: ProbeTask,
    _ parameters: Parameters
  ) -> [Warning] {
    var warnings = ProbeWarnings.aboutFeatures(task)
    if given.bits >= entropy {
      warnings.append(
        Warning(
          "absence",
          "\(given.bits.shortText) bits are no fewer than the \(entropy.shortText) of the class shares alone: nothing was "
            + "found that \(task.rows.train.count.counted("row")) can show"))
    }
    if given.notConverged > 0 {
      warnings.append(
        Warning(
          "not-converged", "\(given.notConverged.counted("block")) coded by a fit that stopped above tol; raise maxIter"
        ))
    }
    if parameters.orders < 5 {
      warnings.append(
        Warning(
          "seed",
          "\(parameters.orders.counted("order")) of the rows only: another one gives another length; set orders to 5"))
    }
    return warnings
  }

  private func totals(_ bits: Double, _ uniform: Double, _ entropy: Double, _ control: Double, _ n: Int) -> BarChart {
    BarChart(
      title: "Code length of the labels", axis: Axis("code length", unit: "bits"),
      bars: [
        .init("probe", bits), .init("class shares", entropy), .init("control labels", control),
        .init("uniform", uniform),
      ], count: n)
  }

  private func picture(_ given: OnlineCode.Result, _ control: OnlineCode.Result, _ classes: Int) -> LineChart {
    func curve(_ name: String, _ result: OnlineCode.Result) -> LineChart.Curve {
      var seen = 0
      return LineChart.Curve(
        name,
        result.blocks.map { block in
          seen += block.rows
          return .init(Double(seen), block.bits / Double(block.rows))
        })
    }
    return LineChart(
      title: "Bits a row, block by block", xAxis: Axis("rows seen", scale: .logarithmic),
      yAxis: Axis("code length a row", unit: "bits"),
      curves: [curve("probe", given), curve("control labels", control)],
      references: [ReferenceLine("uniform", log2(Double(classes)))], count: given.blocks.reduce(0) { $0 + $1.rows })
  }
}
