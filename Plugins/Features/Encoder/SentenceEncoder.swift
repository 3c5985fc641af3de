import Linear
import PluginKit

import func Glibc.erff
import func Glibc.expf

/// A BERT encoder (Devlin et al. 2019) that gives one vector a text: the mean over all its tokens.
///
/// Texts stand one behind the other without padding: one product per layer serves the tokens of all of them, attention
/// is each text's own.
struct SentenceEncoder: Sendable {
  struct Configuration: Sendable, Equatable {
    var width: Int
    var layers: Int
    var heads: Int
    var inner: Int
    var positions: Int
    var vocabulary: Int
    var epsilon: Float
  }

  /// y = W·x + b; W is outputs × inputs.
  struct Dense: Sendable {
    var weight: Matrix<Float>
    var bias: [Float]
  }

  struct Norm: Sendable {
    var scale: [Float]
    var shift: [Float]
  }

  struct Layer: Sendable {
    /// Queries, keys and values, one below the other.
    var attention: Dense
    var output: Dense
    var outputNorm: Norm
    var inner: Dense
    var outer: Dense
    var outerNorm: Norm
  }

  let configuration: Configuration
  let words: Matrix<Float>
  let positions: Matrix<Float>
  /// Of token type 0.
  let type: [Float]
  let norm: Norm
  let layers: [Layer]

  /// The mean vector of each text, texts × width.
  func means(of texts: [[Int32]]) -> Matrix<Float> {
    let width = configuration.width
    let tokens = texts.reduce(0) { $0 + $1.count }
    var x = embedded(texts, tokens)
    var scratch = Scratch(tokens, configuration, longest: texts.map(\.count).max() ?? 0)
    for layer in layers { apply(layer, to: &x, texts, &scratch) }
    return Matrix(rows: texts.count, columns: width) { target in
      x.withUnsafeBuffer { x in
        var row = 0
        for (text, ids) in texts.enumerated() {
          for _ in ids {
            for j in 0..<width { target[text &* width &+ j] += x[row &* width &+ j] }
            row += 1
          }
          for j in 0..<width { target[text &* width &+ j] /= Float(ids.count) }
        }
      }
    }
  }

  private func embedded(_ texts: [[Int32]], _ tokens: Int) -> Matrix<Float> {
    let width = configuration.width
    var x = Matrix<Float>.zeros(tokens, width)
    x.withUnsafeMutableBuffer { x in
      words.withUnsafeBuffer { words in
        positions.withUnsafeBuffer { positions in
          var row = 0
          for ids in texts {
            for (place, id) in ids.enumerated() {
              let (to, from, at) = (row &* width, Int(id) &* width, place &* width)
              for j in 0..<width { x[to &+ j] = words[from &+ j] + (positions[at &+ j] + type[j]) }
              row += 1
            }
          }
        }
      }
    }
    normalise(&x, norm)
    return x
  }

  /// Room that one layer after the other uses.
  private struct Scratch {
    var attention: Matrix<Float>
    var context: Matrix<Float>
    var inner: Matrix<Float>
    var scores: [Float]

    init(_ tokens: Int, _ configuration: Configuration, longest: Int) {
      attention = .zeros(tokens, 3 * configuration.width)
      context = .zeros(tokens, configuration.width)
      inner = .zeros(tokens, configuration.inner)
      scores = [Float](repeating: 0, count: longest * longest)
    }
  }

  private func apply(_ layer: Layer, to x: inout Matrix<Float>, _ texts: [[Int32]], _ scratch: inout Scratch) {
    product(x, layer.attention, to: &scratch.attention)
    attend(texts, scratch.attention, to: &scratch.context, &scratch.scores)
    add(scratch.context, layer.output, to: &x)
    normalise(&x, layer.outputNorm)
    product(x, layer.inner, to: &scratch.inner)
    Self.activate(&scratch.inner)
    add(scratch.inner, layer.outer, to: &x)
    normalise(&x, layer.outerNorm)
  }

  /// Y ← X·Wᵀ + b.
  private func product(_ x: Matrix<Float>, _ dense: Dense, to y: inout Matrix<Float>) {
    y.setToProduct(of: x, .no, dense.weight, .yes)
    addBias(dense.bias, to: &y)
  }

  /// X ← X + C·Wᵀ + b.
  private func add(_ c: Matrix<Float>, _ dense: Dense, to x: inout Matrix<Float>) {
    x.setToProduct(of: c, .no, dense.weight, .yes, alpha: 1, beta: 1)
    addBias(dense.bias, to: &x)
  }

  private func addBias(_ bias: [Float], to y: inout Matrix<Float>) {
    let (rows, columns) = (y.rows, y.columns)
    y.withUnsafeMutableBuffer { y in
      bias.withUnsafeBufferPointer { bias in
        for i in 0..<rows {
          for j in 0..<columns { y[i &* columns &+ j] += bias[j] }
        }
      }
    }
  }

  /// softmax(Q·Kᵀ/√d)·V, head by head.
  private func attend(
    _ texts: [[Int32]], _ attention: Matrix<Float>, to context: inout Matrix<Float>, _ scores: inout [Float]
  ) {
    let (width, heads) = (configuration.width, configuration.heads)
    let size = width / heads
    let scale = 1 / Float(size).squareRoot()
    let stride = 3 * width
    context.withUnsafeMutableBuffer { context in
      attention.withUnsafeBuffer { all in
        scores.withUnsafeMutableBufferPointer { scores in
          guard let base = all.baseAddress, let s = scores.baseAddress, let to = context.baseAddress else { return }
          var start = 0
          for ids in texts {
            let n = ids.count
            for head in 0..<heads {
              let q = base + start * stride + head * size
              Float.gemm(
                .no, .yes, m: n, n: n, k: size, alpha: scale, q, lda: stride, q + width, ldb: stride, beta: 0, s, ldc: n
              )
              for i in 0..<n { Self.softmax(s + i * n, n) }
              Float.gemm(
                .no, .no, m: n, n: size, k: n, alpha: 1, s, lda: n, q + 2 * width, ldb: stride, beta: 0,
                to + start * width + head * size, ldc: width)
            }
            start += n
          }
        }
      }
    }
  }

  private static func softmax(_ row: UnsafeMutablePointer<Float>, _ n: Int) {
    var largest = -Float.infinity
    for j in 0..<n { largest = max(largest, row[j]) }
    var sum: Float = 0
    for j in 0..<n {
      row[j] = expf(row[j] - largest)
      sum += row[j]
    }
    for j in 0..<n { row[j] /= sum }
  }

  /// x·Φ(x), with the error function itself.
  private static func activate(_ x: inout Matrix<Float>) {
    x.withUnsafeMutableBuffer { x in
      for i in x.indices { x[i] = 0.5 * x[i] * (1 + erff(x[i] * 0.70710678)) }
    }
  }

  private func normalise(_ x: inout Matrix<Float>, _ norm: Norm) {
    let (rows, width, epsilon) = (x.rows, x.columns, configuration.epsilon)
    x.withUnsafeMutableBuffer { x in
      for i in 0..<rows {
        let start = i &* width
        var (sum, squares) = (SIMD4<Float>.zero, SIMD4<Float>.zero)
        let whole = width & ~3
        for j in stride(from: 0, to: whole, by: 4) {
          sum += SIMD4(x[start &+ j], x[start &+ j &+ 1], x[start &+ j &+ 2], x[start &+ j &+ 3])
        }
        var total = sum.sum()
        for j in whole..<width { total += x[start &+ j] }
        let mean = total / Float(width)
        for j in stride(from: 0, to: whole, by: 4) {
          let d = SIMD4(x[start &+ j], x[start &+ j &+ 1], x[start &+ j &+ 2], x[start &+ j &+ 3]) - mean
          squares += d * d
        }
        var square = squares.sum()
        for j in whole..<width { square += (x[start &+ j] - mean) * (x[start &+ j] - mean) }
        let scale = 1 / (square / Float(width) + epsilon).squareRoot()
        for j in 0..<width { x[start &+ j] = (x[start &+ j] - mean) * scale * norm.scale[j] + norm.shift[j] }
      }
    }
  }
}
