import Linear
import PluginKit
import Text

/// A model of term weights and the weights of all texts, those it was not fitted on among them.
struct TermWeights {
  let model: TFIDF
  /// Texts × terms.
  let matrix: SparseMatrix
  let dropped: TermCounts.Dropped
  /// The median number of different words of the texts it was fitted on, before any was dropped.
  let medianWords: Double
  private let fitted: Int

  init(_ documents: [TextDocument], fittedOn rows: [Int], _ options: TFIDF.Options, _ context: Context) throws {
    let fitsAll = rows.count == documents.count
    let texts = fitsAll ? documents : rows.map { documents[$0] }
    let counter = try TermCounting.counter(of: texts, options.counting, context)
    if options.counting.ngram == 1...1 {
      medianWords = counter.medianDistinctTerms
    } else {
      var words = options.counting
      words.ngram = 1...1
      medianWords = try TermCounting.counter(of: texts, words, context).medianDistinctTerms
    }
    fitted = rows.count
    let fit = try TermCounting.checked { () throws(TextFault) in try TFIDF.fit(counter, options: options) }
    model = fit.model
    dropped = fit.dropped
    matrix = fitsAll ? fit.matrix : try TermCounting.weights(of: documents, fit.model, context)
  }

  var emptyRows: [Int] { (0..<matrix.rows).filter { matrix.rowPointers[$0] == matrix.rowPointers[$0 + 1] } }

  /// Refuses a matrix without columns, which is of no use to any other method.
  func checkTerms() throws {
    guard model.vocabulary.isEmpty else { return }
    let found = dropped.minDf + dropped.maxDf
    guard found > 0 else {
      throw MethodError.data(
        .degenerate, pointer: "/papers", message: "the texts have no words beside \(dropped.stop) stop words",
        hint: "look at field and stopWords")
    }
    throw MethodError.data(
      .degenerate, pointer: "/minDf",
      message: "no term is left: of \(found) different terms in \(fitted) texts minDf dropped \(dropped.minDf) "
        + "and maxDf \(dropped.maxDf)",
      hint: fitted < 3 ? "with so few texts set minDf to 1" : "lower minDf or raise maxDf")
  }

  func warnings(emptyRows: [String], stopWords counting: TermCounter.Options) -> [Warning] {
    var warnings: [Warning] = []
    if !emptyRows.isEmpty {
      warnings.append(
        Warning(
          "empty-rows",
          "\(emptyRows.count.counted("paper has", "papers have")) none of the terms and a row of zeros: "
            + emptyRows.listed()))
    }
    if medianWords < 15 {
      warnings.append(
        Warning(
          "short",
          "half of the texts have \(medianWords.shortText) different words or fewer: clustering by text alone is poor "
            + "on short texts"))
    }
    let unmatchable = counting.stopWords.unmatchable(by: counting.tokenizer)
    if !unmatchable.isEmpty {
      warnings.append(
        Warning("stop-words", "no single token, so never left out: \(unmatchable.listed())"))
    }
    return warnings
  }
}

/// What the texts themselves give reason to say.
enum TextWarnings {
  static func about(_ papers: PaperSet, _ documents: [TextDocument], _ field: PaperField) -> [Warning] {
    var warnings: [Warning] = []
    let without = papers.papers.count { ($0.abstract ?? "").isEmpty }
    if field != .title, without > 0 {
      warnings.append(
        Warning(
          "no-abstract",
          "\(without.counted("paper has", "papers have")) no abstract"
            + (field == .titleAndAbstract ? ": only the title is read" : " and therefore no text")))
    }
    var seen: Set<TextDocument> = []
    let repeated = documents.indices.filter { index in
      let text = documents[index]
      return !(text.title.isEmpty && text.body.isEmpty) && !seen.insert(text).inserted
    }
    if !repeated.isEmpty {
      warnings.append(
        Warning(
          "near-duplicates",
          "\(repeated.count.counted("paper has", "papers have")) the very text of another one: "
            + repeated.map { papers.papers[$0].id }.listed()))
    }
    return warnings
  }
}
