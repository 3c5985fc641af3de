internal import Glibc
import Linear

/// Columns as the solvers see them, (x − shift)·factor, with the penalty that gives the answer in the caller's.
struct Coordinates: Sendable {
  let shift: [Double]
  /// 1/deviation; 0 for a constant column.
  let factor: [Double]
  let penalty: [Double]
  let standardize: Bool
  let labels: [Int]
  let counts: [Int]
  let classWeights: [Double]
  let constantColumns: [Int]
  /// Whether the means are small enough beside the deviations to multiply the rows as they lie.
  let isCentral: Bool
  let isNearlyCentred: Bool

  init(
    _ scaling: ColumnScaling, labels: [Int], classes: Int, penaltyWeight: Double, standardize: Bool, balanced: Bool
  ) throws {
    counts = try Statistics.classCounts(labels, classes: classes)
    guard classes > 1 else { throw StatisticsError.tooFewClasses(found: classes) }
    if let missing = counts.firstIndex(of: 0) {
      let present = counts.count { $0 > 0 }
      if present < 2 { throw StatisticsError.tooFewClasses(found: present) }
      throw StatisticsError.classMissing(label: missing, in: "fitted rows")
    }
    self.labels = labels
    self.standardize = standardize
    let n = Double(labels.count)
    classWeights = counts.map { balanced ? n / (Double(classes) * Double($0)) : 1 }
    shift = scaling.mean
    let scaled = zip(scaling.deviation, scaling.isConstant).map { deviation, isConstant in
      let factor = isConstant ? 0 : 1 / deviation
      let penalty = isConstant || standardize ? penaltyWeight : penaltyWeight * factor * factor
      // A deviation so small that its square is no number leaves no room for a weight.
      return factor.isFinite && penalty.isFinite ? (factor, penalty) : (0, penaltyWeight)
    }
    factor = scaled.map(\.0)
    penalty = scaled.map(\.1)
    constantColumns = factor.indices.filter { scaled[$0].0 == 0 }
    let offsets = zip(shift, factor).map { ($0 * $1).magnitude }
    isCentral = offsets.allSatisfy { $0 <= 1e3 }
    isNearlyCentred = offsets.allSatisfy { $0 <= 4 }
  }

  var outputs: Int { counts.count == 2 ? 1 : counts.count }

  var objective: LogisticObjective { objective(penaltyWeight: 1) }

  /// The objective of other penalties: those here, times `penaltyWeight`.
  func objective(penaltyWeight: Double) -> LogisticObjective {
    LogisticObjective(
      columns: shift.count, outputs: outputs, labels: labels, classWeights: classWeights,
      penalty: penalty.map { $0 * penaltyWeight }, variance: factor.map { $0 == 0 ? 0 : 1 })
  }

  /// θ with no weights, and the biases of the class shares.
  var origin: [Double] {
    let logs = zip(counts, classWeights).map { log(Double($0) * $1) }
    let biases =
      outputs == 1 ? [logs[1] - logs[0]] : logs.map { $0 - logs.reduce(0, +) / Double(logs.count) }
    return biases.flatMap { [Double](repeating: 0, count: shift.count) + [$0] }
  }

  /// θ of a probe, which may have been fitted in other coordinates.
  func theta(of probe: LinearProbe) -> [Double]? {
    guard probe.weights.rows == outputs, probe.columns == shift.count else { return nil }
    let (raw, bias) = (probe.rawWeights, probe.rawBias)
    return (0..<outputs).flatMap { r in
      let row = raw.row(r)
      let weights = row.indices.map { factor[$0] == 0 ? 0 : row[$0] / factor[$0] }
      // Columns that are constant here add what they always add.
      return weights + [bias[r] + zip(row, shift).reduce(0) { $0 + $1.0 * $1.1 }]
    }
  }

  /// The probe at θ, in the caller's coordinates; the biases of K > 2 classes sum to 0.
  func probe(_ theta: [Double]) -> LinearProbe {
    let (d, width) = (shift.count, shift.count + 1)
    var bias = (0..<outputs).map { theta[$0 * width + d] }
    var weights = Matrix<Double>.zeros(outputs, d)
    for r in 0..<outputs {
      weights.withMutableRow(r) { row in
        for j in 0..<d {
          row[j] = standardize ? theta[r * width + j] : theta[r * width + j] * factor[j]
          if !standardize { bias[r] -= row[j] * shift[j] }
        }
      }
    }
    if outputs > 1 {
      let mean = bias.reduce(0, +) / Double(outputs)
      bias = bias.map { $0 - mean }
    }
    let scale = standardize ? factor.map { $0 == 0 ? 1 : 1 / $0 } : [Double](repeating: 1, count: d)
    let mean = standardize ? shift : [Double](repeating: 0, count: d)
    return LinearProbe(checked: weights, bias, mean, scale)
  }
}

/// The fitted rows, ready for passes.
struct PreparedRows: Sendable {
  let exact: RowBlocks<Double>
  let rough: RowBlocks<Float>?

  init(exact: RowBlocks<Double>) {
    self.exact = exact
    rough = nil
  }

  init<S: Scalar>(
    _ features: Matrix<S>, _ rows: [Int]?, _ coordinates: Coordinates, mixed: Bool, _ workers: Workers
  ) throws {
    let made = RowBlocks<Double>(features, rows: rows, shift: coordinates.shift, factor: coordinates.factor)
    if let doubles = features as? Matrix<Double>, rows == nil, coordinates.isCentral {
      exact = RowBlocks(viewing: doubles, shift: coordinates.shift, factor: coordinates.factor)
    } else {
      // With a copy in 32 bits few passes are left for the other, which then need not be kept.
      exact = mixed ? made : try made.materialised(workers)
    }
    guard mixed else {
      rough = nil
      return
    }
    if let floats = features as? Matrix<Float>, rows == nil, coordinates.isNearlyCentred {
      rough = RowBlocks(viewing: floats, shift: coordinates.shift, factor: coordinates.factor)
    } else {
      rough = try RowBlocks<Float>(features, rows: rows, shift: coordinates.shift, factor: coordinates.factor)
        .materialised(workers)
    }
  }
}

extension LogisticRegression {
  func solve(
    _ coordinates: Coordinates, _ rows: PreparedRows, _ start: LinearProbe?, _ workers: Workers, _ progress: Progress
  ) throws -> LogisticSolver.Outcome {
    let origin = start.flatMap { coordinates.theta(of: $0) } ?? coordinates.origin
    let objective = coordinates.objective
    return try withoutActuallyEscaping(progress) { progress in
      guard let space = try RowSpace(objective, rows.exact) else {
        return try LogisticSolver(
          objective: objective, rows: rows.exact, rough: rows.rough, solver: solver, tolerance: tolerance,
          maximumIterations: maximumIterations, workers: workers, progress: progress
        ).run(from: origin)
      }
      var outcome = try LogisticSolver(
        objective: space.objective, rows: space.rows, rough: nil, solver: solver,
        tolerance: space.tolerance(for: tolerance), maximumIterations: maximumIterations, workers: workers,
        progress: progress
      ).run(from: space.point(origin))
      outcome.theta = space.theta(outcome.theta)
      outcome.pass = try objective.pass(rows.exact, at: outcome.theta, workers: workers)
      outcome.passes += 1
      return outcome
    }
  }

  /// Solves the biases exactly, which the bound on the gap assumes, and puts the answer together.
  func finished(
    _ solved: LogisticSolver.Outcome, _ coordinates: Coordinates, _ rows: PreparedRows, _ workers: Workers
  ) throws -> LogisticFit {
    var end = solved
    let objective = coordinates.objective
    let n = Double(rows.exact.rows)
    var certified = end.pass
    // Biases that are a little off cost nothing to mend, and the bound takes them for exact.
    for _ in 0..<4 where C.isFinite {
      guard let better = try betterBiases(end.theta, certified, objective, rows, workers) else { break }
      end.passes += 1
      certified = better.pass
      // With other biases the gradient of the weights may rise above what the caller asked for.
      if certified.steepest <= max(tolerance, end.pass.steepest) {
        end.theta = better.theta
        end.pass = better.pass
      } else {
        break
      }
    }
    var bound = n * max(0, end.pass.value - certified.value)
    for (k, slope) in certified.gradient.enumerated() where k % objective.width < objective.columns {
      bound += n * n * slope * slope / (2 * objective.penalty[k % objective.width])
    }
    // What is left of the biases' slope counts twice over, by their own curvature.
    bound += try 2 * n * biasGap(certified, objective)
    return LogisticFit(
      probe: coordinates.probe(end.theta), objective: end.pass.value * n, objectivePerSample: end.pass.value,
      gradientNorm: end.pass.steepest, gapBound: C.isFinite ? bound : nil,
      newtonGap: end.newtonGap, iterations: end.iterations, passes: end.passes, converged: end.converged,
      separated: end.pass.notSeparated == 0, solver: end.usedNewton ? .newton : .lbfgs,
      constantColumns: coordinates.constantColumns, classCounts: coordinates.counts)
  }

  /// One Newton step of the biases alone; nil where their slope costs nothing beside that of the weights.
  private func betterBiases(
    _ start: [Double], _ found: LogisticObjective.Pass, _ objective: LogisticObjective, _ rows: PreparedRows,
    _ workers: Workers
  ) throws -> (theta: [Double], pass: LogisticObjective.Pass)? {
    let (outputs, d, width) = (objective.outputs, objective.columns, objective.width)
    var others = 0.0
    for (k, slope) in found.gradient.enumerated() where k % width < d {
      others += Double(rows.exact.rows) * slope * slope / (2 * objective.penalty[k % width])
    }
    let gap = try biasGap(found, objective)
    guard gap > 1e-3 * others, gap > 1e-16 * found.value else { return nil }
    let step = try biasStep(found, objective)
    var theta = start
    for r in 0..<outputs { theta[r * width + d] -= step[r] }
    let pass = try objective.pass(rows.exact, at: theta, workers: workers)
    return pass.value <= found.value * (1 + 1e-14) ? (theta, pass) : nil
  }

  /// gᵀH⁻¹g/2 of J/n in the biases.
  private func biasGap(_ found: LogisticObjective.Pass, _ objective: LogisticObjective) throws -> Double {
    let slopes = (0..<objective.outputs).map { found.gradient[$0 * objective.width + objective.columns] }
    return zip(slopes, try biasStep(found, objective)).reduce(0) { $0 + $1.0 * $1.1 } / 2
  }

  private func biasStep(_ found: LogisticObjective.Pass, _ objective: LogisticObjective) throws -> [Double] {
    let outputs = objective.outputs
    let slopes = (0..<outputs).map { found.gradient[$0 * objective.width + objective.columns] }
    var curvature = Matrix(rows: outputs, columns: outputs, elements: found.biasCurvature)
    if outputs > 1 { curvature.add(Matrix(rows: outputs, columns: outputs, repeating: 1 / Double(outputs))) }
    return try NewtonCurvature(curvature).solve(slopes)
  }
}
