import Linear

/// Class-based term weights: how much a term speaks for one group of texts against all of them (Grootendorst 2022,
/// equation 2).
public enum ClassTerms {
  /// The counts of the texts of each topic added up: topics × terms, from texts × terms.
  ///
  /// - Parameter topics: the topic of each text, from 0; a text of a negative topic is left out.
  public static func counts(
    of counts: SparseMatrix, topics: [Int], count: Int
  ) throws(TextFault) -> SparseMatrix {
    let members = try ClassTerms.members(topics, count: count, rows: counts.rows)
    var pointers = [0]
    var indices: [Int32] = []
    var values: [Double] = []
    var sums = [Double](repeating: 0, count: counts.columns)
    for topic in 0..<count {
      var touched: [Int32] = []
      for row in members[topic] {
        counts.withRow(row) { columns, counts in
          for k in 0..<columns.count where counts[k] != 0 {
            if sums[Int(columns[k])] == 0 { touched.append(columns[k]) }
            sums[Int(columns[k])] += counts[k]
          }
        }
      }
      touched.sort()
      for column in touched {
        indices.append(column)
        values.append(sums[Int(column)])
        sums[Int(column)] = 0
      }
      pointers.append(indices.count)
    }
    return SparseMatrix(
      rows: count, columns: counts.columns, rowPointers: pointers, columnIndices: indices, values: values)
  }

  /// The weights (count_tc / total_c) · ln(1 + A / f_t) with the pattern of the counts, topics × terms: total_c is the
  /// number of words of topic c, A its mean over the topics that have words, f_t the count of the term in all topics.
  ///
  /// - Parameter isWord: which columns are single words, where others hold longer n-grams; nil when all are.
  public static func weights(of counts: SparseMatrix, isWord: [Bool]? = nil) -> SparseMatrix {
    let (wordTotals, termTotals) = totals(of: counts, isWord: isWord)
    let mean = meanWords(wordTotals)
    var values = counts.values
    for topic in 0..<counts.rows {
      let start = counts.rowPointers[topic]
      counts.withRow(topic) { columns, counts in
        for k in 0..<columns.count {
          // A topic may have phrases without words when rare words were dropped.
          let total = max(wordTotals[topic], 1)
          values[start + k] = counts[k] / total * ln(1 + mean / termTotals[Int(columns[k])])
        }
      }
    }
    return counts.withValues(values)
  }

  /// The number of words of each topic, and the count of each term in all of them.
  static func totals(of counts: SparseMatrix, isWord: [Bool]?) -> (words: [Double], terms: [Double]) {
    var words = [Double](repeating: 0, count: counts.rows)
    var terms = [Double](repeating: 0, count: counts.columns)
    for topic in 0..<counts.rows {
      counts.withRow(topic) { columns, counts in
        for k in 0..<columns.count {
          terms[Int(columns[k])] += counts[k]
          if isWord?[Int(columns[k])] ?? true { words[topic] += counts[k] }
        }
      }
    }
    return (words, terms)
  }

  static func meanWords(_ totals: [Double]) -> Double {
    let filled = totals.count { $0 > 0 }
    return filled == 0 ? 0 : totals.reduce(0, +) / Double(filled)
  }

  /// The rows of each topic, ascending.
  static func members(_ topics: [Int], count: Int, rows: Int) throws(TextFault) -> [[Int]] {
    guard topics.count == rows else {
      throw TextFault("labels", "expected one for each of \(rows) texts, found \(topics.count)")
    }
    guard count >= 0 else { throw TextFault("topics", "expected a number of topics from 0, found \(count)") }
    var members = [[Int]](repeating: [], count: count)
    for (row, topic) in topics.enumerated() where topic >= 0 {
      guard topic < count else {
        throw TextFault("labels", "text \(row) has topic \(topic), but there are \(count), numbered from 0")
      }
      members[topic].append(row)
    }
    return members
  }
}
