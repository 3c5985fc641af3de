import Linear
import Statistics

import func Glibc.pow

/// A sparse autoencoder that keeps the k largest codes of each row: h = TopK(E·(x − b)), x̂ = Dᵀ·h + b (Makhzani & Frey 2014;
/// Gao et al. 2024), trained by Adam (Kingma & Ba 2015) on ‖x − x̂‖².
struct TopKAutoencoder: Sendable {
  /// D, F × d: atoms of length 1, one a row.
  private(set) var decoder: Matrix<Double>
  /// E, F × d.
  private(set) var encoder: Matrix<Double>
  /// b, d numbers.
  private(set) var bias: [Double]
  let k: Int

  /// Where training begins: atoms of random direction, in the whole space or in a subspace, the encoder equal to them.
  ///
  /// - Parameters:
  ///   - atoms: F × d, drawn.
  ///   - subspace: r × d, orthonormal: the first r numbers of each atom are its coordinates there. Atoms have length 1 at
  ///     once; the official initialiser leaves them at about √r and relies on a later search for one common length.
  init(atoms: Matrix<Double>, subspace: Matrix<Double>?, mean: [Double], k: Int) {
    var start = subspace.map { atoms.columns(0..<$0.rows).times($0) } ?? atoms
    start.normaliseRows()
    (decoder, encoder, bias, self.k) = (start, start, mean, k)
  }

  init(ready decoder: Matrix<Double>, encoder: Matrix<Double>, bias: [Double], k: Int) {
    (self.decoder, self.encoder, self.bias, self.k) = (decoder, encoder, bias, k)
  }

  /// The codes of rows: for each the k largest, atoms ascending.
  func codes(_ rows: Matrix<Double>) -> [[(atom: Int, value: Double)]] {
    var centred = rows
    centred.addToRows(bias.map { -$0 })
    let all = centred.timesTransposed(encoder)
    return (0..<rows.rows).map { row in all.withRow(row) { Self.largest($0, k) } }
  }

  func decoded(_ codes: [[(atom: Int, value: Double)]]) -> Matrix<Double> {
    let d = bias.count
    return Matrix(rows: codes.count, columns: d) { target in
      decoder.withUnsafeBuffer { atoms in
        for (row, list) in codes.enumerated() {
          for j in 0..<d { target[row &* d &+ j] = bias[j] }
          for entry in list {
            for j in 0..<d { target[row &* d &+ j] += entry.value * atoms[entry.atom &* d &+ j] }
          }
        }
      }
    }
  }

  private static func largest(_ values: UnsafeBufferPointer<Double>, _ k: Int) -> [(atom: Int, value: Double)] {
    var best: [(atom: Int, value: Double)] = []
    best.reserveCapacity(k + 1)
    for atom in 0..<values.count {
      let value = values[atom]
      if best.count == k, value <= best[k - 1].value { continue }
      var place = best.count
      while place > 0, best[place - 1].value < value { place -= 1 }
      best.insert((atom, value), at: place)
      if best.count > k { best.removeLast() }
    }
    return best.sorted { $0.atom < $1.atom }
  }

  // MARK: - Training

  /// The gradients of the mean of ‖x − x̂‖² over some rows, and that mean.
  func gradients(
    _ rows: Matrix<Double>
  ) -> (decoder: Matrix<Double>, encoder: Matrix<Double>, bias: [Double], loss: Double) {
    let (n, d) = (rows.rows, bias.count)
    let codes = codes(rows)
    let errors = decoded(codes).adding(rows, times: -1)
    var gradD = Matrix<Double>.zeros(decoder.rows, d)
    var gradE = gradD
    var gradB = [Double](repeating: 0, count: d)
    var loss = 0.0
    let scale = 2 / Double(n)
    gradD.withUnsafeMutableBuffer { gradD in
      gradE.withUnsafeMutableBuffer { gradE in
        gradB.withUnsafeMutableBufferPointer { gradB in
          decoder.withUnsafeBuffer { atoms in
            encoder.withUnsafeBuffer { readers in
              errors.withUnsafeBuffer { errors in
                rows.withUnsafeBuffer { x in
                  bias.withUnsafeBufferPointer { bias in
                    for row in 0..<n {
                      let from = row &* d
                      for j in 0..<d {
                        loss += errors[from &+ j] * errors[from &+ j]
                        gradB[j] += scale * errors[from &+ j]
                      }
                      for entry in codes[row] {
                        let at = entry.atom &* d
                        var slope = 0.0
                        for j in 0..<d { slope += errors[from &+ j] * atoms[at &+ j] }
                        slope *= scale
                        for j in 0..<d {
                          gradD[at &+ j] += scale * entry.value * errors[from &+ j]
                          gradE[at &+ j] += slope * (x[from &+ j] - bias[j])
                          gradB[j] -= slope * readers[at &+ j]
                        }
                      }
                    }
                  }
                }
              }
            }
          }
        }
      }
    }
    return (gradD, gradE, gradB, loss / Double(n))
  }

  /// One pass of `steps` batches, drawn from the rows in an order that is shuffled anew each time they are used up.
  /// - Parameter report: called with each step's number and mean squared error.
  /// - Throws: what `report` throws.
  mutating func train(
    on rows: Matrix<Double>, steps: Int, batch: Int, rate: Double, random: RandomNumbers,
    report: (Int, Double) throws -> Void
  ) rethrows {
    var numbers = random
    var order: [Int] = []
    var (adamD, adamE, adamB) = (Adam(decoder.count), Adam(encoder.count), Adam(bias.count))
    for step in 1...max(1, steps) {
      if order.count < min(batch, rows.rows) { order = numbers.permutation(rows.rows) }
      let chosen = Array(order.suffix(min(batch, rows.rows)))
      order.removeLast(chosen.count)
      let gradient = gradients(rows.rows(at: chosen))
      decoder.withUnsafeMutableBuffer { target in
        gradient.decoder.withUnsafeBuffer { adamD.move(target, $0, step: step, rate: rate) }
      }
      encoder.withUnsafeMutableBuffer { target in
        gradient.encoder.withUnsafeBuffer { adamE.move(target, $0, step: step, rate: rate) }
      }
      bias.withUnsafeMutableBufferPointer { target in
        gradient.bias.withUnsafeBufferPointer { adamB.move(target, $0, step: step, rate: rate) }
      }
      decoder.normaliseRows()
      try report(step, gradient.loss)
    }
  }
}

/// The moving moments of one list of parameters (Kingma & Ba 2015; β₁ 0.9, β₂ 0.999, ε 1e-8).
private struct Adam {
  private var first, second: [Double]

  init(_ count: Int) {
    first = [Double](repeating: 0, count: count)
    second = first
  }

  mutating func move(
    _ values: UnsafeMutableBufferPointer<Double>, _ gradient: UnsafeBufferPointer<Double>, step: Int, rate: Double
  ) {
    let (b1, b2) = (0.9, 0.999)
    let (c1, c2) = (1 - pow(b1, Double(step)), 1 - pow(b2, Double(step)))
    first.withUnsafeMutableBufferPointer { first in
      second.withUnsafeMutableBufferPointer { second in
        for i in 0..<values.count {
          let g = gradient[i]
          first[i] = b1 * first[i] + (1 - b1) * g
          second[i] = b2 * second[i] + (1 - b2) * g * g
          values[i] -= rate * (first[i] / c1) / ((second[i] / c2).squareRoot() + 1e-8)
        }
      }
    }
  }
}
