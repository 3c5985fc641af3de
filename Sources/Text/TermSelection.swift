import Linear

/// The terms of a counter that become columns.
struct TermSelection {
  let vocabulary: Vocabulary
  let documentFrequencies: [Int]
  let dropped: TermCounts.Dropped
  /// The column of each of the counter's terms, −1 for those that were dropped.
  let columns: [Int32]
}

extension TermCounter {
  func select(
    minimum: DocumentBound, maximum: DocumentBound, limit: Int?, binary: Bool
  ) throws(TextFault) -> TermSelection {
    try minimum.check("minDf")
    try maximum.check("maxDf")
    guard !minimum.contradicts(maximum) else {
      throw TextFault(
        "maxDf", "no term has \(minimum) texts or more and \(maximum) or fewer: lower minDf or raise maxDf")
    }
    if let limit, limit < 1 { throw TextFault("maxFeatures", "expected a whole number from 1, found \(limit)") }

    let (least, most) = (minimum.number(of: documents), maximum.number(of: documents))
    var dropped = TermCounts.Dropped()
    dropped.stop = distinctStopWords
    var kept: [Int] = []
    for term in 0..<terms.count {
      let documents = Double(terms[term].documents)
      if documents < least {
        dropped.minDf += 1
      } else if documents > most {
        dropped.maxDf += 1
      } else {
        kept.append(term)
      }
    }
    kept = table.sorted(kept)
    if let limit, limit < kept.count {
      dropped.maxFeatures = kept.count - limit
      kept = mostFrequent(limit, of: kept, binary: binary)
    }

    var columns = [Int32](repeating: -1, count: terms.count)
    var vocabulary = TermTable()
    for (column, term) in kept.enumerated() {
      columns[term] = Int32(column)
      _ = table.withBytes(of: term) { vocabulary.intern($0, TermHash.of($0)) }
    }
    return TermSelection(
      vocabulary: Vocabulary(vocabulary), documentFrequencies: kept.map { Int(terms[$0].documents) }, dropped: dropped,
      columns: columns)
  }

  private func mostFrequent(_ limit: Int, of kept: [Int], binary: Bool) -> [Int] {
    var totals = [Int](repeating: 0, count: terms.count)
    if binary {
      for term in kept { totals[term] = Int(terms[term].documents) }
    } else {
      for entry in 0..<entryTerms.count { totals[Int(entryTerms[entry])] += Int(entryCounts[entry]) }
    }
    let ranked = kept.indices.sorted { (totals[kept[$1]], $0) < (totals[kept[$0]], $1) }
    return ranked.prefix(limit).sorted().map { kept[$0] }
  }
}

extension TermTable {
  /// Terms in the order of their Unicode scalars, which is that of their bytes.
  func sorted(_ terms: [Int]) -> [Int] {
    // The first eight bytes as a number decide nearly always; no term has a zero byte that padding could be taken for.
    var keyed = terms.map { term in
      let head = withBytes(of: term) { bytes in
        (0..<8).reduce(UInt64(0)) { $0 << 8 | UInt64($1 < bytes.count ? bytes[$1] : 0) }
      }
      return (head: head, term: term)
    }
    keyed.sort { a, b in
      if a.head != b.head { return a.head < b.head }
      return withBytes(of: a.term) { left in
        withBytes(of: b.term) { right in left.lexicographicallyPrecedes(right) }
      }
    }
    return keyed.map(\.term)
  }
}
