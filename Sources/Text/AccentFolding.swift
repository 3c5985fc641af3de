// The standard library has no compatibility decomposition.
import Foundation

/// Removes accents as scikit-learn's `strip_accents="unicode"` does: lower case, NFKD, then no combining marks.
enum AccentFolding {
  /// The folded text in lower case, or nil where there is nothing to fold since all is ASCII.
  static func folded(_ text: String) -> String? {
    if text.utf8.allSatisfy({ $0 < 0x80 }) { return nil }
    var scalars = String.UnicodeScalarView()
    for scalar in lowercased(text).decomposedStringWithCompatibilityMapping.unicodeScalars
    where scalar.properties.canonicalCombiningClass == .notReordered {
      scalars.append(scalar)
    }
    return String(scalars)
  }

  /// The full lower case of a text, the sigma at the end of a word included.
  static func lowercased(_ text: String) -> String {
    var lower = String.UnicodeScalarView()
    Array(text.utf8).withUnsafeBufferPointer { bytes in
      var i = 0
      while i < bytes.count {
        let (scalar, length) = UTF8Text.scalar(at: i, in: bytes)
        if scalar == "\u{03A3}" {
          lower.append(WordCharacters.isFinalSigma(bytes, at: i) ? "\u{03C2}" : "\u{03C3}")
        } else {
          lower.append(contentsOf: scalar.properties.lowercaseMapping.unicodeScalars)
        }
        i += length
      }
    }
    return String(lower)
  }
}
