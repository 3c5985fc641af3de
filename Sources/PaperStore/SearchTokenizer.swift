import GRDB
import GRDBSQLite

/// Folds the letters that Unicode does not take apart (`ł`, `ø`, `ß`), so that `Lodz` finds `Łódź`, and the other way
/// round.
///
/// Stands between SQLite's `unicode61`, which cuts texts into words of small letters without accents, and its stemmer:
/// `tokenize = 'porter quire'`. Texts and queries go through it alike.
final class SearchTokenizer: FTS5CustomTokenizer {
  static let name = "quire"

  private let words: any FTS5Tokenizer

  init(db: Database, arguments: [String]) throws {
    words = try db.makeTokenizer(.unicode61(diacritics: .remove))
  }

  /// Whom SQLite wants to be told of words.
  private struct Listener {
    let context: UnsafeMutableRawPointer?
    let take: FTS5TokenCallback
  }

  func tokenize(
    context: UnsafeMutableRawPointer?, tokenization: FTS5Tokenization, pText: UnsafePointer<CChar>?, nText: CInt,
    tokenCallback: @escaping FTS5TokenCallback
  ) -> CInt {
    let text = UnsafeBufferPointer(start: pText, count: Int(nText))
    guard text.contains(where: { $0 < 0 }) else {
      return words.tokenize(
        context: context, tokenization: tokenization, pText: pText, nText: nText, tokenCallback: tokenCallback)
    }
    var listener = Listener(context: context, take: tokenCallback)
    return withUnsafeMutablePointer(to: &listener) { listener in
      words.tokenize(context: listener, tokenization: tokenization, pText: pText, nText: nText) {
        (listener, flags, start, count, from, to) in
        guard let listener = listener?.assumingMemoryBound(to: Listener.self).pointee, let start else {
          return SQLITE_MISUSE
        }
        return SearchTokenizer.fold(UnsafeBufferPointer(start: start, count: Int(count))) { word in
          listener.take(listener.context, flags, word.baseAddress, CInt(word.count), from, to)
        }
      }
    }
  }

  /// Hands on the word with such letters replaced, which makes no word longer.
  private static func fold(
    _ word: UnsafeBufferPointer<CChar>, _ body: (UnsafeBufferPointer<CChar>) -> CInt
  ) -> CInt {
    guard word.contains(where: { $0 < 0 }) else { return body(word) }
    return withUnsafeTemporaryAllocation(of: CChar.self, capacity: word.count) { folded in
      var count = 0
      var index = 0
      while index < word.count {
        let next = index + 1 < word.count ? word[index + 1] : 0
        let plain = plain(UInt8(bitPattern: word[index]), UInt8(bitPattern: next))
        folded[count] = plain.0 ?? word[index]
        count += 1
        if let second = plain.1 {
          folded[count] = second
          count += 1
        }
        index += plain.0 == nil ? 1 : 2
      }
      return body(UnsafeBufferPointer(rebasing: folded[..<count]))
    }
  }

  /// One or two plain letters for the two bytes of a small letter that has no parts.
  private static func plain(_ first: UInt8, _ second: UInt8) -> (CChar?, CChar?) {
    func letters(_ first: Unicode.Scalar, _ second: Unicode.Scalar? = nil) -> (CChar?, CChar?) {
      (CChar(truncatingIfNeeded: first.value), second.map { CChar(truncatingIfNeeded: $0.value) })
    }
    switch (first, second) {
    case (0xC3, 0xB8): return letters("o")  // ø
    case (0xC5, 0x82): return letters("l")  // ł
    case (0xC4, 0x91), (0xC3, 0xB0): return letters("d")  // đ, ð
    case (0xC4, 0xA7): return letters("h")  // ħ
    case (0xC4, 0xB1): return letters("i")  // ı
    case (0xC5, 0xA7): return letters("t")  // ŧ
    case (0xC3, 0x9F): return letters("s", "s")  // ß
    case (0xC3, 0xA6): return letters("a", "e")  // æ
    case (0xC5, 0x93): return letters("o", "e")  // œ
    case (0xC3, 0xBE): return letters("t", "h")  // þ
    default: return (nil, nil)
    }
  }
}
