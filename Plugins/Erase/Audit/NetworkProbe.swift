import Linear
import Statistics

import func Glibc.exp
import func Glibc.log
import func Glibc.pow

/// A network with one hidden layer of rectified units, fitted by Adam (Kingma & Ba 2015), stopped where the loss on a
/// part of the fitted rows is least.
struct NetworkProbe: LeakProbe {
  var name: String { "network" }
  var hidden = 64
  var seeds = 3
  var epochs = 60
  var batch = 128
  var rate = 3e-3
  var decay = 1e-4
  /// Epochs without a gain after which a fit ends.
  var patience = 8

  func predictions(
    _ rows: ScaledRows, labels: [Int], weights: [Double], seed: UInt64, workers: Workers
  ) throws -> [[Int]] {
    try workers.map(seeds) { index in
      try self.fit(
        rows.fitted, labels, weights, RandomNumbers(seed: seed, step: "network", index: index), seed, workers
      )
      .scores(rows.scored).largestColumns()
    }
  }

  private func fit(
    _ rows: Matrix<Double>, _ labels: [Int], _ weights: [Double], _ random: RandomNumbers, _ seed: UInt64,
    _ workers: Workers
  ) throws -> Layers {
    var numbers = random
    let split = try Split.random(rows: labels.count, labels: labels, share: 0.15, seed: seed)
    let (own, truth) = (rows.rows(at: split.test), split.test.map { labels[$0] })
    var layers = Layers(inputs: rows.columns, hidden: hidden, outputs: weights.count, &numbers)
    var adam = Adam(layers, rate: rate, decay: decay)
    var best = (layers: layers, loss: Double.infinity, epoch: 0)
    var order = split.train
    for epoch in 0..<epochs {
      try workers.checkCancellation()
      numbers.shuffle(&order)
      for start in stride(from: 0, to: order.count, by: batch) {
        let part = Array(order[start..<min(order.count, start + batch)])
        let gradient = layers.gradient(rows.rows(at: part), part.map { labels[$0] }, weights)
        adam.move(&layers, gradient)
      }
      let loss = layers.loss(own, truth, weights)
      if loss < best.loss - 1e-4 { best = (layers, loss, epoch) }
      if epoch - best.epoch >= patience { break }
    }
    return best.layers
  }

  /// Weights and biases of both layers.
  private struct Layers: Sendable {
    var first: Matrix<Double>
    var firstBias: [Double]
    var second: Matrix<Double>
    var secondBias: [Double]

    /// He's scale for rectified units.
    init(inputs: Int, hidden: Int, outputs: Int, _ numbers: inout RandomNumbers) {
      first = numbers.gaussians(rows: hidden, columns: inputs)
      first.scale(by: (2 / Double(max(1, inputs))).squareRoot())
      firstBias = [Double](repeating: 0, count: hidden)
      second = numbers.gaussians(rows: outputs, columns: hidden)
      second.scale(by: (1 / Double(hidden)).squareRoot())
      secondBias = [Double](repeating: 0, count: outputs)
    }

    private func activations(_ rows: Matrix<Double>) -> Matrix<Double> {
      var result = rows.timesTransposed(first)
      let width = firstBias.count
      result.withUnsafeMutableBuffer { buffer in
        firstBias.withUnsafeBufferPointer { bias in
          for i in 0..<rows.rows {
            for j in 0..<width { buffer[i &* width &+ j] = max(0, buffer[i &* width &+ j] + bias[j]) }
          }
        }
      }
      return result
    }

    private func scores(activated: Matrix<Double>) -> Matrix<Double> {
      var result = activated.timesTransposed(second)
      result.subtractFromRows(secondBias.map { -$0 })
      return result
    }

    func scores(_ rows: Matrix<Double>) -> Matrix<Double> { scores(activated: activations(rows)) }

    func loss(_ rows: Matrix<Double>, _ labels: [Int], _ weights: [Double]) -> Double {
      let found = Self.logProbabilities(scores(rows))
      let total = labels.reduce(0) { $0 + weights[$1] }
      return labels.enumerated().reduce(0) { $0 - weights[$1.element] * found[$1.offset, $1.element] }
        / max(total, 1e-300)
    }

    /// ln of a softmax, also for two outputs.
    private static func logProbabilities(_ scores: Matrix<Double>) -> Matrix<Double> {
      var result = scores
      for i in 0..<result.rows {
        result.withMutableRow(i) { row in
          let largest = row.max() ?? 0
          let total = largest + log(row.reduce(0) { $0 + exp($1 - largest) })
          for c in 0..<row.count { row[c] -= total }
        }
      }
      return result
    }

    func gradient(_ rows: Matrix<Double>, _ labels: [Int], _ weights: [Double]) -> Layers {
      let active = activations(rows)
      var errors = Self.logProbabilities(scores(activated: active))
      let total = labels.reduce(0) { $0 + weights[$1] }
      for (i, label) in labels.enumerated() {
        errors.withMutableRow(i) { row in
          for c in 0..<row.count { row[c] = weights[label] / total * (exp(row[c]) - (c == label ? 1 : 0)) }
        }
      }
      var back = errors.times(second)
      back.withUnsafeMutableBuffer { back in
        active.withUnsafeBuffer { active in
          for k in 0..<back.count where active[k] <= 0 { back[k] = 0 }
        }
      }
      var result = self
      result.second = errors.transposedTimes(active)
      result.first = back.transposedTimes(rows)
      let ones = [Double](repeating: 1, count: rows.rows)
      result.secondBias = errors.transposedTimes(ones)
      result.firstBias = back.transposedTimes(ones)
      return result
    }
  }

  private struct Adam {
    private var mean: [[Double]]
    private var square: [[Double]]
    private var steps = 0
    private let rate: Double
    private let decay: Double

    init(_ layers: Layers, rate: Double, decay: Double) {
      let sizes = [layers.first.count, layers.firstBias.count, layers.second.count, layers.secondBias.count]
      mean = sizes.map { [Double](repeating: 0, count: $0) }
      square = mean
      (self.rate, self.decay) = (rate, decay)
    }

    mutating func move(_ layers: inout Layers, _ gradient: Layers) {
      steps += 1
      gradient.first.withUnsafeBuffer { g in
        layers.first.withUnsafeMutableBuffer { update(0, $0, g, decay) }
      }
      gradient.second.withUnsafeBuffer { g in
        layers.second.withUnsafeMutableBuffer { update(2, $0, g, decay) }
      }
      gradient.firstBias.withUnsafeBufferPointer { g in
        layers.firstBias.withUnsafeMutableBufferPointer { update(1, $0, g, 0) }
      }
      gradient.secondBias.withUnsafeBufferPointer { g in
        layers.secondBias.withUnsafeMutableBufferPointer { update(3, $0, g, 0) }
      }
    }

    private mutating func update(
      _ part: Int, _ values: UnsafeMutableBufferPointer<Double>, _ gradient: UnsafeBufferPointer<Double>,
      _ decay: Double
    ) {
      let (first, second) = (0.9, 0.999)
      let (c1, c2) = (1 - pow(first, Double(steps)), 1 - pow(second, Double(steps)))
      let rate = rate
      mean[part].withUnsafeMutableBufferPointer { m in
        square[part].withUnsafeMutableBufferPointer { v in
          for k in 0..<values.count {
            let g = gradient[k] + decay * values[k]
            m[k] = first * m[k] + (1 - first) * g
            v[k] = second * v[k] + (1 - second) * g * g
            values[k] -= rate * (m[k] / c1) / ((v[k] / c2).squareRoot() + 1e-8)
          }
        }
      }
    }
  }
}
