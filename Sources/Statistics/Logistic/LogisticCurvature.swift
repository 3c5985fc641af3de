internal import Glibc
import Linear

extension LogisticObjective {
  /// ∂²(J/n), R(d + 1) × R(d + 1), in the order of θ.
  ///
  /// Each pair of scores is one weighted Gram matrix of the rows with a column of ones (n·(d + 1)² flops for a
  /// pair). The biases of K > 2 classes have one free direction, the same for all; it is given the curvature 1.
  func curvature(_ rows: RowBlocks<Double>, at theta: [Double], workers: Workers) throws -> Matrix<Double> {
    let side = outputs * width
    // A part is as large as the whole, so there are at most eight of them.
    let unit = max(Workers.blockRows, (rows.rows / 8 + Workers.blockRows - 1) / Workers.blockRows * Workers.blockRows)
    let sum = try workers.sum(over: rows.rows, size: unit) { range in
      try upperCurvature(rows, range, theta, workers)
    } merge: {
      $0.add($1)
    }
    try rows.fault?.check()
    var result = sum ?? .zeros(side, side)
    let scale = 1 / Double(max(1, rows.rows))
    result.withUnsafeMutableBuffer { h in
      for a in 0..<outputs {
        for b in a..<outputs {
          // Of each pair the upper triangle was summed; the rest of the matrix mirrors it.
          for i in 0..<width {
            for j in i..<width {
              var value = h[(a * width + i) * side + b * width + j] * scale
              if a == b, i == j, i < columns { value += penalty[i] * scale }
              if outputs > 1, i == columns, j == columns { value += 1 / Double(outputs) }
              h[(a * width + i) * side + b * width + j] = value
              h[(a * width + j) * side + b * width + i] = value
              h[(b * width + j) * side + a * width + i] = value
              h[(b * width + i) * side + a * width + j] = value
            }
          }
        }
      }
    }
    return result
  }

  private func upperCurvature(
    _ rows: RowBlocks<Double>, _ range: Range<Int>, _ theta: [Double], _ workers: Workers
  ) throws -> Matrix<Double> {
    let (outputs, width, side) = (outputs, width, outputs * width)
    var result = Matrix<Double>.zeros(side, side)
    var scores = [Double](repeating: 0, count: rows.blockRows * outputs)
    var weighted = [Double](repeating: 0, count: rows.blockRows * width)
    try result.withUnsafeMutableBuffer { result in
      guard let h = result.baseAddress else { return }
      try rows.forEachScaledBlock(in: range, stride: width) { block, x in
        // The pairs of many classes make one block of rows as long as a whole pass over the gradient.
        try workers.checkCancellation()
        for i in 0..<block.count { x[i * width + columns] = 1 }
        Double.gemm(
          .no, .yes, m: block.count, n: outputs, k: width, alpha: 1, x, lda: width, theta, ldb: width, beta: 0, &scores,
          ldc: outputs)
        probabilities(&scores, block.count)
        for a in 0..<outputs {
          for b in a..<outputs {
            for i in 0..<block.count {
              let p = scores[i * outputs + a]
              let spread = outputs == 1 ? p : p * (a == b ? 1 - p : scores[i * outputs + b])
              let root = (classWeights[labels[block.lowerBound + i]] * spread).squareRoot()
              for j in 0..<width { weighted[i &* width &+ j] = x[i &* width &+ j] * root }
            }
            Double.syrk(
              .yes, n: width, k: block.count, alpha: a == b ? 1 : -1, weighted, lda: width, beta: 1,
              h + a * width * side + b * width, ldc: side)
          }
        }
      }
    }
    return result
  }

  /// The probability p of each score's class in place of the score; for two classes p·(1 − p).
  private func probabilities(_ scores: inout [Double], _ count: Int) {
    for i in 0..<count {
      if outputs == 1 {
        let small = exp(-scores[i].magnitude)
        scores[i] = small / ((1 + small) * (1 + small))
        continue
      }
      let row = i * outputs..<(i + 1) * outputs
      let largest = scores[row].max() ?? 0
      var total = 0.0
      for k in row {
        scores[k] = exp(scores[k] - largest)
        total += scores[k]
      }
      for k in row { scores[k] /= total }
    }
  }
}
