import Testing

@testable import Pattern

/// Expressions on which backtracking takes exponential or quadratic time, and a text of the given length that shows it.
private let hostile: [(String, @Sendable (Int) -> String)] = [
  ("(a*)*b", { String(repeating: "a", count: $0) }),
  ("(a|aa)+$", { String(repeating: "a", count: $0) + "b" }),
  ("(a|a)*c", { String(repeating: "a", count: $0) }),
  ("(x+x+)+y", { String(repeating: "x", count: $0) }),
  ("(.*)(.*)(.*)(.*)(.*)=", { String(repeating: "é", count: $0) }),
  ("(?:a?){30}a{30}b", { String(repeating: "a", count: $0) }),
  (#"\b(\w+\s?)+!"#, { String(repeating: "word ", count: $0 / 5) }),
  // Each text makes new states without end: the set of live places is a window of the last twelve characters.
  ("[ab]*a[ab]{12}c", { length in String(decoding: noise(length).map { $0 % 2 + 0x61 }, as: UTF8.self) }),
]

private func noise(_ count: Int) -> [UInt8] {
  var state: UInt64 = 88_172_645_463_325_252
  return (0..<count).map { _ in
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return UInt8(truncatingIfNeeded: state >> 32)
  }
}

@Test(arguments: hostile.indices)
func workGrowsNoFasterThanTheText(index: Int) throws {
  let (expression, text) = hostile[index]
  let pattern = try Pattern(expression)
  let short = pattern.work(in: text(5_000))
  let long = pattern.work(in: text(50_000))
  #expect(long <= 10 * short + 1_000)
  #expect(!pattern.matches(in: text(50_000)))
}

@Test func workIsBoundedByProgramTimesText() throws {
  let pattern = try Pattern("(?:[ab]*a[ab]{200}c|b[ab]{150}d)")
  let length = 20_000
  let text = String(decoding: noise(length).map { $0 % 2 + 0x61 }, as: UTF8.self)
  // Fewer than 400 places, each visited once a character at the most; so many states that all are dropped many times.
  #expect(pattern.work(in: text) <= 400 * (length + 1))
}

@Test(arguments: [
  "a{20000}", "(a{1000}){1000}", "((a{100}){100}){100}", "(?:a?){1000000000}", "b|a{9999999999999999999}",
  #"(\p{L}{100}){101}"#, String(repeating: "(", count: 15) + "a*" + String(repeating: ")*", count: 15),
  "(?:(?:^){9999}){9999}",
])
func compiledSizeIsLimited(expression: String) {
  #expect {
    try Pattern(expression)
  } throws: { error in
    (error as? Pattern.SyntaxError)?.kind == .tooLarge
  }
}

@Test func whatDoesNothingCostsNothing() throws {
  let nested = String(repeating: "(", count: 150) + String(repeating: "){1000000000}", count: 150)
  #expect(try Pattern(nested + "a{0}").matches(in: ""))
}

@Test func deepNestingIsRefused() {
  let deep = String(repeating: "(", count: 100_000)
  #expect(throws: Pattern.SyntaxError.self) { try Pattern(deep) }
}

@Test func manyDistinctClassesCompile() throws {
  // 1,000 nested ranges: the worst case for telling characters apart.
  let classes = (0..<1_000).map { "[\\u{100}-\\u{\(String(0x101 + $0, radix: 16))}]" }
  let pattern = try Pattern(classes.joined(separator: "|"))
  #expect(pattern.matches(in: "\u{4E8}"))
  #expect(!pattern.matches(in: "\u{4E9}"))
}
