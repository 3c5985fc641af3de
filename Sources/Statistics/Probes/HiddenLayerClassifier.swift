internal import Glibc
import Linear

/// One hidden layer of ReLU units before a softmax, fitted by Adam with weight decay and early stopping (Rumelhart, Hinton
/// & Williams 1986; Kingma & Ba 2015).
///
///     let fit = try HiddenLayerClassifier(hidden: 64).fit(features, labels: labels, classes: 2, seed: 1)
///
/// Columns are divided by their deviation over the fitted rows. A tenth of the rows (a share of each class) is kept out to
/// stop by: after `patience` epochs without a lower loss there, the weights of the lowest are taken. The same seed gives
/// the same bits, whatever the number of threads, since one thread does it all.
public struct HiddenLayerClassifier: Sendable, Equatable {
  public var hidden: Int
  public var maximumEpochs = 200
  public var patience = 10
  public var batch = 64
  public var learningRate = 1e-3
  /// Taken off the weights at each step, times the learning rate (Loshchilov & Hutter 2019).
  public var weightDecay = 1e-2
  /// The share of rows kept out.
  public var keptOut = 0.1

  public init(hidden: Int = 64) { self.hidden = hidden }

  /// A fitted classifier.
  public struct Fit: Sendable {
    /// hidden × d, hidden, K × hidden, K.
    var weights: Parameters
    let mean: [Double]
    let factor: [Double]
    public let epochs: Int
    /// Of the rows kept out, at the weights taken.
    public let keptOutLoss: Double
    /// Whether the loss of the rows kept out stopped falling before the epochs ended.
    public let stopped: Bool

    /// ln p of each class, n × K.
    public func logProbabilities(_ features: Matrix<Double>) -> Matrix<Double> {
      weights.forward(scaled(features)).logs
    }

    private func scaled(_ features: Matrix<Double>) -> Matrix<Double> {
      var rows = features
      rows.addToRows(mean.map { -$0 })
      rows.scaleColumns(by: factor)
      return rows
    }
  }

  /// The weights of both layers.
  struct Parameters: Sendable {
    var first: Matrix<Double>
    var firstBias: [Double]
    var second: Matrix<Double>
    var secondBias: [Double]

    func forward(_ rows: Matrix<Double>) -> (active: Matrix<Double>, logs: Matrix<Double>) {
      var active = rows.timesTransposed(first)
      active.addToRows(firstBias)
      active.withUnsafeMutableBuffer { buffer in
        for i in 0..<buffer.count where buffer[i] < 0 { buffer[i] = 0 }
      }
      var logs = active.timesTransposed(second)
      logs.addToRows(secondBias)
      for i in 0..<logs.rows {
        logs.withMutableRow(i) { row in
          var largest = -Double.infinity
          for value in row where value > largest { largest = value }
          var sum = 0.0
          for value in row { sum += exp(value - largest) }
          let total = largest + log(sum)
          for c in 0..<row.count { row[c] -= total }
        }
      }
      return (active, logs)
    }

    /// The mean of −ln p, and its slope in each weight, in the order of the members.
    func slope(_ rows: Matrix<Double>, _ labels: [Int]) -> (loss: Double, parts: [[Double]]) {
      let (active, logs) = forward(rows)
      var residual = logs.exponentials
      let size = Double(rows.rows)
      var loss = 0.0
      for (i, label) in labels.enumerated() {
        loss -= logs[i, label] / size
        residual[i, label] -= 1
      }
      residual.scale(by: 1 / size)
      var back = residual.times(second)
      back.withUnsafeMutableBuffer { target in
        active.withUnsafeBuffer { active in
          for i in 0..<target.count where active[i] <= 0 { target[i] = 0 }
        }
      }
      let ones = [Double](repeating: 1, count: rows.rows)
      return (
        loss,
        [
          back.transposedTimes(rows).elements, back.transposedTimes(ones), residual.transposedTimes(active).elements,
          residual.transposedTimes(ones),
        ]
      )
    }
  }

  /// - Parameter start: called before each epoch; throws to end the fit.
  /// - Throws: `StatisticsError` for input that cannot be fitted, a class without rows among it.
  public func fit(
    _ features: Matrix<Double>, labels: [Int], classes: Int, seed: UInt64, check: () throws -> Void = {}
  ) throws -> Fit {
    guard hidden > 0 else {
      throw StatisticsError.parameter(name: "hidden", expected: "at least 1", found: "\(hidden)")
    }
    guard features.columns > 0 else { throw StatisticsError.empty("columns") }
    guard labels.count == features.rows else {
      throw StatisticsError.lengthMismatch(what: "labels", expected: features.rows, found: labels.count)
    }
    let counts = try classCounts(labels, classes: classes)
    if let missing = counts.firstIndex(of: 0) {
      throw StatisticsError.classMissing(label: missing, in: "fitted rows")
    }
    let scaling = try ColumnScaling(features)
    let factor = zip(scaling.scale, scaling.isConstant).map { $1 ? 0 : 1 / $0 }
    var rows = features
    rows.addToRows(scaling.mean.map { -$0 })
    rows.scaleColumns(by: factor)
    let split = try Split.random(rows: rows.rows, labels: labels, share: keptOut, seed: seed)
    let (keptRows, keptLabels) = (rows.rows(at: split.test), split.test.map { labels[$0] })
    var numbers = RandomNumbers(seed: seed, step: "weights")
    var state = Adam(start(features.columns, classes, &numbers), self)
    var best = (weights: state.weights, loss: Double.infinity, epoch: 0)
    var order = split.train
    var epoch = 0
    while epoch < maximumEpochs, epoch - best.epoch < patience {
      try check()
      epoch += 1
      var shuffle = RandomNumbers(seed: seed, step: "epoch", index: epoch)
      shuffle.shuffle(&order)
      for first in stride(from: 0, to: order.count, by: batch) {
        let part = Array(order[first..<min(first + batch, order.count)])
        state.step(state.weights.slope(rows.rows(at: part), part.map { labels[$0] }).parts)
      }
      let logs = state.weights.forward(keptRows).logs
      let loss = keptLabels.enumerated().reduce(0) { $0 - logs[$1.offset, $1.element] } / Double(keptLabels.count)
      if loss < best.loss { best = (state.weights, loss, epoch) }
    }
    return Fit(
      weights: best.weights, mean: scaling.mean, factor: factor, epochs: best.epoch, keptOutLoss: best.loss,
      stopped: epoch < maximumEpochs)
  }

  /// Normal numbers of variance 2/inputs before ReLU, 1/inputs before the softmax (He et al. 2015).
  private func start(_ d: Int, _ classes: Int, _ numbers: inout RandomNumbers) -> Parameters {
    var first: Matrix<Double> = numbers.gaussians(rows: hidden, columns: d)
    first.scale(by: (2 / Double(d)).squareRoot())
    var second: Matrix<Double> = numbers.gaussians(rows: classes, columns: hidden)
    second.scale(by: (1 / Double(hidden)).squareRoot())
    return Parameters(
      first: first, firstBias: .init(repeating: 0, count: hidden), second: second,
      secondBias: .init(repeating: 0, count: classes))
  }

  /// Adam's two running means of each weight.
  private struct Adam {
    var weights: Parameters
    private var means: [[Double]]
    private var squares: [[Double]]
    private var steps = 0
    private let rate: Double
    private let decay: Double

    init(_ start: Parameters, _ settings: HiddenLayerClassifier) {
      weights = start
      let sizes = [start.first.count, start.firstBias.count, start.second.count, start.secondBias.count]
      means = sizes.map { [Double](repeating: 0, count: $0) }
      squares = means
      (rate, decay) = (settings.learningRate, settings.weightDecay)
    }

    mutating func step(_ slopes: [[Double]]) {
      steps += 1
      let (a, b) = (1 - pow(0.9, Double(steps)), 1 - pow(0.999, Double(steps)))
      for (k, slope) in slopes.enumerated() {
        // Biases do not decay.
        let shrink = k % 2 == 0 ? 1 - rate * decay : 1
        let rate = rate
        means[k].withUnsafeMutableBufferPointer { mean in
          squares[k].withUnsafeMutableBufferPointer { square in
            func move(_ target: UnsafeMutableBufferPointer<Double>) {
              for i in 0..<slope.count {
                mean[i] = 0.9 * mean[i] + 0.1 * slope[i]
                square[i] = 0.999 * square[i] + 0.001 * slope[i] * slope[i]
                target[i] = target[i] * shrink - rate * (mean[i] / a) / ((square[i] / b).squareRoot() + 1e-8)
              }
            }
            switch k {
            case 0: weights.first.withUnsafeMutableBuffer { move($0) }
            case 1: weights.firstBias.withUnsafeMutableBufferPointer { move($0) }
            case 2: weights.second.withUnsafeMutableBuffer { move($0) }
            default: weights.secondBias.withUnsafeMutableBufferPointer { move($0) }
            }
          }
        }
      }
    }
  }
}
