internal import Glibc
import Linear

/// Latent Dirichlet allocation (Blei, Ng & Jordan 2003) by online variational Bayes (Hoffman, Blei & Bach 2010).
///
///     let fit = try LatentDirichlet(k: 8, seed: 1).fit(counts, workers: workers)
///     fit.shares  // texts × topics
///
/// Texts are taken in batches of 128 in an order that the seed draws, up to 2000 texts all at once; the sums of a batch
/// run in blocks of fixed size, so threads change no bit.
public struct LatentDirichlet: Sendable, Equatable {
  public var k: Int
  public var passes: Int
  public var batch: Int
  /// ρ = (τ₀ + t)^−κ.
  public var kappa: Double
  public var tau: Double
  public var seed: UInt64

  /// Collections up to so many texts are one batch.
  public static let mostAtOnce = 2000

  public init(k: Int, passes: Int, batch: Int = 128, kappa: Double = 0.7, tau: Double = 10, seed: UInt64 = 0) {
    self.k = k
    self.passes = passes
    self.batch = batch
    self.kappa = kappa
    self.tau = tau
    self.seed = seed
  }

  /// α and η.
  private var prior: Double { 1 / Double(k) }

  /// - Parameter counts: texts × terms, whole numbers from 0 on.
  /// - Throws: `StatisticsError` for a k below 1 or counts that are negative or not finite; what cancels the workers.
  public func fit(
    _ counts: SparseMatrix, workers: Workers = .serial, progress: Progress = { _, _, _ in }
  ) throws -> LatentDirichletFit {
    guard k >= 1 else { throw StatisticsError.parameter(name: "k", expected: "at least 1", found: "\(k)") }
    if let place = FactorOperand(counts).firstNotAllowed {
      throw StatisticsError.parameter(
        name: "the count at row \(place.row), column \(place.column)", expected: "finite and not negative",
        found: "another")
    }
    var numbers = RandomNumbers(seed: seed, step: "lda")
    var topics = Matrix<Double>.zeros(k, counts.columns)
    for topic in 0..<k {
      for term in 0..<counts.columns { topics[topic, term] = numbers.gamma(shape: 100) / 100 }
    }
    let isWhole = counts.rows <= Self.mostAtOnce
    var step = 0
    for pass in 0..<passes {
      progress(pass, passes, "LDA passes")
      let order = isWhole ? Array(0..<counts.rows) : numbers.permutation(counts.rows)
      let size = isWhole ? max(1, counts.rows) : batch
      for start in stride(from: 0, to: counts.rows, by: size) {
        let rows = counts.rows(at: Array(order[start..<min(counts.rows, start + size)]))
        let rate = isWhole ? 1 : pow(tau + Double(step), -kappa)
        let (_, sums) = try expect(rows, Self.exponentials(topics), workers)
        let scale = Double(counts.rows) / Double(max(1, rows.rows))
        topics.withUnsafeMutableBuffer { target in
          sums.withUnsafeBuffer { sums in
            for i in target.indices {
              target[i] = (1 - rate) * target[i] + rate * (prior + scale * sums[i])
            }
          }
        }
        step += 1
      }
    }
    let (gamma, _) = try expect(counts, Self.exponentials(topics), workers)
    return LatentDirichletFit(shares: Self.normalised(gamma), terms: Self.normalised(topics), topics: topics)
  }

  /// The mean log probability of a word in the scored half of texts that were not fitted, their shares estimated from
  /// the other half (document completion; Wallach et al. 2009).
  public func score(
    _ counts: SparseMatrix, with fit: LatentDirichletFit, workers: Workers = .serial
  ) throws -> (perWord: Double, words: Int) {
    var (first, second) = (counts.values, counts.values)
    for row in 0..<counts.rows {
      var odd = false
      for entry in counts.rowPointers[row]..<counts.rowPointers[row + 1] {
        let count = counts.values[entry]
        let half = (count / 2).rounded(.down)
        let rest = count - 2 * half
        first[entry] = half + (odd ? 0 : rest)
        second[entry] = half + (odd ? rest : 0)
        if rest > 0 { odd.toggle() }
      }
    }
    let (gamma, _) = try expect(counts.withValues(first), Self.exponentials(fit.topics), workers)
    let shares = Self.normalised(gamma)
    var (sums, words) = ([Double](), 0.0)
    for row in 0..<counts.rows {
      for entry in counts.rowPointers[row]..<counts.rowPointers[row + 1] where second[entry] > 0 {
        let term = Int(counts.columnIndices[entry])
        var chance = 0.0
        for topic in 0..<k { chance += shares[row, topic] * fit.terms[topic, term] }
        sums.append(second[entry] * log(chance))
        words += second[entry]
      }
    }
    return (words > 0 ? fixedSum(sums) / words : 0, Int(words))
  }

  /// exp E[ln β], terms × topics.
  private static func exponentials(_ topics: Matrix<Double>) -> Matrix<Double> {
    var result = Matrix<Double>.zeros(topics.columns, topics.rows)
    for topic in 0..<topics.rows {
      let row = topics.row(topic)
      let whole = digamma(fixedSum(row))
      for term in row.indices { result[term, topic] = exp(digamma(row[term]) - whole) }
    }
    return result
  }

  static func normalised(_ rows: Matrix<Double>) -> Matrix<Double> {
    var result = rows
    for row in 0..<rows.rows {
      result.withMutableRow(row) { row in
        let sum = row.reduce(0, +)
        for j in row.indices where sum > 0 { row[j] /= sum }
      }
    }
    return result
  }

  /// γ of each text, and Σ n·φ, topics × terms.
  private func expect(
    _ counts: SparseMatrix, _ beta: Matrix<Double>, _ workers: Workers
  ) throws -> (gamma: Matrix<Double>, sums: Matrix<Double>) {
    let (k, alpha) = (k, prior)
    struct Part: Sendable {
      var gamma: [Double]
      /// Term by term what came, so that a block needs no matrix of its own.
      var entries: [(term: Int32, topic: Int32, value: Double)]
    }
    let size = 64
    let blocks = (counts.rows + size - 1) / size
    var gamma = Matrix<Double>.zeros(counts.rows, k)
    var sums = Matrix<Double>.zeros(k, counts.columns)
    for first in stride(from: 0, to: blocks, by: 4 * workers.jobs) {
      let parts = try workers.map(min(4 * workers.jobs, blocks - first)) { place -> Part in
        let block = first + place
        var part = Part(gamma: [], entries: [])
        for row in block * size..<min(counts.rows, (block + 1) * size) {
          counts.withRow(row) { columns, values in
            let (found, phi) = Self.infer(columns, values, beta, k, alpha)
            part.gamma.append(contentsOf: found)
            for entry in columns.indices {
              for topic in 0..<k {
                part.entries.append((columns[entry], Int32(topic), phi[entry * k + topic]))
              }
            }
          }
        }
        return part
      }
      for (place, part) in parts.enumerated() {
        let start = (first + place) * size
        gamma.withUnsafeMutableBuffer { target in
          for i in part.gamma.indices { target[start * k + i] = part.gamma[i] }
        }
        let columns = counts.columns
        sums.withUnsafeMutableBuffer { target in
          for entry in part.entries { target[Int(entry.topic) * columns + Int(entry.term)] += entry.value }
        }
      }
    }
    return (gamma, sums)
  }

  /// The fixed point of γ for one text from γ = 1, and n·φ of its words.
  private static func infer(
    _ columns: UnsafeBufferPointer<Int32>, _ counts: UnsafeBufferPointer<Double>, _ beta: Matrix<Double>, _ k: Int,
    _ alpha: Double
  ) -> (gamma: [Double], phi: [Double]) {
    var gamma = [Double](repeating: 1, count: k)
    var theta = [Double](repeating: 0, count: k)
    var phi = [Double](repeating: 0, count: columns.count * k)
    beta.withUnsafeBuffer { beta in
      func weigh() {
        let whole = digamma(gamma.reduce(0, +))
        for topic in 0..<k { theta[topic] = exp(digamma(gamma[topic]) - whole) }
      }
      for _ in 0..<100 {
        weigh()
        var next = [Double](repeating: alpha, count: k)
        for entry in columns.indices {
          let start = Int(columns[entry]) &* k
          var norm = 1e-100
          for topic in 0..<k { norm += theta[topic] * beta[start &+ topic] }
          let weight = counts[entry] / norm
          for topic in 0..<k { next[topic] += weight * theta[topic] * beta[start &+ topic] }
        }
        var change = 0.0
        for topic in 0..<k { change += (next[topic] - gamma[topic]).magnitude }
        gamma = next
        if change / Double(k) < 1e-3 { break }
      }
      weigh()
      for entry in columns.indices {
        let start = Int(columns[entry]) &* k
        var norm = 1e-100
        for topic in 0..<k { norm += theta[topic] * beta[start &+ topic] }
        for topic in 0..<k { phi[entry &* k &+ topic] = counts[entry] * theta[topic] * beta[start &+ topic] / norm }
      }
    }
    return (gamma, phi)
  }
}

public struct LatentDirichletFit: Sendable {
  /// Texts × topics, rows of sum 1.
  public let shares: Matrix<Double>
  /// Topics × terms, rows of sum 1.
  public let terms: Matrix<Double>
  /// λ, topics × terms.
  let topics: Matrix<Double>
}
