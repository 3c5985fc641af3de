import Testing

@testable import Papers

struct FieldTests {
  private func read(_ text: String) throws -> (plain: String, reading: FieldReading) {
    let source = try SourceText(Array(text.utf8))
    var flow = FlowedText()
    flow.append(source, 0..<source.bytes.count)
    var reading = FieldReading()
    return (reading.read(flow), reading)
  }

  private func codes(_ text: String) throws -> [ParseWarning.Code] { try read(text).reading.warnings.map(\.code) }

  // MARK: - Links

  @Test(arguments: [
    ("Code: https://github.com/a/b.", "https://github.com/a/b", "code"),
    ("see (https://github.com/a/b), and", "https://github.com/a/b", "code"),
    ("Code at github.com/a/b", "https://github.com/a/b", "code"),
    ("at HTTPS://GitHub.com/A/b.git;", "https://github.com/A/b.git", "code"),
    ("Project page: https://a.github.io/b/.", "https://a.github.io/b/", "project"),
    ("on our project website http://www.example.edu/~x_y/z.html", "http://www.example.edu/~x_y/z.html", "project"),
    ("The dataset is at https://example.org/d?x=1#y", "https://example.org/d?x=1#y", "data"),
    ("https://huggingface.co/datasets/a/b", "https://huggingface.co/datasets/a/b", "data"),
    ("weights: https://zenodo.org/record/1", "https://zenodo.org/record/1", "data"),
    ("https://openreview.net/forum?id=x", "https://openreview.net/forum?id=x", "paper"),
    ("see https://en.wikipedia.org/wiki/Foo_(bar) too", "https://en.wikipedia.org/wiki/Foo_(bar)", "other"),
    ("Our implementation: www.example.com/tool", "https://www.example.com/tool", "code"),
  ])
  func addressesBecomeLinks(text: String, url: String, kind: String) throws {
    let links = try read(text).reading.links
    #expect(links.map(\.url) == [url])
    #expect(links.first?.kind.rawValue == kind)
  }

  @Test func aDoubledAddressIsOneLink() throws {
    let text = "Code is at https://github.com/a/b}{https://github.com/a/b."
    let reading = try read(text).reading
    #expect(reading.links.map(\.url) == ["https://github.com/a/b"])
    #expect(reading.warnings.map(\.code) == [.doubledLink])
    #expect(try read("https://a.github.io/{https://a.github.io/}.").reading.links.count == 1)
    #expect(try read("https://github.com/a/b}{https://github.com/a/c").reading.links.count == 2)
  }

  @Test func promisesAreReadFromTheSentence() throws {
    for text in [
      "Code will be released.", "The code and data will be made publicly available upon acceptance.",
      "We will open-source our implementation.", "Source code to be released soon.",
    ] {
      let reading = try read(text).reading
      #expect(reading.promises.count == 1, "\(text)")
      #expect(reading.links.isEmpty)
      #expect(reading.warnings.map(\.code) == [.promisedLink])
    }
    for text in [
      "Our method will be published as a chapter.", "We release the code.",
      "The publicly available code of Smith is used.",
      "This will make code generation models faster.",
    ] {
      #expect(try read(text).reading.promises.isEmpty, "\(text)")
    }
    let link = try #require(try read("The code will be available at https://github.com/a/b.").reading.links.first)
    #expect(link.status == .promised)
  }

  /// Every code has an input that draws it and nothing else.
  @Test(arguments: [
    ("a \u{1} b", ParseWarning.Code.control), ("sample size N . This", .straySpace), ("the GeM- AP score", .straySpace),
    ("receptive fields.To address", .missingSpace), ("datasets (i.e.,2.0% more)", .missingSpace),
    ("lost \u{FFFD} text", .replacement),
    (#"uses \overfeat features"#, .latexCommand), ("it is {\\it slanted} text", .latexCommand),
    ("a gain of 3\\% on", .latexCommand),
    ("so-called ``quoted words'' here", .latexCommand), ("for $k$ nearest", .latexMath),
    ("the $x_1 + y$ sum", .latexMath),
    ("based on ell_1 terms", .latexBare), ("with N^{E} demonstrations", .latexBare), ("in R^n", .latexBare),
    ("an n times d matrix", .latexBare), ("1times 60 steps", .latexBare), ("a textit slanted word", .latexBare),
    ("maps u mapsto y", .latexBare), ("at 2klongrightarrow 128k", .latexBare), ("steps (sim 0.1% of it)", .latexBare),
    ("points x_1,dots,x_n", .latexBare), ("code at https://github.com/a/b].", .trailingPunctuation),
    ("code at https://github.com/a/b.git", .gitSuffix), ("code at github.com/a/b", .noScheme),
    ("Code will be released.", .promisedLink), ("Our code is available on GitHub.", .noAddress),
    ("The data can be found here.", .noAddress), ("Project page: https://github.com/a/b", .labelMismatch),
    ("Code: https://a.github.io/b", .labelMismatch), ("our code1 https://github.com/a/b", .inlinedFootnote),
    ("see https://localhost/x for more", .unparsableLink), ("as in arXiv:2401.01234 we", .mention),
  ])
  func faultsDrawTheirWarning(text: String, code: ParseWarning.Code) throws {
    #expect(Set(try codes(text)) == [code])
  }

  @Test(arguments: [
    "pre- and post-training of first- or second-order methods", "a gain of 3.5, 4.0 and 10,000 steps",
    "it costs $5 million or $10 a head", "20 times faster than before, 100 times easier",
    "Node.js and scikit.learn are used",
    "the function max_pool and I_love_you", "e.g. Mamba, i.e., this one, et al. Smith",
    "feature spaces -- akin to tricks -- without",
    "f(x, 2) and A(S,2)", "a big (deal) for us", "the alpha and beta of it, approx. ten",
    "an attempt at C:\\data paths",
    "3x3, 2D/3D, and/or", "Code is available at https://github.com/a/b.", "See https://a.org/x_1^2/%7Ename, too.",
    "O'Neill's `code` spans", "what?! Yes ... and so on.",
  ])
  func plainTextDrawsNoWarning(text: String) throws {
    #expect(try codes(text) == [])
    #expect(try read(text).plain == text)
  }

  // MARK: - Plain forms

  @Test(arguments: [
    (#"Fr\'echet and B\'{e}zier and na\"{\i}ve"#, "Fréchet and Bézier and naïve"),
    (#"Erd\H{o}s, \v{S}koda, \c{c}a, \.Z, \u g, \aa, \O{}re, \ss"#, "Erdős, Škoda, ça, Ż, ğ, å, Øre, ß"),
    (##"90\% of R\&D in \#1"##, "90% of R&D in #1"),
    (#"{\it slanted} and \textbf{bold {\em deep}}."#, "slanted and bold deep."),
    (#"\href{https://a.org}{the site}"#, "the site"),
    ("``double'' and `single' quotes", "“double” and ‘single’ quotes"),
    ("$k$-means with $\\alpha$ and $x^2$", "k-means with α and $x^2$"), ("Fig.~3 of~it", "Fig. 3 of it"),
    (#"\overfeat is kept, \eg, as written {here}"#, #"\overfeat is kept, \eg, as written {here}"#),
    ("two  blanks\tand\u{A0}others", "two blanks and others"),
  ])
  func latexIsDecodedWhereTheTableKnowsIt(text: String, plain: String) throws {
    #expect(try read(text).plain == plain)
  }

  @Test func accentsAreComposed() throws {
    let plain = try read(#"\'e\~n\x"#).plain
    #expect(Array(plain.unicodeScalars).prefix(2).map(\.value) == [0xE9, 0xF1])
  }
}
