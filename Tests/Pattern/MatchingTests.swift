import Testing

@testable import Pattern

/// Matches by backtracking as ECMA-262 describes it (22.2.2, with continuations): slow, and independent of automata.
private struct Backtracker {
  let text: [Unicode.Scalar]

  func firstMatch(_ tree: Node) -> Range<Int>? {
    for start in 0...text.count {
      if let end = match(tree, from: start, { $0 }) { return start..<end }
    }
    return nil
  }

  private func match(_ node: Node, from place: Int, _ next: (Int) -> Int?) -> Int? {
    switch node {
    case .empty: return next(place)
    case .set(let set):
      return place < text.count && set.contains(text[place].value) ? next(place + 1) : nil
    case .assertion(let assertion):
      return assertion.holds(between: neighbour(place - 1), and: neighbour(place)) ? next(place) : nil
    case .sequence(let parts): return match(parts[...], from: place, next)
    case .choice(let branches):
      for branch in branches {
        if let end = match(branch, from: place, next) { return end }
      }
      return nil
    case .repetition(let body, let bounds):
      return rounds(body, bounds, bounds.minimum, bounds.maximum, from: place, next)
    }
  }

  private func match(_ parts: ArraySlice<Node>, from place: Int, _ next: (Int) -> Int?) -> Int? {
    guard let part = parts.first else { return next(place) }
    return match(part, from: place) { match(parts.dropFirst(), from: $0, next) }
  }

  private func rounds(
    _ body: Node, _ bounds: Repetition, _ minimum: Int, _ maximum: Int?, from place: Int, _ next: (Int) -> Int?
  ) -> Int? {
    if maximum == 0 { return next(place) }
    func round() -> Int? {
      match(body, from: place) { end in
        if minimum == 0, end == place { return nil }
        return rounds(body, bounds, max(0, minimum - 1), maximum.map { $0 - 1 }, from: end, next)
      }
    }
    if minimum > 0 { return round() }
    return bounds.isLazy ? next(place) ?? round() : round() ?? next(place)
  }

  private func neighbour(_ index: Int) -> Neighbour {
    guard text.indices.contains(index) else { return .edge }
    if ScalarSet.lineEnds.contains(text[index].value) { return .lineEnd }
    return ScalarSet.wordCharacters.contains(text[index].value) ? .word : .other
  }
}

/// Random expressions over few characters, so that they often match.
private struct Expressions {
  var random: SystemRandomNumberGenerator = SystemRandomNumberGenerator()

  mutating func choice(_ depth: Int) -> Node {
    let count = Int.random(in: 1...3, using: &random)
    let branches = (0..<count).map { _ in sequence(depth) }
    return count == 1 ? branches[0] : .choice(branches)
  }

  private mutating func sequence(_ depth: Int) -> Node {
    let count = Int.random(in: 0...3, using: &random)
    return count == 0 ? .empty : .sequence((0..<count).map { _ in term(depth) })
  }

  private mutating func term(_ depth: Int) -> Node {
    let assertions: [Assertion] = [
      .textStart, .textEnd, .lineStart, .lineEnd, .wordBorder(ignoringCase: false), .noWordBorder(ignoringCase: false),
    ]
    switch Int.random(in: 0..<10, using: &random) {
    case 0: return .assertion(assertions.randomElement(using: &random) ?? .textStart)
    case 1...3 where depth > 0: return repeated(choice(depth - 1))
    case 4...5: return repeated(.set(ScalarSet([0x61...0x62, 0xE9...0xE9])))
    default: return .set(ScalarSet([0x61, 0x62, 0xE9, 0x0A].randomElement(using: &random) ?? 0x61))
    }
  }

  private mutating func repeated(_ body: Node) -> Node {
    if case .empty = body { return body }
    let minimum = Int.random(in: 0...2, using: &random)
    let maximum = Bool.random(using: &random) ? nil : minimum + Int.random(in: 1...2, using: &random)
    return .repetition(
      body, Repetition(minimum: minimum, maximum: maximum, isLazy: Bool.random(using: &random), column: 1))
  }
}

@Test func automataFindWhatBacktrackingFinds() throws {
  var expressions = Expressions()
  for _ in 0..<3_000 {
    let tree = expressions.choice(2)
    guard let pattern = try? Pattern(tree: tree) else { continue }
    for _ in 0..<4 {
      let count = Int.random(in: 0...6)
      let scalars = (0..<count).map { _ in ["a", "b", "é", "\n", " "].randomElement() ?? "a" as Unicode.Scalar }
      let text = String(String.UnicodeScalarView(scalars))
      let expected = Backtracker(text: scalars).firstMatch(tree).map { range in
        bytes(scalars[..<range.lowerBound])..<bytes(scalars[..<range.upperBound])
      }
      #expect(pattern.firstMatch(in: text) == expected, "\(tree) in \(text.debugDescription)")
      #expect(pattern.matches(in: text) == (expected != nil), "\(tree) in \(text.debugDescription)")
    }
  }
}

private func bytes(_ scalars: ArraySlice<Unicode.Scalar>) -> Int {
  scalars.reduce(0) { $0 + UTF8.width($1) }
}

@Test func searchGoesOnWhereItIsTold() throws {
  let pattern = try Pattern(#"\b[a-z]+\b"#)
  let text = "one, twö three"
  var found: [Range<Int>] = []
  var start = 0
  while let range = pattern.firstMatch(in: text, from: start) {
    found.append(range)
    start = range.upperBound
  }
  // Borders know ASCII alone, so "tw" ends before the ö.
  #expect(found == [0..<3, 5..<7, 10..<15])
  #expect(try Pattern("^t").firstMatch(in: text, from: 5) == nil)
  #expect(pattern.firstMatch(in: text, from: 16) == nil)
  #expect(pattern.firstMatch(in: text, from: -1) == nil)
}

@Test func brokenBytesStandForTheReplacementCharacter() throws {
  let bytes: [UInt8] = [
    0x61, 0xC3, 0x28, 0xE2, 0x82, 0xED, 0xA0, 0x80, 0xF0, 0x9F, 0x90, 0xB2, 0xF4, 0x90, 0x80, 0x80, 0xFF,
  ]
  let anything = try Pattern("^[^]*$")
  let replaced = try Pattern(#"\ufffd+"#)
  let dragon = try Pattern("🐲.*")
  bytes.withUnsafeBufferPointer {
    #expect(anything.firstMatch(in: $0) == 0..<17)
    #expect(replaced.firstMatch(in: $0) == 1..<2)
    #expect(replaced.firstMatch(in: $0, from: 2) == 3..<8)
    #expect(dragon.firstMatch(in: $0) == 8..<17)
  }
}

@Test func onePatternServesManyThreads() async throws {
  let pattern = try Pattern(#"(?i)\b(?:bert|gpt)-?\d+"#)
  let texts = (0..<200).map {
    "\($0) " + String(repeating: "transformer ", count: $0) + ($0 % 3 == 0 ? "GPT-4" : "gpt")
  }
  let found = await withTaskGroup(of: Int.self) { group in
    for _ in 0..<8 { group.addTask { texts.filter { pattern.matches(in: $0) }.count } }
    return await group.reduce(into: []) { $0.append($1) }
  }
  #expect(found == Array(repeating: 67, count: 8))
}
