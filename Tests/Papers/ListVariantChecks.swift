import Testing

@testable import Papers

/// Writes a list down in many ways and checks that the papers come back.
struct ListVariantChecks {
  private let papers: [ListedPaper]
  private let expected: [ListedPaper]

  init(_ papers: [ListedPaper], _ expected: [ListedPaper]) {
    self.papers = papers
    self.expected = expected
  }

  private func check(_ name: String, _ bytes: [UInt8], extra: Int = 0, lost: Int = 0) throws {
    let comparison = try Comparison(bytes, expected)
    #expect(comparison.lost.count <= lost, "\(name): \(comparison.lost)")
    #expect(comparison.extra <= extra + lost, "\(name)")
  }

  /// `lostWhenWrapped`: how many papers may be lost where the last lines of a title and of the abstract before it are
  /// full by chance, and no full stop or capital tells where a text ends.
  func checkAll(widths: [Int], lostWhenWrapped: Int = 0) throws {
    let plain = ListText(papers)
    try check("plain", plain.bytes())
    try check("CRLF", plain.bytes(end: "\r\n"))
    try check("carriage returns", plain.bytes(end: "\r"))
    try check("byte-order mark, no final line end", [0xEF, 0xBB, 0xBF] + plain.bytes(last: false))
    try check("trailing blanks", plain.changed { lines in for i in lines.indices { lines[i].text += " \t" } }.bytes())
    let spaced = plain.changed { lines in lines = lines.flatMap { [$0, ("", $0.paper)] } }
    try check("blank lines between all lines", spaced.bytes())
    let parted = plain.changed { lines in
      lines = lines.enumerated().flatMap { $0.offset % 2 == 1 ? [$0.element, ("", -1)] : [$0.element] }
    }
    try check("blank lines between papers", parted.bytes())
    try check("appended again", plain.changed { $0 += $0.prefix(6) }.bytes(), extra: 3)
    var random = TestRandom(11)
    for round in 0..<2 {
      try check("banners \(round)", withBanners(plain, &random).bytes())
    }
    for width in widths {
      for wrapping in ListText.Wrapping.allCases {
        let text = ListText(papers, wrappedAt: width, wrapping)
        try check("wrapped at \(width) \(wrapping)", text.bytes(), lost: lostWhenWrapped)
      }
      let blanked = ListText(papers, wrappedAt: width, .blanks, blanks: true)
      try check("wrapped at \(width), parted", blanked.bytes(end: "\r\n"), lost: lostWhenWrapped / 2)
      let filled = withBanners(blanked, &random)
      try check("wrapped at \(width), parted, banners", filled.bytes(), lost: lostWhenWrapped / 2)
    }
  }

  private func withBanners(_ text: ListText, _ random: inout TestRandom) -> ListText {
    text.changed { lines in
      for _ in 0..<8 {
        let banner = ListText.banners[Int(random.next() >> 33) % ListText.banners.count]
        lines.insert((banner, -1), at: Int(random.next() >> 33) % (lines.count + 1))
      }
    }
  }

  /// Takes out and doubles single lines: papers more than one away must come back.
  func checkLines(_ text: ListText, every step: Int) throws {
    for index in stride(from: 0, to: text.lines.count, by: step) {
      let paper = text.lines[index].paper
      let without = try Comparison(text.changed { $0.remove(at: index) }.bytes(), expected)
      #expect(without.lost(awayFrom: paper).isEmpty, "line \(index) of paper \(paper) removed")
      #expect(without.lost.count <= 2)
      let doubled = try Comparison(text.changed { $0.insert($0[index], at: index) }.bytes(), expected)
      #expect(doubled.lost(awayFrom: paper).isEmpty, "line \(index) of paper \(paper) doubled")
      #expect(doubled.lost.count <= 1)
    }
  }
}
