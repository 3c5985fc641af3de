import Testing

@testable import Pattern

/// An expression, a text, and the part of it that matches (`nil`: none does). The answers are those of ECMA-262 with
/// the flag `u`.
private let answers: [(String, String, String?)] = [
  // Characters and escapes
  ("abc", "xabcx", "abc"), ("", "x", ""), (#"\/\.\*"#, "a/.*b", "/.*"), (#"\x41\u0042\u{43}"#, "ABC", "ABC"),
  (#"\ud83d\udc32"#, "🐲", "🐲"), (#"^\ud83d"#, "🐲", nil), (#"\t\n\r\v\f\0"#, "\t\n\r\u{B}\u{C}\0", "\t\n\r\u{B}\u{C}\0"),
  (#"^\cC$"#, "\u{3}", "\u{3}"), (#"^\cc$"#, "\u{3}", "\u{3}"), ("^🐲*$", "🐲🐲", "🐲🐲"), ("^é$", "e\u{301}", nil),
  // Classes
  ("[a-c]+", "xxabcd", "abc"), ("[^a-c]+", "abxyc", "xy"), (#"[\]\-\\^]+"#, "a]-\\^", "]-\\^"), ("[-a]+", "b-a", "-a"),
  ("[a-]+", "b-a", "-a"), ("[]", "a", nil), ("[^]", "\n", "\n"), (#"[\b]"#, "\u{8}", "\u{8}"), ("[é-ü]", "ö", "ö"),
  (#"[\d\s]+"#, "a1 2b", "1 2"), (#"[^\W_]+"#, "__ab1_", "ab1"),
  // ASCII sets
  (#"\d"#, "߀", nil), (#"\w"#, "é", nil), (#"\W"#, "é", "é"), (#"\D+"#, "1é2", "é"),
  (#"^\s+$"#, "\u{FEFF} \u{2029}\u{A0}\u{2003}", "\u{FEFF} \u{2029}\u{A0}\u{2003}"),
  (#"\S"#, "\u{2013}", "\u{2013}"), (".", "\n\r\u{2028}\u{2029}", nil), (".+", "a\u{85}b\nc", "a\u{85}b"),
  // Properties
  (#"\p{L}+"#, "1πß2", "πß"), (#"^\p{Letter}+$"#, "Helloπ", "Helloπ"), (#"\p{Lu}"#, "aÉ", "É"),
  (#"\p{digit}+"#, "x৪২", "৪২"),
  (#"\P{L}+"#, "ab12", "12"), (#"\p{gc=Nd}"#, "a7", "7"), (#"\p{General_Category=Sm}"#, "1+1", "+"),
  (#"[\p{Lu}\p{Nd}]+"#, "aB1c", "B1"),
  (#"\p{Alphabetic}+"#, "1ǅ2", "ǅ"), (#"\p{White_Space}"#, "a\u{3000}", "\u{3000}"), (#"\p{ASCII}+"#, "éab", "ab"),
  // Anchors and borders
  ("^abc$", "abc\n", nil), ("^b", "a\nb", nil), ("(?m)^b$", "a\nb\nc", "b"), ("(?m)a$", "a\u{2028}", "a"),
  (#"\bb\w*"#, "ab bc", "bc"),
  (#"\Bb"#, "bab", "b"), (#"a\b"#, "aé", "a"), ("$", "ab", ""), ("^$", "", ""), ("a^b", "ab", nil),
  // Groups and alternatives
  ("(a|ab)(c|bcd)", "abcd", "abcd"), ("(?:a|ab)", "ab", "a"), ("(?<year>[0-9]{4})", "in 2016.", "2016"),
  ("a||b", "b", ""), ("(|a)+", "aa", "aa"),
  ("(?:|a)?", "a", "a"), ("(?:(?:|a)(?:|b))*", "ab", "ab"), ("(?:a?|b){0,3}?c", "abc", "abc"),
  // Quantifiers
  ("a{2}", "aaa", "aa"), ("a{2,}", "aaa", "aaa"), ("a{1,2}", "aaa", "aa"), ("a{0}b", "ab", "b"), ("a+?", "aaa", "a"),
  ("a*?b", "aab", "aab"),
  ("a??", "a", ""), ("a{1,3}?", "aaa", "a"), ("<.+?>", "<a><b>", "<a>"), ("<.+>", "<a><b>", "<a><b>"),
  ("(?:ab)*", "ababa", "abab"),
  // Flags
  ("(?i)straße", "STRAßE", "STRAßE"), ("(?i:É)a", "éa", "éa"), ("(?i:a)b", "AB", nil), ("(?i)[^a]", "A", nil),
  ("(?i)σ", "ς", "ς"),
  ("(?i)k", "\u{212A}", "\u{212A}"), ("(?i)i", "ı", nil), ("(?i)\\w", "ſ", "ſ"), ("(?i)\\u1fd3", "ΐ", "ΐ"),
  ("(?i)ß", "ẞ", "ẞ"), ("(?i)ß", "ss", nil),
  ("(?i)a(?-i:b)", "AB", nil), ("(?i)a(?-i:b)", "Ab", "Ab"), ("(?s).+", "a\nb", "a\nb"), ("(?is)A.b", "a\nB", "a\nB"),
  ("(?s:.)(.)", "\nab", "\na"),
]

@Test(arguments: answers)
func findsWhatTheStandardSays(expression: String, text: String, part: String?) throws {
  let pattern = try Pattern(expression)
  let found = pattern.firstMatch(in: text)
  #expect(found.map { String(decoding: Array(text.utf8)[$0], as: UTF8.self) } == part)
  #expect(pattern.matches(in: text) == (part != nil))
}

@Test(arguments: [
  ("a(", 2, Pattern.SyntaxError.Kind.malformed), ("a)", 2, .malformed), ("[a", 1, .malformed), ("*a", 1, .malformed),
  ("a**", 3, .malformed), ("a{2,1}", 2, .malformed), ("a{", 2, .malformed), ("a{2", 2, .malformed),
  ("}", 1, .malformed),
  ("]", 1, .malformed), ("ab\\", 3, .malformed), (#"\a"#, 1, .malformed), (#"é\Z"#, 2, .malformed),
  (#"\p{Foo}"#, 1, .malformed),
  (#"\pL"#, 1, .malformed), (#"\u{110000}"#, 1, .malformed), (#"\u{+41}"#, 1, .malformed), (#"\u12"#, 1, .malformed),
  (#"\x1"#, 1, .malformed), (#"\c1"#, 1, .malformed), (#"\01"#, 1, .malformed), ("[z-a]", 2, .malformed),
  (#"[\d-z]"#, 2, .malformed), ("(?x)a", 3, .malformed), ("a(?i)b", 2, .malformed), ("(?<>a)", 1, .malformed),
  ("^*", 2, .malformed),
  ("a(?=b)", 2, .unsupported), ("a(?!b)", 2, .unsupported), ("(?<=a)b", 1, .unsupported), ("(?<!a)b", 1, .unsupported),
  (#"(a)\1"#, 4, .unsupported), (#"(?<n>a)\k<n>"#, 8, .unsupported), ("(?>a)", 1, .unsupported),
  ("a++", 3, .unsupported),
  (#"\p{Script=Greek}"#, 1, .unsupported),
])
func refusesWithTheColumn(expression: String, column: Int, kind: Pattern.SyntaxError.Kind) {
  #expect {
    try Pattern(expression)
  } throws: { error in
    guard let error = error as? Pattern.SyntaxError else { return false }
    return error.column == column && error.kind == kind && !error.message.isEmpty
  }
}

@Test func refusalsSayWhatIsNotSupported() {
  #expect(throws: Pattern.SyntaxError.self) { try Pattern("(?=a)") }
  do throws(Pattern.SyntaxError) { _ = try Pattern("x(?=a)") } catch {
    #expect(error.description.hasPrefix("column 2: look-ahead is not supported"))
  }
}

@Test func caseCanBeIgnoredFromOutside() throws {
  #expect(try Pattern("bert", caseInsensitive: true).matches(in: "RoBERTa"))
  #expect(try !Pattern("(?-i:bert)", caseInsensitive: true).matches(in: "RoBERTa"))
}

@Test func generalCategoriesPartitionAllCodePoints() throws {
  let names = ["L", "M", "N", "P", "S", "Z", "C"]
  let sets = try names.map { try #require(UnicodeProperty.set(named: $0)) }
  #expect(sets.map(\.count).reduce(0, +) == 0x110000)
  #expect(ScalarSet(sets.flatMap(\.ranges)) == .all)
}
