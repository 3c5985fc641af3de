import JSON
import MethodTestSupport
import Testing

@testable import Features

@Suite struct HashFeaturesTests {
  private let papers: [JSON] = [
    paper("b", "Probing vectors", "Code at https://github.com/a/b."), paper("a", "Erasing a concept"),
    paper("c", "of the"),
  ]

  @Test func rowsBearIdsAndEmptyOnesAreNamed() throws {
    let bench = try bench()
    let value = try bench.call("features.hash", ["papers": try bench.papers(papers), "bits": 8, "norm": "l2"])
    #expect(try bench.rowIDs(value["matrix"]) == ["b", "a", "c"] && value["columns"] == 256)
    // probing, vectors, code; erasing, concept
    #expect(value["terms"] == 5 && value["emptyRows"] == ["c"] && codes(value).contains("empty-rows"))
  }

  @Test func addressesAreTermsOnlyWhenAsked() throws {
    let bench = try bench()
    let set = try bench.papers(papers)
    #expect(try bench.call("features.hash", ["papers": set, "addresses": "keep"])["terms"] == 8)
    func terms(_ params: JSON) throws -> [String] {
      var params = params
      params["papers"] = set
      params["minDf"] = 1
      return try bench.json(try bench.call("features.tfidf", params)["vocabulary"]).array?.compactMap(\.string) ?? []
    }
    #expect(try terms([:]) == ["code", "concept", "erasing", "probing", "vectors"])
    #expect(try terms(["addresses": "keep"]).contains("github"))
    #expect(try terms(["compat": "sklearn"]).contains("https"))
  }
}
