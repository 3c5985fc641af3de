import JSON
import Linear
import PluginKit
import Text

/// Papers as signed term counts in columns that hashes choose.
public struct HashFeatures: Method {
  public static let name = "features.hash"

  public struct Parameters: Decodable, Sendable {
    let papers: PapersReference
    let field: PaperField
    let bits: Int
    let ngram: [Int]
    let stopWords: TFIDFFeatures.StopWordChoice
    let titleWeight: Int
    let fold: Tokenizer.Folding
    let addresses: TFIDFFeatures.Addresses
    let tex: TFIDFFeatures.TeX
    let norm: TFIDF.Norm
  }

  public struct Output: Encodable, Sendable {
    let matrix: ArtifactReference
    let rows: Int
    let columns: Int
    let nnz: Int
    let terms: Int
    let collidingShare: Double
    let expectedShare: Double
    let emptyRows: [String]
    let warnings: [Warning]
  }

  public init() {}

  public func run(_ parameters: Parameters, _ context: Context) throws -> Output {
    guard parameters.ngram.count == 2, parameters.ngram[0] >= 1, parameters.ngram[0] <= parameters.ngram[1] else {
      throw MethodError.invalidParameter(
        pointer: "/ngram", expected: "the shortest and the longest n-gram, such as [1, 2]")
    }
    let papers = try context.papers(parameters.papers)
    try papers.checkIDs(parameters.papers)
    guard papers.count > 0 else {
      throw MethodError.data(
        .tooFewSamples, pointer: parameters.papers.pointer, message: "the paper set is empty",
        hint: "select at least one paper")
    }
    let options = TermCounter.Options(
      tokenizer: Tokenizer(
        fold: parameters.fold, skipsAddresses: parameters.addresses == .skip, readsTeX: parameters.tex == .strip),
      ngram: parameters.ngram[0]...parameters.ngram[1], stopWords: parameters.stopWords.list,
      titleWeight: parameters.titleWeight)
    context.progress(0, of: 1, "hashing terms")
    let counts = try TermCounting.checked {
      try HashedCounts(
        papers.documents(parameters.field), options: options, bits: parameters.bits, check: context.checkCancellation)
    }
    let matrix = counts.matrix.normalised(parameters.norm)
    let share = counts.terms > 0 ? Double(counts.colliding) / Double(counts.terms) : 0
    let emptyRows = (0..<matrix.rows).filter { matrix.rowPointers[$0] == matrix.rowPointers[$0 + 1] }
      .map { papers.papers[$0].id }
    var warnings = TextWarnings.about(papers, papers.documents(parameters.field), parameters.field)
    if !emptyRows.isEmpty {
      warnings.append(
        Warning(
          "empty-rows", "\(emptyRows.count.counted("paper has", "papers have")) a row of zeros: \(emptyRows.listed())"))
    }
    if share > 0.1 {
      warnings.append(
        Warning(
          "collisions",
          "\((100 * share).shortText) % of the terms share their column with another one: raise bits"))
    }
    for warning in warnings { context.warn(warning.code, warning.message) }
    context.display(
      "Hashed terms",
      .table(
        .init(
          columns: ["papers", "terms", "columns", "share of colliding terms", "expected"],
          rows: [
            [.init(matrix.rows), .init(counts.terms), .init(matrix.columns), .init(share), .init(counts.expectedShare)]
          ]
        )))
    return Output(
      matrix: try context.save(matrix, "matrix", rowIDs: papers.ids), rows: matrix.rows, columns: matrix.columns,
      nnz: matrix.nonZeros, terms: counts.terms, collidingShare: share, expectedShare: counts.expectedShare,
      emptyRows: emptyRows, warnings: warnings)
  }
}

extension SparseMatrix {
  fileprivate func normalised(_ norm: TFIDF.Norm) -> SparseMatrix {
    guard norm != .none else { return self }
    var values = values
    for row in 0..<rows {
      let range = rowPointers[row]..<rowPointers[row + 1]
      let length =
        norm == .l1
        ? values[range].reduce(0) { $0 + $1.magnitude } : values[range].reduce(0) { $0 + $1 * $1 }.squareRoot()
      for entry in range where length > 0 { values[entry] /= length }
    }
    return withValues(values)
  }
}
