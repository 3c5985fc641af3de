import Foundation
import TestSupport
import Testing

@testable import Text

/// The list of papers that a newcomer runs first.
enum ExamplePapers {
  static func lines() throws -> [String] {
    let file = SharedData.packageRoot.appendingPathComponent("Examples/papers.txt")
    return try String(contentsOf: file, encoding: .utf8).components(separatedBy: "\n")
  }

  static func all() throws -> [TextDocument] {
    let lines = try lines().dropLast()
    return stride(from: 0, to: lines.count, by: 2).map { TextDocument(title: lines[$0], body: lines[$0 + 1]) }
  }
}

@Suite struct ExamplePapersTests {
  @Test func titlesAndSummariesAlternate() throws {
    let lines = try ExamplePapers.lines()
    #expect(lines.count == 193 && lines.last == "", "96 pairs and a final newline")
    let papers = try ExamplePapers.all()
    #expect(Set(papers.map(\.title)).count == 96)
    for paper in papers {
      #expect(paper.title.count < 130 && !paper.title.hasSuffix("."))
      #expect((60...110).contains(paper.body.split(separator: " ").count), Comment(rawValue: paper.title))
      #expect(paper.body.hasSuffix("."))
    }
  }

  @Test func fortyPercentSpeakOfLanguageModels() throws {
    let speaking = try ExamplePapers.all().count {
      "\($0.title) \($0.body)".lowercased().contains("language model")
    }
    #expect(speaking == 39)
  }
}
