import Foundation
import JSON
import TestSupport
import Testing

@testable import Text

@Suite struct WordPieceTests {
  /// The oracle's pieces with their ids. A vocabulary of these alone cuts the oracle's texts as the whole one does: each
  /// piece that the whole one takes is there, and no longer one is that the whole one does not have.
  private func oracle() throws -> (pieces: WordPiece, texts: [String], ids: [[Int32]]) {
    let json = try JSON.parse(SharedData.bytes("oracle/features/wordpiece.json"))
    let texts = try #require(JSON.parse(SharedData.bytes("oracle/features/texts.json"))["texts"]?.array)
    let ids = try #require(json["ids"]?.array).map { ($0.array ?? []).compactMap(\.int) }
    let tokens = try #require(json["tokens"]?.array).map { ($0.array ?? []).compactMap(\.string) }
    var known: [String: Int] = ["[UNK]": 100]
    for (ids, tokens) in zip(ids, tokens) { for (id, token) in zip(ids, tokens) { known[token] = id } }
    return (
      try WordPiece(pieces: known.sorted { $0.value < $1.value }.map { ($0.key, $0.value) }),
      texts.compactMap(\.string), ids.map { $0.map { Int32($0) } }
    )
  }

  @Test(.enabled(if: SharedData.isPresent, Comment(rawValue: SharedData.absence)))
  func idsAreTheOracles() throws {
    let (pieces, texts, ids) = try oracle()
    #expect(texts.count == ids.count)
    for (place, text) in texts.enumerated() {
      #expect(pieces.ids(of: text, limit: 256).ids == ids[place], "text \(place)")
    }
  }

  private let small = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "prob", "##ing", "a", "##b", "!", "."]

  @Test func longestPiecesComeFirstAndMarkersStayWhole() throws {
    let pieces = try WordPiece(vocabulary: small)
    #expect(pieces.pieces(of: "Probing ab!") == [5, 6, 7, 8, 9])
    #expect(pieces.pieces(of: "a [MASK] probx.") == [7, 4, 1, 10])
    #expect(pieces.pieces(of: String(repeating: "a", count: 101)) == [1])
    #expect(pieces.ids(of: "", limit: 256).ids == [2, 3])
    #expect(pieces.pieces(of: "\u{E1}\u{AD}\u{200B}b") == [7, 8])
  }

  @Test func textsAreCutWithTheirMarkers() throws {
    let pieces = try WordPiece(vocabulary: small)
    let (ids, isCut) = pieces.ids(of: "a a a a", limit: 4)
    #expect(ids == [2, 7, 7, 3] && isCut)
    #expect(!pieces.ids(of: "a a", limit: 4).isCut)
    #expect(pieces.windows(of: "a a a", limit: 4) == [[2, 7, 7, 3], [2, 7, 3]])
    #expect(pieces.windows(of: "", limit: 4) == [[2, 3]])
    #expect(throws: TextFault.self) { try WordPiece(vocabulary: ["a"]) }
  }
}
