import JSON
import PluginKit
import Text

extension TFIDFFeatures {
  enum Compatibility: String, Decodable, Sendable { case scikitLearn = "sklearn" }

  enum Addresses: String, Decodable, Sendable { case skip, keep }

  enum TeX: String, Decodable, Sendable { case strip, keep }

  /// One of the lists that come with Quire, or one's own words.
  enum StopWordChoice: Decodable, Sendable {
    case named(StopWords)
    case words([String])

    init(from decoder: any Decoder) throws {
      if let words = try? [String](from: decoder) {
        self = .words(words)
      } else {
        self = .named(try StopWords(from: decoder))
      }
    }

    var list: StopWords {
      switch self {
      case .named(let list): list
      case .words(let words): .list(words)
      }
    }
  }

  public struct Parameters: Decodable, Sendable {
    let papers: PapersReference
    let field: PaperField
    let ngram: [Int]
    let minDf: Double?
    let maxDf: Double
    let sublinear: Bool?
    let idf: TFIDF.InverseFrequency
    let norm: TFIDF.Norm
    let binary: Bool
    let stopWords: StopWordChoice?
    let token: String
    let titleWeight: Int
    let maxFeatures: Int?
    let fold: Tokenizer.Folding
    let addresses: Addresses?
    let tex: TeX?
    let compat: Compatibility?
    let fitOn: [String]?
    let train: RowsReference?
    let split: FileReference?

    var fitRows: FitRows { FitRows(fitOn: fitOn, train: train, split: split) }

    /// What the parameters ask for; those left open are ours, or scikit-learn's where that is asked for.
    func options() throws -> TFIDF.Options {
      guard ngram.count == 2, ngram[0] >= 1, ngram[0] <= ngram[1] else {
        throw MethodError.invalidParameter(
          pointer: "/ngram", expected: "the shortest and the longest n-gram, such as [1, 2]")
      }
      if compat == .scikitLearn, titleWeight != 1 {
        throw MethodError.invalidParameter(
          pointer: "/titleWeight", expected: "1, since scikit-learn has no such weight", hint: "leave out compat")
      }
      let ours = compat == nil
      return TFIDF.Options(
        counting: .init(
          tokenizer: Tokenizer(
            fold: fold, skipsAddresses: (addresses ?? (ours ? .skip : .keep)) == .skip,
            readsTeX: (tex ?? (ours ? .strip : .keep)) == .strip),
          ngram: ngram[0]...ngram[1],
          stopWords: stopWords?.list ?? (ours ? .english : .none), titleWeight: titleWeight),
        minDf: .minimum(try number(minDf ?? (ours ? 2 : 1), "/minDf", fractionBelow: 1)),
        maxDf: .maximum(try number(maxDf, "/maxDf", fractionBelow: 1.0.nextUp)), maxFeatures: maxFeatures,
        binary: binary, sublinear: sublinear ?? ours, idf: idf, norm: norm)
    }

    private func number(_ value: Double, _ pointer: String, fractionBelow limit: Double) throws -> Double {
      guard value < limit || value == value.rounded() else {
        throw MethodError.invalidParameter(
          pointer: pointer, expected: "a whole number of texts or a share of them up to 1, found \(value)")
      }
      return value
    }
  }
}
