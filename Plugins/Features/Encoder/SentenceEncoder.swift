import Linear

/// A BERT encoder (Devlin et al. 2019) that gives one vector a text: the mean over all its tokens.
///
/// There is no padding, and each product is of one text: how a library rounds depends on the rows beside a row, so a
/// vector of its own products is a function of its text alone. From about fifty tokens on they cost no more than
/// products over many texts at once.
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
    var result = Matrix<Float>.zeros(texts.count, width)
    var room = Room(configuration)
    for (row, ids) in texts.enumerated() {
      room.fit(ids.count)
      embed(ids, to: &room.x)
      for layer in layers { apply(layer, &room) }
      result.withMutableRow(row) { mean in
        room.x.withUnsafeBuffer { x in
          for place in ids.indices {
            for j in 0..<width { mean[j] += x[place &* width &+ j] }
          }
        }
        for j in 0..<width { mean[j] /= Float(ids.count) }
      }
    }
    return result
  }

  private func embed(_ ids: [Int32], to x: inout Matrix<Float>) {
    let width = configuration.width
    x.withUnsafeMutableBuffer { x in
      words.withUnsafeBuffer { words in
        positions.withUnsafeBuffer { positions in
          for (place, id) in ids.enumerated() {
            let (to, from) = (place &* width, Int(id) &* width)
            for j in 0..<width { x[to &+ j] = words[from &+ j] + (positions[to &+ j] + type[j]) }
          }
        }
      }
    }
    normalise(&x, norm)
  }

  /// What one layer after the other works in, tokens × so many columns each.
  private struct Room {
    let configuration: Configuration
    var x = Matrix<Float>.zeros(0, 0)
    var attention = Matrix<Float>.zeros(0, 0)
    var context = Matrix<Float>.zeros(0, 0)
    var inner = Matrix<Float>.zeros(0, 0)
    /// Tokens × tokens.
    var scores: [Float] = []

    init(_ configuration: Configuration) { self.configuration = configuration }

    mutating func fit(_ tokens: Int) {
      guard tokens != x.rows else { return }
      x = .zeros(tokens, configuration.width)
      attention = .zeros(tokens, 3 * configuration.width)
      context = .zeros(tokens, configuration.width)
      inner = .zeros(tokens, configuration.inner)
      scores = [Float](repeating: 0, count: tokens * tokens)
    }
  }

  private func apply(_ layer: Layer, _ room: inout Room) {
    room.attention.setToProduct(of: room.x, .no, layer.attention.weight, .yes)
    room.attention.withUnsafeMutableBuffer { Activations.addBias($0, layer.attention.bias) }
    attend(room.attention, to: &room.context, &room.scores)
    add(room.context, layer.output, layer.outputNorm, to: &room.x)
    room.inner.setToProduct(of: room.x, .no, layer.inner.weight, .yes)
    room.inner.withUnsafeMutableBuffer { Activations.addBiasAndActivate($0, layer.inner.bias) }
    add(room.inner, layer.outer, layer.outerNorm, to: &room.x)
  }

  /// X ← norm(X + C·Wᵀ + b).
  private func add(_ c: Matrix<Float>, _ dense: Dense, _ norm: Norm, to x: inout Matrix<Float>) {
    x.setToProduct(of: c, .no, dense.weight, .yes, alpha: 1, beta: 1)
    x.withUnsafeMutableBuffer { Activations.addBias($0, dense.bias) }
    normalise(&x, norm)
  }

  /// softmax(Q·Kᵀ/√d)·V, head by head.
  private func attend(_ attention: Matrix<Float>, to context: inout Matrix<Float>, _ scores: inout [Float]) {
    let (width, n) = (configuration.width, attention.rows)
    let size = width / configuration.heads
    let scale = 1 / Float(size).squareRoot()
    let stride = 3 * width
    context.withUnsafeMutableBuffer { context in
      attention.withUnsafeBuffer { attention in
        scores.withUnsafeMutableBufferPointer { scores in
          guard let base = attention.baseAddress, let s = scores.baseAddress, let to = context.baseAddress else {
            return
          }
          for head in 0..<configuration.heads {
            let q = base + head * size
            Float.gemm(
              .no, .yes, m: n, n: n, k: size, alpha: scale, q, lda: stride, q + width, ldb: stride, beta: 0, s, ldc: n)
            for i in 0..<n { Activations.softmax(s + i * n, n) }
            Float.gemm(
              .no, .no, m: n, n: size, k: n, alpha: 1, s, lda: n, q + 2 * width, ldb: stride, beta: 0,
              to + head * size, ldc: width)
          }
        }
      }
    }
  }

  private func normalise(_ x: inout Matrix<Float>, _ norm: Norm) {
    let epsilon = configuration.epsilon
    x.withUnsafeMutableBuffer { Activations.normalise($0, scale: norm.scale, shift: norm.shift, epsilon: epsilon) }
  }
}
