@testable import Papers

/// A paper as a list should give it back.
struct ListedPaper: Hashable {
  var title: String
  var abstract: String
}

/// A list of papers written down line by line; each line knows its paper.
struct ListText {
  var lines: [(text: String, paper: Int)]

  static let banners = [
    "Get trending papers in your email inbox once a day!", "Get trending papers in your email inbox!", "Subscribe",
  ]

  /// A title line and an abstract line in turn.
  init(_ papers: [ListedPaper]) {
    lines = papers.enumerated().flatMap { [($1.title, $0), ($1.abstract, $0)] }
  }

  /// The same, broken into lines of at most `width` characters; blank lines between papers on request.
  init(_ papers: [ListedPaper], wrappedAt width: Int, _ wrapping: Wrapping, blanks: Bool = false) {
    lines = papers.enumerated().flatMap { index, paper in
      let text = Self.wrap(paper.title, width, wrapping) + Self.wrap(paper.abstract, width, wrapping)
      return (blanks ? text + [""] : text).map { ($0, index) }
    }
  }

  func bytes(end: String = "\n", last: Bool = true) -> [UInt8] {
    Array((lines.map(\.text).joined(separator: end) + (last ? end : "")).utf8)
  }

  func changed(_ change: (inout [(text: String, paper: Int)]) -> Void) -> ListText {
    var result = self
    change(&result.lines)
    return result
  }

  // MARK: - Wrapping

  enum Wrapping: CaseIterable {
    /// At blanks, as most editors do.
    case blanks
    /// At blanks and behind hyphens between letters, as Python's `textwrap` does.
    case hyphens
  }

  /// Fills lines greedily.
  static func wrap(_ text: String, _ width: Int, _ wrapping: Wrapping) -> [String] {
    var lines: [String] = []
    var line = ""
    for chunk in chunks(text, wrapping) {
      let next = line.isEmpty ? chunk.text : line + (chunk.isGlued ? "" : " ") + chunk.text
      if next.count > width, !line.isEmpty {
        lines.append(line)
        line = chunk.text
      } else {
        line = next
      }
    }
    return lines + [line]
  }

  private static func chunks(_ text: String, _ wrapping: Wrapping) -> [(text: String, isGlued: Bool)] {
    var chunks: [(text: String, isGlued: Bool)] = []
    for word in text.split(separator: " ", omittingEmptySubsequences: false) {
      let letters = Array(word)
      var start = 0
      for index in letters.indices.dropFirst(2) where wrapping == .hyphens && letters[index] == "-" {
        guard letters[index - 1].isLetter, letters[index - 2].isLetter, index + 2 < letters.count,
          letters[index + 1].isLetter, letters[index + 2].isLetter
        else { continue }
        chunks.append((String(letters[start...index]), start > 0))
        start = index + 1
      }
      chunks.append((String(letters[start...]), start > 0))
    }
    return chunks
  }
}

/// What a reading gave, beside what it should have given.
struct Comparison {
  /// Positions of papers that no record gives back.
  private(set) var lost: [Int] = []
  /// How many records stand for no paper of the list.
  private(set) var extra = 0

  init(_ bytes: [UInt8], _ expected: [ListedPaper]) throws {
    let document = try PaperFormat.read(bytes)
    var found: [ListedPaper: Int] = [:]
    for record in document.records {
      found[ListedPaper(title: record.title?.plain ?? "", abstract: record.abstract?.plain ?? ""), default: 0] += 1
    }
    for (index, paper) in expected.enumerated() {
      if let count = found[paper], count > 0 { found[paper] = count - 1 } else { lost.append(index) }
    }
    extra = found.values.reduce(0, +)
  }

  /// Papers more than one away from `paper` that are not given back.
  func lost(awayFrom paper: Int) -> [Int] { lost.filter { abs($0 - paper) > 1 } }
}

/// The plain form of a text that stands alone.
func plainText(_ text: String) throws -> String {
  let source = try SourceText(Array(text.utf8))
  var flow = FlowedText()
  flow.append(source, 0..<source.bytes.count)
  var reading = FieldReading()
  return reading.read(flow)
}

/// xorshift*: the tests' own numbers, the same everywhere.
struct TestRandom: RandomNumberGenerator {
  private var state: UInt64

  init(_ seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

  mutating func next() -> UInt64 {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return state &* 0x2545_F491_4F6C_DD1D
  }
}
