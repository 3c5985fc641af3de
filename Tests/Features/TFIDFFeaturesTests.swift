import JSON
import Linear
import MethodTestSupport
import PluginKit
import Testing

@testable import Features

@Suite struct TFIDFFeaturesTests {
  static let cases: [(name: String, params: JSON)] = [
    ("tfidf_default", [:]),
    ("tfidf_sublinear", ["sublinear": true]),
    ("tfidf_12_sublinear_l2", ["sublinear": true, "ngram": [1, 2], "norm": "l2"]),
    ("tfidf_nonorm_noidf", ["idf": "none", "norm": "none"]),
    ("tfidf_nosmooth_l1", ["idf": "plain", "norm": "l1"]),
    ("tfidf_stop_mindf2", ["stopWords": "english", "minDf": 2]),
  ]

  @Test(.needsSharedData, arguments: cases)
  func compatibleWeightsAreThoseOfTheOracle(name: String, params: JSON) throws {
    let bench = try bench()
    let oracle = try FeatureOracle(name)
    var params = params
    params["papers"] = try bench.papers(try FeatureOracle.papers())
    params["compat"] = "sklearn"
    let value = try bench.call("features.tfidf", params)
    let matrix = try bench.sparse(value["matrix"])
    #expect(try bench.json(value["vocabulary"]).array?.compactMap(\.string) == oracle.vocabulary)
    #expect(matrix.rowPointers == oracle.rowPointers)
    #expect(matrix.columnIndices.map(Int.init) == oracle.columns)
    // The oracle prints twelve digits.
    for (x, y) in zip(matrix.values, oracle.values) { #expect(abs(x - y) <= 1e-11 * abs(y)) }
    let idf = try bench.vector(value["idf"])
    if params["idf"] != "none" {
      #expect(idf.count == oracle.idf.count)
      for (x, y) in zip(idf, oracle.idf) { #expect(abs(x - y) <= 1e-11 * abs(y)) }
    }
    #expect(value["rows"] == 44 && value["columns"]?.int == oracle.vocabulary.count)
    #expect(value["nnz"]?.int == oracle.values.count)
    #expect(try bench.rowIDs(value["matrix"])?.first == "paper:100")
    let empty = (0..<44).filter { oracle.rowPointers[$0] == oracle.rowPointers[$0 + 1] }
    #expect(value["emptyRows"]?.array?.compactMap(\.string) == empty.map { "paper:\(100 + $0)" })
  }

  @Test(.needsSharedData) func ourDefaultsAreThoseOfTheDesign() throws {
    let bench = try bench()
    let papers = try bench.papers(try FeatureOracle.papers())
    let plain = try bench.call("features.tfidf", ["papers": papers])
    let same = try bench.call(
      "features.tfidf", ["papers": papers, "minDf": 2, "sublinear": true, "stopWords": "english"])
    #expect(plain["matrix"] == same["matrix"] && plain["columns"] == 7)
  }

  private let few: [JSON] = [
    paper("a", "Probing sentence vectors", "A linear probe reads syntax from a vector."),
    paper("b", "Erasing a concept", "After the erasure no linear probe reads the concept."),
    paper("c", "Graph networks", "Message passing on molecules and on graphs."),
    paper("d", "Unrelated thing", "Wholly different words stand here."),
  ]

  @Test func papersLeftOutOfTheFitChangeNeitherVocabularyNorIdf() throws {
    let bench = try bench()
    let papers = try bench.papers(few)
    let part = try bench.papers(Array(few[..<3]), name: "part.jsonl")
    let alone = try bench.call("features.tfidf", ["papers": part, "minDf": 1])
    let given: [JSON] = [
      ["fitOn": ["a", "b", "c"]], ["train": [2, 0, 1]],
      ["split": try bench.file("split.npz", try splitFile(train: [0, 1, 2], test: [3]))],
    ]
    for rows in given {
      var params: JSON = ["papers": papers, "minDf": 1]
      for member in rows.object?.members ?? [] { params[member.key] = member.value }
      let value = try bench.call("features.tfidf", params)
      #expect(value["vocabulary"] == alone["vocabulary"] && value["idf"] == alone["idf"])
      #expect(value["rows"] == 4 && value["fittedOn"]?["rows"] == 3 && value["fittedOn"]?["of"] == 4)
      #expect(try bench.json(value["fittedOn"]?["ids"]) == ["a", "b", "c"])
      let (all, fitted) = (try bench.sparse(value["matrix"]), try bench.sparse(alone["matrix"]))
      #expect(all.rows(at: [0, 1, 2]) == fitted)
      #expect(value["emptyRows"] == ["d"] && codes(value).contains("empty-rows"))
    }
  }

  @Test func theRowsToFitOnAreNamedOnce() throws {
    let bench = try bench()
    let papers = try bench.papers(few)
    let both = bench.fault("features.tfidf", ["papers": papers, "fitOn": ["a"], "train": [0]])
    #expect(both?.kind == "params.value")
    let unknown = bench.fault("features.tfidf", ["papers": papers, "fitOn": ["a", "z"]])
    #expect(unknown?.path == "/fitOn/1" && unknown?.message.contains("z") == true)
    let twice = bench.fault("features.tfidf", ["papers": papers, "train": [0, 0]])
    #expect(twice?.kind == "params.value" && twice?.message.contains("found 'a' twice") == true)
    let beyond = bench.fault("features.tfidf", ["papers": papers, "train": [0, 4]])
    #expect(beyond?.path == "/train/1")
  }

  @Test func theOrderOfPapersChangesNoRow() throws {
    let bench = try bench()
    let order = [2, 0, 3, 1]
    let plain = try bench.call("features.tfidf", ["papers": try bench.papers(few), "minDf": 1])
    let moved = try bench.call(
      "features.tfidf", ["papers": try bench.papers(order.map { few[$0] }, name: "moved.jsonl"), "minDf": 1])
    #expect(plain["vocabulary"] == moved["vocabulary"] && plain["idf"] == moved["idf"])
    #expect(try bench.sparse(moved["matrix"]) == bench.sparse(plain["matrix"]).rows(at: order))
    #expect(try bench.rowIDs(moved["matrix"]) == ["c", "a", "d", "b"])
    #expect(plain["fittedOn"]?["digest"] == moved["fittedOn"]?["digest"])
  }

  @Test func bitsDoNotDependOnThreads() throws {
    // More than two blocks of 4096 papers.
    var numbers = RandomNumbers(seed: 3)
    let papers = (0..<9000).map { row in
      paper("p\(10_000 + row)", (0..<5).map { _ in "w\(numbers.below(400))" }.joined(separator: " "))
    }
    let results = try [1, 4].map { jobs in
      let bench = try bench(jobs: jobs)
      let set = try bench.papers(papers)
      return try [["papers": set], ["papers": set, "train": [0, 5000, 8999, 4, 5, 6, 7, 8]]].map {
        try bench.call("features.tfidf", $0)
      }
    }
    #expect(results[0] == results[1])
  }

  @Test func theTitleCanWeighMore() throws {
    let bench = try bench()
    let papers = try bench.papers([paper("a", "apple", "apple pear"), paper("b", "pear", "plum")])
    let params: JSON = [
      "papers": papers, "minDf": 1, "titleWeight": 3, "sublinear": false, "idf": "none", "norm": "none",
    ]
    let value = try bench.call("features.tfidf", params)
    #expect(try bench.matrix(value["matrix"]) == Matrix([[4, 1, 0], [0, 3, 1]]))
    for (field, rows) in [("title", [[3.0, 0], [0, 3]]), ("abstract", [[1, 1, 0], [0, 0, 1]])] {
      var params = params
      params["field"] = .string(field)
      #expect(try bench.matrix(bench.call("features.tfidf", params)["matrix"]) == Matrix(rows))
    }
    let refused = bench.fault("features.tfidf", ["papers": papers, "titleWeight": 3, "compat": "sklearn"])
    #expect(refused?.path == "/titleWeight")
  }

  @Test func setsWithoutTermsAreRefusedWithAReason() throws {
    let bench = try bench()
    func fault(_ papers: [JSON], _ more: JSON = [:]) throws -> (kind: String?, message: String, hint: String) {
      var params = more
      params["papers"] = try bench.papers(papers)
      let fault = try #require(bench.fault("features.tfidf", params))
      return (fault.kind, fault.message, fault.hint ?? "")
    }
    #expect(try fault([]).kind == "math.tooFewSamples")
    let one = try fault([few[0]])
    #expect(one.kind == "math.degenerate" && one.hint.contains("minDf to 1"))
    let stop = try fault([paper("a", "the of and"), paper("b", "and the")], ["minDf": 1])
    #expect(stop.kind == "math.degenerate" && stop.message.contains("3 stop words"))
    #expect(try fault([paper("a", "?!", ""), paper("b", "")], ["minDf": 1]).kind == "math.degenerate")
    let bounds = try fault(few, ["minDf": 3, "maxDf": 2])
    #expect(bounds.kind == "params.value" && bounds.message.contains("maxDf"))
    #expect(try fault(few, ["ngram": [2, 1]]).kind == "params.value")
    #expect(try fault(few, ["minDf": 2.5]).message.contains("minDf"))
    let twice = try fault([few[0], few[0]])
    #expect(twice.kind == "file.format" && twice.message.contains("a stands in the set twice"))
  }

  @Test func onePaperIsAMatrixOfOneRow() throws {
    let bench = try bench()
    let value = try bench.call("features.tfidf", ["papers": [few[0]], "minDf": 1])
    #expect(value["rows"] == 1 && value["columns"] == 8)
    #expect(codes(value) == ["short"] && value["medianWords"] == 8)
    let pairs = try bench.call("features.tfidf", ["papers": [few[0]], "minDf": 1, "ngram": [2, 2]])
    #expect(pairs["medianWords"] == 8 && pairs["columns"] == 7)
  }

  @Test func alikePapersAreCountedAndKeepTheirRows() throws {
    let bench = try bench()
    let papers = (0..<3).map { paper("p\($0)", "linear probes", "They read.") } + [paper("q", ""), paper("r", "")]
    let value = try bench.call("features.tfidf", ["papers": try bench.papers(papers), "stopWords": ["a b", "they"]])
    #expect(codes(value) == ["no-abstract", "near-duplicates", "empty-rows", "short", "stop-words"])
    #expect(value["warnings"]?[1]?["message"]?.string?.contains("2 papers have the very text") == true)
    #expect(value["emptyRows"] == ["q", "r"])
    let matrix = try bench.matrix(value["matrix"])
    #expect(matrix.row(0) == matrix.row(1) && matrix.row(3).allSatisfy { $0 == 0 })
  }

  @Test func thePictureShowsTheCommonestTerms() throws {
    let bench = try bench()
    let displays = try bench.displays("features.tfidf", ["papers": try bench.papers(few), "minDf": 1])
    #expect(displays.count == 1)
    let svg = try #require(displays[0]["data"]?["image/svg+xml"]?.string)
    #expect(svg.hasPrefix("<svg") && svg.contains("probe"))
    #expect(displays[0]["data"]?["application/vnd.vegalite.v5+json"]?["data"]?["values"]?.array?.isEmpty == false)
  }
}

/// The file that holds both sides of a split.
func splitFile(train: [Int], test: [Int]) throws -> [UInt8] {
  var bytes: [UInt8] = []
  try ArrayWriter.npz([("train", .integers(train)), ("test", .integers(test))]) { bytes.append(contentsOf: $0) }
  return bytes
}
