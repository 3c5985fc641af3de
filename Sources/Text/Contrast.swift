import Linear

/// What tells one topic from the one next to it.
public struct Contrast: Sendable, Hashable, Codable {
  public struct Term: Sendable, Hashable, Codable {
    public let term: String
    /// The difference of the log-odds over its standard deviation; it orders the terms. The topics were made from these
    /// very words, so it is no test of anything.
    public let score: Double
  }

  /// The topic whose term weights have the largest cosine with this one's; the first among equals.
  public let topic: Int
  public let terms: [Term]
}

extension ClassTerms {
  /// The topic nearest to each one by the cosine of their weights; nil where no other has a term in common with it.
  public static func nearest(_ weights: SparseMatrix) -> [Int?] {
    let norms = (0..<weights.rows).map { topic in
      weights.withRow(topic) { $1.reduce(0) { $0 + $1 * $1 }.squareRoot() }
    }
    var row = [Double](repeating: 0, count: weights.columns)
    return (0..<weights.rows).map { topic in
      weights.withRow(topic) { columns, values in
        for k in 0..<columns.count { row[Int(columns[k])] = values[k] }
      }
      defer { weights.withRow(topic) { columns, _ in for column in columns { row[Int(column)] = 0 } } }
      var best: (topic: Int, cosine: Double)?
      for other in 0..<weights.rows where other != topic && norms[topic] > 0 && norms[other] > 0 {
        let product = weights.withRow(other) { columns, values in
          (0..<columns.count).reduce(0) { $0 + values[$1] * row[Int(columns[$1])] }
        }
        let cosine = product / (norms[topic] * norms[other])
        if cosine > best?.cosine ?? 0 { best = (other, cosine) }
      }
      return best?.topic
    }
  }

  /// The columns that are more frequent in topic `a` than in `b`, by the log-odds ratio with an informative Dirichlet
  /// prior over its standard deviation (Monroe, Colaresi & Quinn 2008, equations 15 to 22). The prior has the shares of
  /// the terms in all topics and the weight of one topic of mean length.
  ///
  /// - Parameter counts: topics × words, without longer n-grams.
  static func contrast(
    _ a: Int, _ b: Int, counts: SparseMatrix, wordTotals: [Double], termTotals: [Double]
  ) -> [(column: Int, score: Double)] {
    let all = wordTotals.reduce(0, +)
    let priorWeight = meanWords(wordTotals)
    var others: [Int: Double] = [:]
    counts.withRow(b) { columns, values in
      for k in 0..<columns.count { others[Int(columns[k])] = values[k] }
    }
    let result = counts.withRow(a) { columns, values in
      (0..<columns.count).map { k in
        let column = Int(columns[k])
        let prior = priorWeight * termTotals[column] / all
        let (ours, theirs) = (values[k] + prior, (others[column] ?? 0) + prior)
        let odds =
          ln(ours / (wordTotals[a] + priorWeight - ours)) - ln(theirs / (wordTotals[b] + priorWeight - theirs))
        return (column: column, score: odds / (1 / ours + 1 / theirs).squareRoot())
      }
    }
    // The columns ascend, so that the sort, which is stable, leaves ties in their order.
    return result.filter { $0.score > 0 && $0.score.isFinite }.sorted { $0.score > $1.score }
  }
}
