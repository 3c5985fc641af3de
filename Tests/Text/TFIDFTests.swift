import JSON
import Linear
import TestSupport
import Testing

@testable import Text

@Suite struct TFIDFTests {
  static let oracle: [(name: String, options: TFIDF.Options)] = {
    var base = TFIDF.Options.scikitLearn
    func with(_ change: (inout TFIDF.Options) -> Void) -> TFIDF.Options {
      var options = base
      change(&options)
      return options
    }
    return [
      ("tfidf_default", base),
      ("tfidf_sublinear", with { $0.sublinear = true }),
      ("tfidf_nosmooth_l1", with { ($0.idf, $0.norm) = (.plain, .l1) }),
      ("tfidf_nonorm_noidf", with { ($0.idf, $0.norm) = (.none, .none) }),
      ("tfidf_12_sublinear_l2", with { ($0.counting.ngram, $0.sublinear) = (1...2, true) }),
      ("tfidf_stop_mindf2", with { ($0.counting.stopWords, $0.minDf) = (.english, .count(2)) }),
    ]
  }()

  @Test(
    .enabled(if: SharedData.isPresent, Comment(rawValue: SharedData.absence)), arguments: TFIDFTests.oracle.indices)
  func weightsEqualScikitLearns(_ index: Int) throws {
    let (name, options) = TFIDFTests.oracle[index]
    let file = try Oracle.file(name)
    let fit = try TFIDF.fit(Oracle.texts().map { TextDocument(body: $0) }, options: options)
    #expect(Array(fit.model.vocabulary) == (try Oracle.strings(file, "vocabulary")))
    expectEqual(fit.matrix, try Oracle.matrix(file), relative: 1e-10)
    if options.idf != .none {
      let idf = try Oracle.numbers(file, "idf")
      #expect(idf.count == fit.model.idf.count)
      #expect(zip(idf, fit.model.idf).allSatisfy { abs($0 - $1) <= 1e-10 * $0 })
    }
  }

  @Test(
    .enabled(if: SharedData.isPresent, Comment(rawValue: SharedData.absence)),
    arguments: [("count_default", 1...1), ("count_12", 1...2)])
  func countsEqualScikitLearns(_ name: String, _ ngram: ClosedRange<Int>) throws {
    let file = try Oracle.file(name)
    var counter = try TermCounter(.init(ngram: ngram))
    counter.add(try Oracle.texts().map { TextDocument(body: $0) })
    let counts = try counter.counts()
    #expect(Array(counts.vocabulary) == (try Oracle.strings(file, "vocabulary")))
    #expect(counts.matrix == (try Oracle.matrix(file)))
  }

  @Test func emptyTextsAreZeroRowsAndReported() throws {
    let documents = ["deep nets", "", "?! a", "deep graphs"].map { TextDocument(body: $0) }
    let fit = try TFIDF.fit(documents, options: .scikitLearn)
    #expect(fit.emptyRows == [1, 2])
    #expect(fit.matrix.values.allSatisfy { $0.isFinite })
    #expect(try TFIDF.fit([], options: .scikitLearn).matrix.rows == 0)
    let none = try TFIDF.fit([TextDocument(body: "alone")])
    #expect(none.model.vocabulary.isEmpty && none.emptyRows == [0] && none.dropped.minDf == 1)
  }

  @Test func fittedTextsGetTheirOwnRowsBack() throws {
    let documents = randomDocuments(60)
    for idf in [TFIDF.InverseFrequency.smooth, .plain, .none] {
      let fit = try TFIDF.fit(
        documents, options: .init(counting: .init(ngram: 1...2, titleWeight: 3), idf: idf, norm: .l1))
      #expect(fit.model.apply(documents).matrix == fit.matrix)
    }
  }

  @Test func newTextsKeepTheColumnsAndTellWhatIsUnknown() throws {
    let fit = try TFIDF.fit(
      ["graph nets learn", "graph walks"].map { TextDocument(body: $0) },
      options: .init(minDf: .count(1), sublinear: false, norm: .none))
    let new = fit.model.apply(["Graph graph oceans walks", "oceans", ""].map { TextDocument(body: $0) })
    #expect(Array(fit.model.vocabulary) == ["graph", "learn", "nets", "walks"])
    #expect(new.unknown == [0.25, 1, 1])
    #expect(new.emptyRows == [1, 2])
    #expect(new.matrix[0, 0] == 2 && abs(new.matrix[0, 3] - (1 + ln(1.5))) < 1e-15)
  }

  @Test func rowsHaveUnitNorm() throws {
    for (norm, length) in [(TFIDF.Norm.l2, { (x: Double) in x * x }), (.l1, { abs($0) })] {
      let matrix = try TFIDF.fit(randomDocuments(40), options: .init(norm: norm)).matrix
      for i in 0..<matrix.rows {
        #expect(abs(matrix.withRow(i) { $1.reduce(0) { $0 + length($1) } } - 1) < 1e-14)
      }
    }
  }

  @Test func aTitleOfWeightThreeIsATitleThreeTimesInUnigrams() throws {
    let document = TextDocument(title: "Deep graphs", body: "graphs walk on deep water")
    let thrice = TextDocument(body: "Deep graphs. Deep graphs. Deep graphs. graphs walk on deep water")
    func counts(_ document: TextDocument, _ weight: Int) throws -> TermCounts {
      var counter = try TermCounter(.init(titleWeight: weight))
      counter.add(document)
      return try counter.counts()
    }
    #expect(try counts(document, 3) == counts(thrice, 1))
  }

  @Test func titleAndBodyAreOneTextForNGrams() throws {
    func vocabulary(_ document: TextDocument, _ weight: Int) throws -> TermCounts {
      var counter = try TermCounter(.init(ngram: 2...2, titleWeight: weight))
      counter.add(document)
      return try counter.counts()
    }
    let apart = try vocabulary(TextDocument(title: "deep graphs", body: "walk far"), 2)
    #expect(Array(apart.vocabulary) == ["deep graphs", "graphs walk", "walk far"])
    #expect(apart.matrix.values == [2, 1, 1], "only what lies in the title weighs more")
    #expect(
      try vocabulary(TextDocument(title: "deep graphs", body: "walk far"), 1)
        == vocabulary(TextDocument(body: "deep graphs walk far"), 1))
  }

  @Test func aModelSurvivesJSON() throws {
    let options = TFIDF.Options(
      counting: .init(tokenizer: .init(fold: .accents), ngram: 1...3, stopWords: .all([.english, .list(["via"])])),
      minDf: .fraction(0.02), maxDf: .count(40), maxFeatures: 90, idf: .plain, norm: .l1)
    let documents = randomDocuments(60)
    let model = try TFIDF.fit(documents, options: options).model
    let copy = try JSON.Decoder().decode(TFIDF.self, from: JSON.Encoder().encode(model))
    #expect(copy == model)
    #expect(copy.apply(documents).matrix == model.apply(documents).matrix)
  }

  @Test func partsOfAModelThatDoNotFitAreRefused() throws {
    let vocabulary = try Vocabulary(["ab", "cd"])
    #expect(throws: TextFault.self) { try Vocabulary(["ab", "cd", "ab"]) }
    for frequencies in [[1], [0, 1], [1, 4]] {
      #expect(throws: TextFault.self) {
        try TFIDF(options: .init(), vocabulary: vocabulary, documents: 3, documentFrequencies: frequencies)
      }
    }
    #expect(throws: TextFault.self) { try TFIDF.fit([], options: .init(counting: .init(ngram: 0...1))) }
    #expect(throws: TextFault.self) { try TFIDF.fit([], options: .init(counting: .init(titleWeight: 0))) }
    #expect(throws: TextFault.self) { try TFIDF.fit([], options: .init(minDf: .fraction(.nan))) }
    #expect(throws: TextFault.self) { try TFIDF.fit([], options: .init(maxFeatures: 0)) }
    #expect(throws: TextFault.self) {
      try TFIDF.fit([TextDocument(body: "one text")], options: .init(minDf: .count(2), maxDf: .count(1)))
    }
  }

  private func expectEqual(_ a: SparseMatrix, _ b: SparseMatrix, relative tolerance: Double) {
    #expect(a.rows == b.rows && a.columns == b.columns)
    #expect(a.rowPointers == b.rowPointers && a.columnIndices == b.columnIndices)
    #expect(zip(a.values, b.values).allSatisfy { abs($0 - $1) <= tolerance * abs($1) })
  }
}

/// Texts of random words, some of them with accents, that repeat often.
func randomDocuments(_ count: Int, seed: UInt64 = 7) -> [TextDocument] {
  var numbers = RandomNumbers(seed: seed)
  let syllables = ["ka", "to", "né", "RU", "mi", "sø", "der", "Lo"]
  func words(_ length: Int) -> String {
    (0..<length).map { _ in
      let first = Int(numbers.next() % 8)
      return syllables[first] + syllables[Int(numbers.next() % UInt64(first + 1))]
    }.joined(separator: numbers.next() % 4 == 0 ? ", " : " ")
  }
  return (0..<count).map { _ in
    TextDocument(title: words(Int(numbers.next() % 4)), body: words(5 + Int(numbers.next() % 40)))
  }
}
