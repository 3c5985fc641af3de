import Testing

@testable import Papers

struct NameSplitterTests {
  private func list(_ text: String) -> NameSplitter.List {
    var splitter = NameSplitter()
    return Array(text.utf8).withUnsafeBufferPointer { splitter.list($0) }
  }

  /// given|particle|family|suffix, or =literal.
  private func shown(_ name: PersonalName) -> String {
    if let literal = name.literal { return "=" + literal }
    return [name.given, name.droppingParticle ?? name.nonDroppingParticle, name.family, name.suffix]
      .map { $0 ?? "" }.joined(separator: "|")
  }

  private static let names: [(String, String)] = [
    ("Donald E. Knuth", "Donald E.||Knuth|"), ("Knuth, Donald E.", "Donald E.||Knuth|"),
    ("Ludwig van Beethoven", "Ludwig|van|Beethoven|"), ("van Beethoven, Ludwig", "Ludwig|van|Beethoven|"),
    ("King, Jr., Martin Luther", "Martin Luther||King|Jr."),
    ("Charles Louis Xavier Joseph de la Vall{\\'e}e Poussin", "Charles Louis Xavier Joseph|de la|Vallée Poussin|"),
    ("{The ATLAS Collaboration}", "=The ATLAS Collaboration"), ("Plato", "||Plato|"),
    ("{Barnes and Noble}", "=Barnes and Noble"),
    ("{von Wright}, Georg", "Georg||von Wright|"), ("'t Hooft, Gerard", "Gerard|'t|Hooft|"),
    ("Jean-Luc {\\'E}tienne", "Jean-Luc||Étienne|"),
    ("family=Humboldt, given=Alexander, prefix=von, useprefix=false", "Alexander|von|Humboldt|"),
    ("given=Adlai E., family=Stevenson, suffix=III, juniorcomma=true", "Adlai E.||Stevenson|III"),
    ("J.~R.~R. Tolkien", "J. R. R.||Tolkien|"), ("Ana \\AA ngstr\\\"om", "Ana||Ångström|"), (", David", "David|||"),
    ("Philippe Caroff,", "Philippe||Caroff|"), ("Garc{\\'\\i}a M{\\'a}rquez, Gabriel", "Gabriel||García Márquez|"),
    ("{\\o}stein Ore", "|østein|Ore|"), ("{\\O}ystein Ore", "Øystein||Ore|"), ("李文辉", "||李文辉|"),
    ("élan Vital", "|élan|Vital|"),
  ]

  @Test(arguments: names)
  func namesAreSplitAsBibTeXDoes(text: String, parts: String) {
    #expect(list(text).names.map(shown) == [parts])
  }

  @Test func listsAreSplitAtTheWordAlone() {
    #expect(list("A. Brand and B. Andrews AND\nC {X and Y} and others").names.count == 3)
    #expect(list("A. Brand and others").hasOthers)
    #expect(list("and A. Brand and and B. Sand and").names.map(shown) == ["A.||Brand|", "B.||Sand|"])
    #expect(list("A, B, C, D and E. F").overfull.count == 1)
    #expect(list("  ").names.isEmpty)
  }

  @Test func oneNameOfPlainTextIsSplit() {
    #expect(NameSplitter.name("de la Cruz, María").map(shown) == "María|de la|Cruz|")
    #expect(NameSplitter.name(" ") == nil)
  }
}
