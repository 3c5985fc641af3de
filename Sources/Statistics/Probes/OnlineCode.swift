internal import Glibc
import Linear

/// The bits that labels cost when each block of rows is coded by a probe of the rows before it (Rissanen 1984; Voita &
/// Titov 2020).
///
///     let code = try OnlineCode(settings: LogisticRegression(C: 1)).code(features, labels: labels, classes: 2)
///     code.bits
///
/// The first block costs log₂ K a row. A later one is coded by p′ = (1 − l)·p + l/K with l = K/(t + K), t the rows before
/// it: a class that they lack has p = 0, and rows of one class alone give p = 1 to it (Laplace's rule).
public struct OnlineCode: Sendable {
  public struct Block: Sendable, Equatable, Codable {
    public let rows: Int
    public let bits: Double
  }

  public struct Result: Sendable, Equatable {
    public let blocks: [Block]
    /// Fits that did not meet the tolerance.
    public let notConverged: Int

    public var bits: Double { blocks.reduce(0) { $0 + $1.bits } }
  }

  /// Fits each prefix; with `standardize` the columns are divided by their deviation over all rows, once.
  public var settings: LogisticRegression

  public init(settings: LogisticRegression) { self.settings = settings }

  /// The share of the rows at which blocks end, in percent.
  static let percents = [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.25, 12.5, 25, 50, 100]

  /// ⌊percent·n/100 + ½⌋, without repeated or zero ends; the last is n.
  public static func blockEnds(_ n: Int) -> [Int] {
    var ends: [Int] = []
    for percent in percents {
      let end = Int((percent * Double(n) / 100 + 0.5).rounded(.down))
      if end > (ends.last ?? 0) { ends.append(min(end, n)) }
    }
    if let last = ends.last, last < n { ends.append(n) }
    return ends
  }

  /// - Parameters:
  ///   - features: the rows in the order in which they are coded.
  /// - Throws: as `LogisticRegression.fit`.
  public func code(
    _ features: Matrix<Double>, labels: [Int], classes: Int, workers: Workers = .serial,
    progress: Progress = { _, _, _ in }
  ) throws -> Result {
    _ = try classCounts(labels, classes: classes)
    guard labels.count == features.rows else {
      throw StatisticsError.lengthMismatch(what: "labels", expected: features.rows, found: labels.count)
    }
    var rows = features
    var settings = settings
    if settings.standardize {
      let scaling = try ColumnScaling(features)
      let factor = zip(scaling.scale, scaling.isConstant).map { $1 ? 0 : 1 / $0 }
      try RowBlocks<Double>(features, rows: nil, shift: scaling.mean, factor: factor).write(to: &rows, workers)
      settings.standardize = false
    }
    let ends = Self.blockEnds(features.rows)
    var blocks = ends.prefix(1).map { Block(rows: $0, bits: Double($0) * log2(Double(classes))) }
    var failures = 0
    var start: (probe: LinearProbe, classes: [Int])?
    for (t, end) in zip(ends, ends.dropFirst()) {
      try workers.checkCancellation()
      let present = Set(labels[..<t]).sorted()
      var bits = 0.0
      let mix = Double(classes) / Double(t + classes)
      var logs: Matrix<Double>?
      if present.count > 1 {
        let number = Dictionary(uniqueKeysWithValues: present.enumerated().map { ($1, $0) })
        let prefix = rows.rows(0..<t)
        let fit = try settings.fit(
          prefix, labels: labels[..<t].map { number[$0] ?? 0 }, classes: present.count,
          start: start?.classes == present ? start?.probe : nil, workers: workers)
        failures += fit.converged ? 0 : 1
        start = (fit.probe, present)
        logs = try fit.probe.logProbabilities(rows, rows: Array(t..<end))
      }
      for i in t..<end {
        var p = 0.0
        if let place = present.firstIndex(of: labels[i]) { p = logs.map { exp($0[i - t, place]) } ?? 1 }
        bits -= log2((1 - mix) * p + mix / Double(classes))
      }
      blocks.append(Block(rows: end - t, bits: bits))
      progress(end, features.rows, "coded \(end) of \(features.rows) rows")
    }
    return Result(blocks: blocks, notConverged: failures)
  }
}
