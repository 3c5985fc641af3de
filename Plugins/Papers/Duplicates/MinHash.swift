/// Signatures by which similar texts are found without comparing all of them (A. Broder, On the resemblance and
/// containment of documents, 1997; bands after J. Leskovec, A. Rajaraman and J. Ullman, Mining of Massive Datasets,
/// section 3.4).
///
/// A text is the set of its word 3-grams. Two texts agree in one of the 128 minima with the probability of their
/// Jaccard similarity J, and in at least one of 32 bands of 4 with 1 − (1 − J⁴)³²: 0.9998 for J = 0.7, 0.23 for 0.3.
enum MinHash {
  static let bands = 32
  static let rows = 4

  /// The 3-grams of a text's words as sorted distinct hashes; a text of fewer words is one gram.
  static func shingles(_ text: String) -> [UInt64] {
    var words: [UInt64] = []
    var hash: UInt64 = 0
    var isInWord = false
    func end() {
      if isInWord { words.append(mixed(hash)) }
      (hash, isInWord) = (0, false)
    }
    for scalar in text.unicodeScalars {
      let isASCII = scalar.value < 0x80
      let isLetter =
        isASCII
        ? (0x30...0x39).contains(scalar.value) || (0x61...0x7A).contains(scalar.value | 0x20)
        : scalar.properties.isAlphabetic
      guard isLetter else {
        end()
        continue
      }
      let folded = isASCII ? UInt64(scalar.value | 0x20) : UInt64(scalar.value)
      hash = (hash ^ folded) &* 0x100_0000_01B3 &+ 1
      isInWord = true
    }
    end()
    guard words.count >= 3 else {
      return words.isEmpty ? [] : [words.reduce(0) { mixed($0 &+ $1) }]
    }
    var grams = (2..<words.count).map { mixed(mixed(words[$0 - 2] &+ words[$0 - 1] &* 3) &+ words[$0] &* 5) }
    grams.sort()
    var distinct = 0
    for gram in grams where distinct == 0 || grams[distinct - 1] != gram {
      grams[distinct] = gram
      distinct += 1
    }
    grams.removeSubrange(distinct...)
    return grams
  }

  /// A key for each band; texts that share one may be alike.
  static func bandKeys(_ shingles: [UInt64]) -> [UInt32] {
    var minima = [UInt32](repeating: .max, count: bands * rows)
    minima.withUnsafeMutableBufferPointer { minima in
      for shingle in shingles {
        for index in minima.indices {
          // Multiply-shift hashing: the upper half of a product with an odd number.
          let value = UInt32(truncatingIfNeeded: (shingle &* multipliers[index] &+ shingle >> 7) >> 32)
          if value < minima[index] { minima[index] = value }
        }
      }
    }
    return (0..<bands).map { band in
      let key = (0..<rows).reduce(UInt64(band)) { mixed($0 &+ UInt64(minima[band * rows + $1])) }
      return UInt32(truncatingIfNeeded: key >> 32)
    }
  }

  /// The share of 3-grams of either text that both have.
  static func similarity(_ left: [UInt64], _ right: [UInt64]) -> Double {
    var (i, j, common) = (0, 0, 0)
    while i < left.count, j < right.count {
      if left[i] == right[j] {
        (i, j, common) = (i + 1, j + 1, common + 1)
      } else if left[i] < right[j] {
        i += 1
      } else {
        j += 1
      }
    }
    let all = left.count + right.count - common
    return all == 0 ? 0 : Double(common) / Double(all)
  }

  /// Odd numbers of a fixed sequence, so that the same texts give the same pairs everywhere.
  private static let multipliers: [UInt64] = (0..<UInt64(bands * rows)).map { mixed($0 &+ 1) | 1 }

  /// The finaliser of SplitMix64 (G. Steele, D. Lea and C. Flood, 2014).
  private static func mixed(_ value: UInt64) -> UInt64 {
    var z = value &+ 0x9E37_79B9_7F4A_7C15
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
