import Linear
import Testing

@testable import Text

@Suite struct HashedCountsTests {
  @Test func theColumnIsTheLowerBitsAndTheSignTheTopBitOfTheHash() throws {
    let counts = try HashedCounts([TextDocument(body: "probe probe vector")], options: .init(), bits: 20)
    for (word, count) in [("probe", 2.0), ("vector", 1)] {
      let hash = fnv1a64(word.utf8)
      #expect(counts.matrix[0, Int(hash & 0xF_FFFF)] == (hash >> 63 == 0 ? count : -count))
    }
    #expect(counts.matrix.nonZeros == 2 && counts.terms == 2)
  }

  @Test func partsOfAStreamHaveTheRowsOfTheWhole() throws {
    let texts = ["a linear probe", "erasing the concept", "", "graph graph networks"].map { TextDocument(body: $0) }
    let whole = try HashedCounts(texts, options: .init(ngram: 1...2), bits: 6)
    for cut in 0...texts.count {
      let first = try HashedCounts(Array(texts[..<cut]), options: .init(ngram: 1...2), bits: 6)
      let second = try HashedCounts(Array(texts[cut...]), options: .init(ngram: 1...2), bits: 6)
      #expect(Matrix.stack([first.matrix.dense(), second.matrix.dense()]) == whole.matrix.dense())
    }
  }

  @Test func theShareOfCollisionsIsAsExpected() throws {
    var numbers = RandomNumbers(seed: 1)
    let words = (0..<2000).map { _ in "w" + String(numbers.next() >> 16, radix: 36) }.joined(separator: " ")
    let counts = try HashedCounts([TextDocument(body: words)], options: .init(), bits: 12)
    #expect(counts.terms == 2000)
    // Three standard deviations of the share.
    #expect(abs(Double(counts.colliding) / 2000 - counts.expectedShare) < 0.04)
    #expect(abs(counts.expectedShare - 0.3862) < 0.001)
  }
}
