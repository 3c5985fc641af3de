import Testing

@testable import Papers

struct TeXDecoderTests {
  private func decode(_ text: String) -> (plain: String, rich: String?) {
    var decoder = TeXDecoder()
    Array(text.utf8).withUnsafeBufferPointer { decoder.decode($0) }
    return (decoder.text, decoder.richText)
  }

  private static let texts: [(String, String)] = [
    ("Garc{\\'\\i}a M{\\'a}rquez", "García Márquez"), ("Erd{\\H{o}}s", "Erdős"), ("{\\v Z}i{\\v z}ek", "Žižek"),
    ("\\AA ngstr\\\"om", "Ångström"), ("Gro{\\ss}mann", "Großmann"), ("\\'{\\^e}", "ế"), ("{\\'{\\ae}}", "ǽ"),
    ("\\c{c}\\k{a}\\d{s}\\r a\\.z\\u{g}", "çąṣåżğ"), ("\\t{oo}", "o͡o"), ("\\~{}x\\^{}", "~x^"), ("\\'", "´"),
    ("Na\\\"{\\i}ve \\o re", "Naïve øre"), ("a---b--c-d", "a—b–c-d"), ("``q'' and `s'", "“q” and ‘s’"),
    ("Hart's", "Hart's"), ("\\enquote{in \\enquote{two}}", "“in “two””"),
    ("100\\% \\& \\$5 \\#1 \\_x \\{\\}", "100% & $5 #1 _x {}"),
    ("{{{Deep}}} {B}ayes", "Deep Bayes"), ("a  \n\t b", "a b"), ("Fig.~1", "Fig.\u{A0}1"),
    ("un\\-der\\/stand", "understand"),
    ("\\href{http://x.y/~z}{Home} \\url{http://x.y/~a_b}", "Home http://x.y/~a_b"), ("\\foo{bar}", "\\foobar"),
    ("\\noopsort{1973b}1973", "1973"), ("\\textcolor{red}{warm}", "warm"), ("a\\\\b", "a b"),
    ("Core\\textendash{}Shell", "Core–Shell"),
    ("AND\\slash OR", "AND/OR"), ("{\\bf", ""), ("\\", "\\"), ("$", "$"), ("}{", ""), ("it costs $5", "it costs $5"),
  ]

  @Test(arguments: texts)
  func textIsDecoded(tex: String, plain: String) {
    #expect(decode(tex).plain == plain)
  }

  private static let formulas: [(String, String)] = [
    ("$k$-means", "k-means"), ("$\\ell_1$", "ℓ₁"), ("{$\\mu$}J", "μJ"), ("Cu$_2$O", "Cu₂O"), ("$^{31}$P", "³¹P"),
    ("$\\langle{}00\\overline{1}\\rangle$", "⟨001̅⟩"), ("$\\left( 000\\bar{1} \\right)$", "(0001̅)"),
    ("In$_{1-}$\\textsubscript{x}", "In₁₋ₓ"), ("0{$<$}x{$\\leq$}1", "0<x≤1"), ("${\\rm GaN}(0)$", "GaN(0)"),
    ("$\\mathbb{R}^n$", "ℝⁿ"), ("90$^\\circ$", "90°"), ("$-$50", "-50"), ("\\mbox{$\\mu$}", "μ"),
    ("$\\frac{a}{b}$", "$\\frac{a}{b}$"),
    ("$x^{\\frac12}$ end", "$x^{\\frac12}$ end"), ("\\ensuremath{\\alpha}", "α"), ("\\(\\beta\\)", "β"),
  ]

  @Test(arguments: formulas)
  func formulasBecomeCharactersOrStay(tex: String, plain: String) {
    #expect(decode(tex).plain == plain)
  }

  private static let markup: [(String, String)] = [
    ("a {\\em b} c", "a <i>b</i> c"), ("\\textbf{x}", "<b>x</b>"),
    ("{\\sc Kl}-One", "<span style=\"font-variant:small-caps;\">Kl</span>-One"),
    ("Al\\textsubscript{0.4}Ga", "Al<sub>0.4</sub>Ga"), ("\\emph{a \\textbf{b}}", "<i>a <b>b</b></i>"),
  ]

  @Test(arguments: markup)
  func markupHasARichForm(tex: String, rich: String) {
    #expect(decode(tex).rich == rich)
  }

  @Test func plainTextIsItsOwnPlainForm() {
    for text in ["Alpha Beta", "a-b", "x_y^z", "É 中文"] {
      Array(text.utf8).withUnsafeBufferPointer { #expect(TeXDecoder.isPlain($0)) }
      #expect(decode(text).plain == text)
    }
  }
}
