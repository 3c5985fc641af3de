import Charts
import Linear
import PluginKit
import Statistics

/// Do probes differ on the same rows? McNemar's test and paired resampling, corrected for the number of pairs.
public struct CompareProbes: Method {
  public static let name = "probe.compare"

  public struct Parameters: Decodable, Sendable {
    let probes: [ModelReference]
    let features: MatrixReference?
    let matrices: [MatrixReference]?
    let labels: LabelReference
    let names: [String]?
    let test: RowsReference?
    let split: FileReference?
    let allowSeen: Bool
    let groups: LabelReference?
    let level: Double
    let B: Int
  }

  public struct Output: Encodable, Sendable {
    struct Pair: Encodable, Sendable {
      let first, second: String
      let accuracyDifference: Estimate
      let logLossDifference: Estimate
      let onlyFirst, onlySecond: Int
      let p, midP, adjustedP: Double
    }
    struct Member: Encodable, Sendable {
      let name: String
      let accuracy: Estimate
      let logLoss: Double
      let fittedRows: Int?
    }
    let pairs: [Pair]
    let probes: [Member]
    let best: String
    let differing, differingUncorrected: Int
    let majority: Double
    let heldOut: Bool
    let n: Int
    let classes: [String]
    let classCounts: [Int]
    let intervalOf: String
    let warnings: [Warning]
  }

  public init() {}

  public func run(_ parameters: Parameters, _ context: Context) throws -> Output {
    let tasks = try tasks(parameters, context)
    let names = try names(parameters, tasks.count)
    guard let first = tasks.first else { throw MethodError.internal("no probes") }
    let (truth, classes) = (first.truth, first.classes)
    let found = tasks.map { $0.logProbabilities.largestColumns() }
    let right = found.map { zip($0, truth).map { $0 == $1 } }
    let losses = tasks.map { task in truth.enumerated().map { -task.logProbabilities[$0, $1] } }
    var (raw, places): ([McNemar], [(Int, Int)]) = ([], [])
    for i in tasks.indices {
      for j in tasks.indices where j > i {
        raw.append(McNemar(first: right[i], second: right[j]))
        places.append((i, j))
      }
    }
    let adjusted = holmAdjusted(raw.map(\.p))
    context.progress(0, of: 1, "\(parameters.B) resamplings of \(truth.count) rows")
    let bounds = try bounds(places, right, losses, first.groups, parameters, context)
    let level = parameters.level
    let pairs = places.indices.map { k in
      let (i, j) = places[k]
      let difference = Double(raw[k].onlyFirst - raw[k].onlySecond) / Double(truth.count)
      return Output.Pair(
        first: names[i], second: names[j],
        accuracyDifference: bounds[2 * k].estimate(difference, level: level, n: truth.count),
        logLossDifference: bounds[2 * k + 1].estimate(
          (fixedSum(losses[i]) - fixedSum(losses[j])) / Double(truth.count), level: level, n: truth.count),
        onlyFirst: raw[k].onlyFirst, onlySecond: raw[k].onlySecond, p: raw[k].p, midP: raw[k].midP,
        adjustedP: adjusted[k])
    }
    var members: [Output.Member] = []
    for (k, task) in tasks.enumerated() {
      members.append(
        Output.Member(
          name: names[k],
          accuracy: try Proportion.wilson(right: right[k].count { $0 }, of: truth.count, level: parameters.level),
          logLoss: fixedSum(losses[k]) / Double(truth.count), fittedRows: task.fittedRows?.count))
    }
    var counts = [Int](repeating: 0, count: classes.count)
    for label in truth { counts[label] += 1 }
    let alpha = 1 - parameters.level
    let (after, before) = (adjusted.count { $0 <= alpha }, raw.count { $0.p <= alpha })
    let warnings = warnings(tasks, names, pairs: pairs.count, after, before)
    for warning in warnings { context.warn(warning.code, warning.message) }
    show(members, pairs, Double(counts.max() ?? 0) / Double(truth.count), truth.count, level, context)
    let best = members.indices.max { (members[$0].accuracy.value, -$0) < (members[$1].accuracy.value, -$1) } ?? 0
    return Output(
      pairs: pairs, probes: members, best: names[best], differing: after, differingUncorrected: before,
      majority: Double(counts.max() ?? 0) / Double(truth.count), heldOut: tasks.allSatisfy(\.isHeldOut),
      n: truth.count, classes: classes, classCounts: counts, intervalOf: first.intervalOf, warnings: warnings)
  }

  private func names(_ parameters: Parameters, _ count: Int) throws -> [String] {
    let names = parameters.names ?? (1...max(1, count)).map { "probe \($0)" }
    guard names.count == count, Set(names).count == count else {
      throw MethodError.invalidParameter(
        pointer: "/names", expected: "\(count) different names, one for each probe, found \(names.count)")
    }
    return names
  }

  private func tasks(_ parameters: Parameters, _ context: Context) throws -> [EvaluationTask] {
    let matrices: [MatrixReference]
    if let own = parameters.matrices {
      guard own.count == parameters.probes.count, parameters.features == nil else {
        throw MethodError.invalidParameter(
          pointer: "/matrices",
          expected: "one matrix for each of the \(parameters.probes.count) probes, and no features")
      }
      matrices = own
    } else if let features = parameters.features {
      matrices = parameters.probes.map { _ in features }
    } else {
      throw MethodError.invalidParameter(pointer: "/features", expected: "features, or matrices in their place")
    }
    var tasks: [EvaluationTask] = []
    for (probe, matrix) in zip(parameters.probes, matrices) {
      tasks.append(
        try EvaluationTask(
          EvaluationInputs(
            labels: parameters.labels, probe: probe, features: matrix, test: parameters.test, split: parameters.split,
            groups: parameters.groups, allowSeen: parameters.allowSeen), context))
    }
    guard let first = tasks.first else { return [] }
    for (k, task) in tasks.enumerated() where task.classes != first.classes || task.truth != first.truth {
      throw MethodError.data(
        .shape, pointer: parameters.probes[k].pointer,
        message: "probe \(k + 1) tells apart \(task.classes.listed()), the first \(first.classes.listed())",
        hint: "compare probes of the same classes on the same rows")
    }
    return tasks
  }

  private func bounds(
    _ places: [(Int, Int)], _ right: [[Bool]], _ losses: [[Double]], _ groups: [Int]?, _ parameters: Parameters,
    _ context: Context
  ) throws -> [Bootstrap.Bounds] {
    let hits = right.map { $0.map { $0 ? 1.0 : 0 } }
    return try Bootstrap(replicates: parameters.B, level: parameters.level, seed: context.seed)
      .intervals(of: hits[0].count, groups: groups, workers: context.workers) { weights in
        let total = weights.reduce(0, +)
        func mean(_ values: [Double]) -> Double { values.dot(weights) / total }
        let (accuracies, means) = (hits.map(mean), losses.map(mean))
        return places.flatMap { [accuracies[$0.0] - accuracies[$0.1], means[$0.0] - means[$0.1]] }
      }
  }

  private func warnings(
    _ tasks: [EvaluationTask], _ names: [String], pairs: Int, _ after: Int, _ before: Int
  ) -> [Warning] {
    var warnings: [Warning] = []
    if tasks.contains(where: { $0.fittedRows == nil }) { warnings.append(EvaluationWarnings.unknownRows) }
    for (task, name) in zip(tasks, names) {
      guard let seen = task.fittedRows?.count, seen > 0 else { continue }
      warnings.append(
        Warning(
          "fit-saw-test",
          "'\(name)' was fitted on \(seen) of the \(task.truth.count) scored rows: not a fair comparison"))
    }
    if pairs > 1 {
      warnings.append(
        Warning("multiple", "\(after) of \(pairs) pairs differ after Holm, \(before) before: read adjustedP"))
    }
    return warnings
  }

  private func show(
    _ members: [Output.Member], _ pairs: [Output.Pair], _ majority: Double, _ n: Int, _ level: Double,
    _ context: Context
  ) {
    let percent = (level * 100).shortText
    context.display(
      BarChart(
        title: "Accuracy on the same rows", axis: Axis("accuracy", domain: 0...1),
        bars: members.map { .init($0.name, $0.accuracy.value, interval: $0.accuracy.low...$0.accuracy.high) },
        references: [ReferenceLine("majority", majority)], intervalTitle: "\(percent) % interval, Wilson", count: n))
    context.display(
      BarChart(
        title: "Paired differences of log loss", axis: Axis("first − second", unit: "nats"),
        bars: pairs.map {
          .init(
            "\($0.first) − \($0.second)", $0.logLossDifference.value,
            interval: $0.logLossDifference.low...$0.logLossDifference.high)
        }, intervalTitle: "\(percent) % interval, paired bootstrap", count: n, note: "below 0 the first is better"))
  }
}
