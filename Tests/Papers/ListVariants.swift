import Foundation

@testable import Papers

/// A paper as a list should give it back.
struct ExpectedPaper: Hashable {
  var title: String
  var abstract: String
}

/// A list of papers, and ways to write it down that a reader has to see through.
struct PaperList {
  var papers: [ExpectedPaper]
  static let banners = [
    "Get trending papers in your email inbox once a day!", "Get trending papers in your email inbox!", "Subscribe",
  ]

  /// One line a title, one line an abstract.
  var lines: [String] { papers.flatMap { [$0.title, $0.abstract] } }

  static func text(_ lines: [String], end: String = "\n", last: Bool = true) -> [UInt8] {
    Array((lines.joined(separator: end) + (last ? end : "")).utf8)
  }

  /// How a text is broken into lines.
  enum Wrapping: CaseIterable {
    /// At blanks, as `fold -s` and most editors do.
    case blanks
    /// At blanks and behind hyphens between letters, as Python's `textwrap` does.
    case hyphens
  }

  static func wrap(_ text: String, _ width: Int, _ wrapping: Wrapping = .blanks) -> [String] {
    var chunks: [(text: String, glued: Bool)] = []
    for word in text.split(separator: " ", omittingEmptySubsequences: false) {
      var rest = Array(word)
      var glued = false
      if wrapping == .hyphens {
        var start = 0
        var index = 2
        while index + 1 < rest.count {
          if rest[index] == "-", rest[index - 1].isLetter, rest[index - 2].isLetter, rest[index + 1].isLetter,
            index + 2 < rest.count, rest[index + 2].isLetter || rest[index + 2] == "-"
          {
            chunks.append((String(rest[start...index]), glued))
            start = index + 1
            glued = true
          }
          index += 1
        }
        rest = Array(rest[start...])
      }
      chunks.append((String(rest), glued))
    }
    var lines: [String] = []
    var line = ""
    for chunk in chunks {
      let next = line.isEmpty ? chunk.text : line + (chunk.glued ? "" : " ") + chunk.text
      if next.count > width, !line.isEmpty {
        lines.append(line)
        line = chunk.text
      } else {
        line = next
      }
    }
    lines.append(line)
    return lines
  }
}

/// What a reading gave, beside what it should have given.
struct Comparison {
  /// Positions of expected papers that no record gives back.
  var lost: [Int]
  /// Records that no expected paper stands for.
  var extra: Int
  var recordCount: Int

  init(_ bytes: [UInt8], _ expected: [ExpectedPaper]) throws {
    let document = try PaperFormat.read(bytes, as: .list)
    var found: [ExpectedPaper: Int] = [:]
    for record in document.records {
      found[ExpectedPaper(title: record.title?.plain ?? "", abstract: record.abstract?.plain ?? ""), default: 0] += 1
    }
    lost = []
    var matched = 0
    for (index, paper) in expected.enumerated() {
      if let count = found[paper], count > 0 {
        found[paper] = count - 1
        matched += 1
      } else {
        lost.append(index)
      }
    }
    recordCount = document.records.count
    extra = recordCount - matched
  }
}

/// xorshift: the tests' own numbers, the same everywhere.
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
