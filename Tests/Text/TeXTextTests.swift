import Testing

@testable import Text

@Suite struct TeXTextTests {
  private func words(_ text: String) -> [String] { Tokenizer(readsTeX: true).tokens(in: text) }

  @Test(arguments: [
    (#"rates of $\mathcal{O}(n^{-1/2})$ hold"#, ["rates", "of", "hold"]),
    (#"a \emph{sparse} and \textbf{very {nested}} code"#, ["sparse", "and", "very", "nested", "code"]),
    (
      #"Schr\"odinger, Erd\H{o}s, na\"{\i}ve, Ko\v{c}i, \O{}rsted, Gau\ss{}"#,
      ["schrödinger", "erdős", "naïve", "koči", "ørsted", "gauß"]
    ),
    (
      #"as in \cite{smith2020,doe2021} and \href{https://x.org/a}{the page}~\ref{fig:one}"#,
      ["as", "in", "and", "the", "page"]
    ),
    (
      #"we \begin{equation} x = y \end{equation} show \[ a+b \] that \(c\) and $$dd$$ hold"#,
      ["we", "show", "that", "and", "hold"]
    ),
    (#"{B}ayes with \LaTeX{} costs 5\% more \& less"#, ["bayes", "with", "costs", "more", "less"]),
    // A sum of money opens no formula, and plain braces part words.
    ("from $5 to $6 million", ["from", "to", "million"]),
    ("sold for $50-$60 then", ["sold", "for", "50", "60", "then"]),
    ("plain{brace}words", ["plain", "brace", "words"]),
    ("an open $formula stays", ["an", "open", "formula", "stays"]),
    (#"ends in \"#, ["ends", "in"]),
    (#"open \begin{align} group"#, ["open", "group"]),
  ])
  func prosesIsKeptAndTeXIsNot(text: String, expected: [String]) { #expect(words(text) == expected) }

  @Test func withoutTeXNothingIsRead() {
    #expect(Tokenizer().tokens(in: #"\alpha $xy$"#) == ["alpha", "xy"])
    let plain = "Plain prose, with no marks: (a) 100 %"
    #expect(words(plain) == Tokenizer().tokens(in: plain))
  }

  /// What never ends must not be looked for again and again.
  @Test func hostileTextsAreReadInTime() {
    for part in ["$a ", "$$", #"\["#, #"\begin{equation}"#, #"\"#, "{", #"\'"#, #"\cite{"#] {
      let text = String(repeating: part, count: 8_000 / part.utf8.count)
      #expect(words(text).count <= text.utf8.count)
    }
  }

  @Test func phrasesDoNotRunAcrossAFormula() throws {
    var counter = try TermCounter(.init(tokenizer: Tokenizer(readsTeX: true), ngram: 2...2, withinPhrases: true))
    counter.add(TextDocument(body: "graph kernels $k(x,y)$ scale well"))
    let terms = Array(try counter.counts().vocabulary)
    #expect(terms == ["graph kernels", "scale well"])
  }
}
