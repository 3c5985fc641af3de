internal import Glibc
import Linear

/// L2-regularised logistic regression: two classes by one score and the sigmoid, more by a softmax.
///
///     let fit = try LogisticRegression(C: 1).fit(features, labels: labels, classes: 2, rows: train)
///     let scores = try fit.probe.evaluate(features, labels: labels, rows: test)
///
/// Minimises J = Σ ωᵢ·lossᵢ + ‖W‖²/(2C), losses in nats, the biases free. All work is done on columns divided by their
/// deviation; without `standardize` the penalty is rescaled column by column, so that the answer is that of the
/// features as they are. A constant column has weight 0.
public struct LogisticRegression: Sendable, Equatable {
  public enum Solver: String, Sendable, Codable, CaseIterable {
    /// Newton's method for R·(d + 1) up to 128; else L-BFGS, with Newton's method to finish what it leaves undone.
    case auto
    /// L-BFGS (Liu & Nocedal 1989).
    case lbfgs
    /// Damped Newton with Cholesky: n·d² flops a step.
    case newton
  }

  public enum ClassWeight: String, Sendable, Codable, CaseIterable {
    /// ω = 1.
    case none
    /// ω = n/(K·n_c).
    case balanced
  }

  public enum Precision: String, Sendable, Codable, CaseIterable {
    case float64
    /// L-BFGS far from the minimum reads a copy of the rows in 32 bits; the end is found and checked in 64.
    case mixed
  }

  /// The weight of the losses against the penalty; infinity for no penalty.
  public var C: Double
  public var standardize: Bool
  /// The fit has converged when ‖∇(J/n)‖∞, on columns divided by their deviation, is at most this, and J is above its
  /// minimum by at most a tenth of this, as a share of J and as the solver's curvature has it: where J is small, a small
  /// gradient alone says little.
  public var tolerance: Double
  /// Steps. When `auto` has Newton's method finish what L-BFGS left, it may take up to 50 more.
  public var maximumIterations: Int
  public var solver: Solver
  public var classWeight: ClassWeight
  public var precision: Precision

  public init(
    C: Double = 1, standardize: Bool = true, tolerance: Double = 1e-8, maximumIterations: Int = 200,
    solver: Solver = .auto, classWeight: ClassWeight = .none, precision: Precision = .float64
  ) {
    self.C = C
    self.standardize = standardize
    self.tolerance = tolerance
    self.maximumIterations = maximumIterations
    self.solver = solver
    self.classWeight = classWeight
    self.precision = precision
  }

  /// Fits the rows named.
  ///
  /// - Parameters:
  ///   - features: n × d.
  ///   - labels: n whole numbers in 0 ..< classes.
  ///   - rows: the row numbers to fit, none twice; nil for all.
  ///   - start: a probe to begin from, as the fit for another C or for fewer rows.
  ///   - workers: the threads for passes over the rows, which look at cancellation.
  /// - Throws: `StatisticsError` for input that cannot be fitted (a class without rows among it), what cancels the
  ///   workers, and `NumericError` when a Newton step cannot be solved at all.
  @_specialize(where S == Double)
  @_specialize(where S == Float)
  public func fit<S: Scalar>(
    _ features: Matrix<S>, labels: [Int], classes: Int, rows: [Int]? = nil, start: LinearProbe? = nil,
    workers: Workers = .serial, progress: Progress = { _, _, _ in }
  ) throws -> LogisticFit {
    try check(rows: features.rows, columns: features.columns, labels, start)
    let scaling = try ColumnScaling(features, rows: rows)
    let chosen = rows.map { $0.map { labels[$0] } } ?? labels
    let coordinates = try Coordinates(
      scaling, labels: chosen, classes: classes, penaltyWeight: 1 / C, standardize: standardize,
      balanced: classWeight == .balanced)
    let prepared = try PreparedRows(
      features, rows, coordinates, mixed: precision == .mixed && solver != .newton, workers)
    let solved = try solve(coordinates, prepared, start, workers, progress)
    return try finished(solved, coordinates, prepared, workers)
  }

  func check(rows: Int, columns: Int, _ labels: [Int], _ start: LinearProbe?) throws {
    guard C > 0 else { throw StatisticsError.parameter(name: "C", expected: "above 0", found: "\(C)") }
    guard tolerance > 0, tolerance.isFinite else {
      throw StatisticsError.parameter(name: "tol", expected: "above 0", found: "\(tolerance)")
    }
    guard maximumIterations > 0 else {
      throw StatisticsError.parameter(name: "maxIter", expected: "at least 1", found: "\(maximumIterations)")
    }
    guard columns > 0 else { throw StatisticsError.empty("columns") }
    guard labels.count == rows else {
      throw StatisticsError.lengthMismatch(what: "labels", expected: rows, found: labels.count)
    }
    if let start, start.columns != columns {
      throw StatisticsError.lengthMismatch(
        what: "columns in the probe to start from", expected: columns, found: start.columns)
    }
  }
}

/// A fitted probe, and how far it is from the best.
public struct LogisticFit: Sendable, Equatable {
  public let probe: LinearProbe
  /// J.
  public let objective: Double
  /// J/n.
  public let objectivePerSample: Double
  /// ‖∇(J/n)‖∞ on columns divided by their deviation.
  public let gradientNorm: Double
  /// J is at most this far above its minimum: Σ gⱼ²/(2pⱼ), since J has at least the curvature pⱼ of its penalty in
  /// each weight. Loose at large C; nil without a penalty.
  public let gapBound: Double?
  /// gᵀH⁻¹g/2, the gap that the last Newton step saw before it; nil when none was made.
  public let newtonGap: Double?
  public let iterations: Int
  /// Walks over the rows.
  public let passes: Int
  /// Whether the gradient rule held, or no further gain can be told from rounding.
  public let converged: Bool
  /// Whether each fitted row's own class has the largest score.
  public let separated: Bool
  /// What made the last step.
  public let solver: LogisticRegression.Solver
  /// Columns that were constant over the fitted rows.
  public let constantColumns: [Int]
  /// Fitted rows of each class.
  public let classCounts: [Int]
}
