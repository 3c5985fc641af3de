import Linear
import Testing

@testable import Text

@Suite struct TermCounterTests {
  /// The same counts by strings and dictionaries.
  private func plainCounts(_ documents: [TextDocument], _ options: TermCounter.Options) -> [[String: Int]] {
    let stop = Set(options.stopWords.words)
    return documents.map { document in
      let title = options.tokenizer.tokens(in: document.title).filter { !stop.contains($0) }
      let all = title + options.tokenizer.tokens(in: document.body).filter { !stop.contains($0) }
      var counts: [String: Int] = [:]
      for length in options.ngram where length <= all.count {
        for i in 0...(all.count - length) {
          let term = all[i..<i + length].joined(separator: " ")
          counts[term, default: 0] += i + length <= title.count ? options.titleWeight : 1
        }
      }
      return counts
    }
  }

  @Test(arguments: [1...1, 1...2, 2...4])
  func countsEqualThoseOfDictionaries(_ ngram: ClosedRange<Int>) throws {
    let documents = randomDocuments(80)
    let options = TermCounter.Options(ngram: ngram, stopWords: .list(["kaka", "toka", "neka"]), titleWeight: 2)
    let plain = plainCounts(documents, options)
    var counter = try TermCounter(options)
    counter.add(documents)
    #expect(counter.distinctStopWords == 2)
    for (least, most) in [(1, 80), (2, 40), (3, 20)] {
      var frequencies: [String: Int] = [:]
      for row in plain { for term in row.keys { frequencies[term, default: 0] += 1 } }
      let counts = try counter.counts(minimum: .count(least), maximum: .count(most))
      let kept = frequencies.filter { $0.value >= least && $0.value <= most }
      #expect(Array(counts.vocabulary) == Array(kept.keys).sortedByScalars())
      #expect(counts.documentFrequencies == counts.vocabulary.map { kept[$0] })
      #expect(counts.dropped.minDf == frequencies.values.count { $0 < least })
      #expect(counts.dropped.maxDf == frequencies.values.count { $0 > most })
      for (i, row) in plain.enumerated() {
        for (j, term) in counts.vocabulary.enumerated() { #expect(counts.matrix[i, j] == Double(row[term] ?? 0)) }
      }
    }
  }

  @Test(arguments: [0, 1, 13, 59, 60])
  func mergedPartsEqualTheWhole(_ cut: Int) throws {
    let documents = randomDocuments(60)
    let options = TermCounter.Options(ngram: 1...3, stopWords: .list(["kaka", "toto"]), titleWeight: 2)
    var whole = try TermCounter(options)
    whole.add(documents)
    var first = try TermCounter(options)
    var second = first
    first.add(documents[..<cut])
    second.add(documents[cut...])
    try first.merge(second)
    #expect(first == whole)
    #expect(try first.counts(minimum: .count(2)) == whole.counts(minimum: .count(2)))

    // Counting goes on after a merge.
    first.add(documents)
    whole.add(documents)
    #expect(first == whole)
  }

  @Test func mergingIsAssociative() throws {
    let parts = try (0..<3).map { part in
      var counter = try TermCounter(.init(ngram: 1...2))
      counter.add(randomDocuments(10, seed: UInt64(part)))
      return counter
    }
    var left = parts[0]
    try left.merge(parts[1])
    try left.merge(parts[2])
    var right = parts[1]
    try right.merge(parts[2])
    var all = parts[0]
    try all.merge(right)
    #expect(all == left)
  }

  @Test func countersOfOtherOptionsAreNotMerged() throws {
    var counter = try TermCounter(.init(ngram: 1...2))
    let other = try TermCounter(.init(ngram: 1...1))
    #expect(throws: TextFault.self) { try counter.merge(other) }
  }

  @Test func theVocabularyIsSortedByScalars() throws {
    var counter = try TermCounter()
    counter.add(TextDocument(body: "zz ab abcdefghz abcdefgh abcdefghb éa 𝒳𝒳 ｚｚ ab_ Ab0 abcdefghab"))
    let vocabulary = Array(try counter.counts().vocabulary)
    #expect(
      vocabulary
        == ["ab", "ab0", "ab_", "abcdefgh", "abcdefghab", "abcdefghb", "abcdefghz", "zz", "éa", "ｚｚ", "𝒳𝒳"])
  }

  @Test func theMostFrequentTermsAreKeptAndTiesGoToTheFirst() throws {
    var counter = try TermCounter()
    for body in ["bb bb bb bb", "aa cc", "aa cc dd", "dd ee"] { counter.add(TextDocument(body: body)) }
    let counts = try counter.counts(limit: 3)
    #expect(Array(counts.vocabulary) == ["aa", "bb", "cc"])
    #expect(counts.dropped.maxFeatures == 2)
    #expect(Array(try counter.counts(limit: 2, binary: true).vocabulary) == ["aa", "cc"])
    #expect(try counter.counts(binary: true).matrix.values.allSatisfy { $0 == 1 })
  }

  @Test func boundsOfTextsAreNumbersOrShares() throws {
    #expect(DocumentBound.minimum(2) == .count(2) && DocumentBound.minimum(0.1) == .fraction(0.1))
    #expect(DocumentBound.minimum(1) == .count(1) && DocumentBound.maximum(1) == .fraction(1))
    #expect(DocumentBound.maximum(30) == .count(30))
    var counter = try TermCounter()
    for body in ["aa bb cc", "aa bb", "aa", "aa"] { counter.add(TextDocument(body: body)) }
    #expect(Array(try counter.counts(minimum: .fraction(0.5)).vocabulary) == ["aa", "bb"])
    #expect(Array(try counter.counts(maximum: .fraction(0.5)).vocabulary) == ["bb", "cc"])
  }

  @Test func theMedianOfDistinctTermsIsThatOfTheTexts() throws {
    var counter = try TermCounter()
    #expect(counter.medianDistinctTerms == 0)
    for body in ["aa aa", "aa bb cc", "", "aa bb cc dd"] { counter.add(TextDocument(body: body)) }
    #expect(counter.medianDistinctTerms == 2)
  }
}

@Suite struct RowSorterTests {
  @Test(arguments: [1, 2, 200, 50_000, 3_000_000])
  func rowsOfAnyWidthAreSortedByColumn(_ columns: Int) {
    var numbers = RandomNumbers(seed: 3)
    var sorter = RowSorter(columns: columns)
    for length in [0, 1, 2, 31, 32, 33, 500] {
      var seen: Set<UInt64> = []
      var row: [UInt64] = []
      for _ in 0..<length {
        let column = numbers.next() % UInt64(columns)
        if seen.insert(column).inserted { row.append(column << 32 | numbers.next() % 9 + 1) }
      }
      let sorted = row.sorted()
      sorter.sort(&row)
      #expect(row == sorted)
    }
  }
}
