import JSON
import Linear
import MethodTestSupport
import PluginKit
import Statistics
import TestSupport
import Testing

@testable import Topics

@Suite struct EvaluateAndEditTests {
  private func list(_ codes: [Int]) -> JSON { .array(codes.map { JSON($0) }) }

  @Test(.needsSharedData) func scoresAreTheOracles() throws {
    let bench = try bench()
    let cases = try #require(
      JSON.parse(SharedData.bytes("oracle/features/external_indices.json"))["values"]?.array)
    for known in cases {
      let (truth, found) = (known["truth"] ?? nil, known["pred"] ?? known["predicted"] ?? nil)
      guard (truth.array?.count ?? 0) > 0, found.array != nil else { continue }
      let value = try bench.call("topics.evaluate", ["labels": found, "truth": truth])
      for (ours, theirs) in [("ari", "ari"), ("ami", "ami"), ("nmi", "nmi_arithmetic")] {
        guard let wanted = known[theirs]?.double, let score = value[ours]?.double else { continue }
        // All singletons and one group: 1 when equal, where the quotient of the references is 0/0.
        #expect(abs(score - wanted) < 1e-9 || (truth == found && score == 1), "\(ours)")
      }
    }
  }

  @Test func trivialPartitionsHaveScores() throws {
    let bench = try bench()
    for labels in [[0, 0, 0, 0], [0, 1, 2, 3]] {
      let value = try bench.call("topics.evaluate", ["labels": list(labels), "truth": list(labels)])
      #expect(value["ami"] == 1 && value["ari"] == 1 && value["moved"] == 0)
    }
    let value = try bench.call("topics.evaluate", ["labels": list([0, 1, 2, 3]), "truth": list([0, 0, 0, 0])])
    #expect(value["ami"] == 0 && value["ari"] == 0)
  }

  /// The trap: NMI of labels that say nothing is far from 0, and stands beside that of a shuffle.
  @Test func chanceIsShownBesideNMI() throws {
    var numbers = RandomNumbers(seed: 1)
    let labels = (0..<120).map { _ in numbers.below(17) }
    let truth = (0..<120).map { _ in numbers.below(13) }
    let value = try bench().call("topics.evaluate", ["labels": list(labels), "truth": list(truth)])
    let (nmi, shuffled) = (try #require(value["nmi"]?.double), try #require(value["nmiShuffled"]?.double))
    #expect(nmi > 0.25 && abs(nmi - shuffled) < 0.08 && abs(value["ami"]?.double ?? 1) < 0.1)
    #expect(codes(value) == ["label-seen"])
  }

  @Test func runsShowWhichTopicsComeBack() throws {
    let own = [0, 0, 0, 0, 1, 1, 1, 1]
    let value = try bench().call(
      "topics.evaluate",
      ["labels": list(own), "runs": [list([0, 0, 0, 0, 1, 2, 3, 4]), list([1, 1, 1, 1, 0, 2, 3, 4])]])
    let topics = try #require(value["topicStability"]?.array)
    #expect(topics[0]["jaccard"] == 1 && topics[0]["verdict"] == "stable")
    #expect(topics[1]["jaccard"] == 0.25 && topics[1]["verdict"] == "dissolved" && codes(value) == ["unstable"])
  }

  @Test func spaceAndWordsAreScored() throws {
    let bench = try bench()
    let papers = try bench.papers([
      paper("a", "graph network molecule"), paper("b", "graph network molecule"), paper("c", "probe vector concept"),
      paper("d", "probe vector concept"),
    ])
    let value = try bench.call(
      "topics.evaluate",
      [
        "labels": [0, 0, 1, 1], "papers": papers, "matrix": [[1, 0], [1, 0.1], [0, 1], [0.1, 1]], "words": 3,
      ])
    // Words of a topic stand exactly in each other's texts.
    #expect(value["npmi"] == 1 && value["diversity"] == 1 && codes(value) == ["coherence"])
    #expect((value["silhouette"]?.double ?? 0) > 0.9 && value["calinskiHarabasz"] != nil)
    let other = try bench.papers([paper("x", "graph"), paper("y", "network probe")], name: "other.jsonl")
    let held = try bench.call("topics.evaluate", ["labels": [0, 0, 1, 1], "papers": papers, "corpus": other])
    #expect(codes(held).isEmpty && (held["npmi"]?.double ?? 1) < 1)
  }

  private let base: JSON = ["0", "0", "1", "1", "2", "2"]

  @Test func editsChangeOnlyWhatTheyName() throws {
    let bench = try bench()
    let value = try bench.call(
      "topics.edit",
      [
        "labels": base,
        "edits": [
          ["op": "move", "paper": "0", "topic": 1], ["op": "merge", "topics": [2, 1]],
          ["op": "split", "topic": 2, "into": [["0"]]], ["op": "rename", "topic": 2, "name": "graphs"],
        ],
      ])
    let labels = try bench.labels(value["labels"])
    #expect(labels.codes == [3, 0, 2, 2, 2, 2] && labels.classes == ["0", "1", "graphs", "3"])
    #expect(value["count"] == 3 && value["moved"] == 3 && codes(value) == ["empty-topics"])
    let topics = try #require(value["topics"]?.array)
    #expect(topics.map { $0["size"] } == [1, 0, 4, 1])
    // Undo is taking the lines away.
    let none = try bench.call("topics.edit", ["labels": base, "edits": []])
    #expect(try bench.labels(none["labels"]).codes == [0, 0, 1, 1, 2, 2] && none["moved"] == 0)
  }

  @Test func pinsAndWrongNamesAreRefusedWhereTheyStand() throws {
    let bench = try bench()
    func fault(_ edits: JSON) -> String? { bench.fault("topics.edit", ["labels": base, "edits": edits])?.path }
    #expect(fault([["op": "pin", "paper": "0"], ["op": "move", "paper": "0", "topic": 1]]) == "/edits/1")
    #expect(fault([["op": "pin", "topic": 1], ["op": "merge", "topics": [0, 1]]]) == "/edits/1")
    #expect(fault([["op": "merge", "topics": [0, 9]]]) == "/edits/0/topics/1")
    #expect(fault([["op": "move", "paper": "nobody", "topic": 1]]) == "/edits/0/paper")
    #expect(fault([["op": "rename", "topic": 1, "name": "2"]]) == "/edits/0/name")
    #expect(fault([["op": "split", "topic": 1, "parts": 2]]) == "/edits/0")
    #expect(fault([["op": "split", "topic": 1, "into": [["0"]]]]) == "/edits/0/into/0/0")
  }

  @Test func aLaterRunKeepsTheNumbersAndNamesOfAnEarlierOne() throws {
    let bench = try bench()
    let previous = try bench.file(
      "previous.npz",
      try labelFile([0, 0, 0, 1, 1, 2], ["graphs", "my speech", "vision"], ["a", "b", "c", "d", "e", "f"]))
    // One paper went, two came, a topic is new, and the numbers are others.
    let later = try bench.file(
      "later.npz", try labelFile([1, 1, 0, 0, 0, 2, 2], ["0", "1", "2"], ["d", "e", "a", "b", "c", "x", "y"]))
    let value = try bench.call("topics.match", ["labels": later, "previous": previous])
    let labels = try bench.labels(value["labels"])
    #expect(labels.codes == [1, 1, 0, 0, 0, 3, 3] && labels.classes == ["graphs", "my speech", "vision", "2"])
    #expect(value["kept"] == 2 && value["new"] == 1 && value["gone"] == 1 && value["moved"] == 0)
    #expect(codes(value) == ["empty-topics"])
    // Matched to itself a grouping stays as it is.
    let same = try bench.call("topics.match", ["labels": previous, "previous": previous])
    #expect(try bench.labels(same["labels"]).codes == [0, 0, 0, 1, 1, 2] && same["kept"] == 3)
    // Little in common is another topic.
    let apart = try bench.call(
      "topics.match", ["labels": [0, 0, 0, 0, 1], "previous": [0, 1, 1, 1, 1], "least": 0.9])
    #expect(apart["kept"] == 0 && apart["new"] == 2 && apart["moved"] == 5)
    #expect(bench.fault("topics.match", ["labels": [0], "previous": [0, 1]])?.kind == "math.shape")
  }

  /// Names and edits do not wash off what a grouping was made from.
  @Test func namedAndEditedTopicsKnowTheirFeatures() throws {
    let bench = try bench()
    let papers = try bench.papers(drawnPapers(24, topics: 2))
    let words = try bench.call("features.tfidf", ["papers": papers])
    let topics = try bench.call("topics.nmf", ["matrix": words["matrix"] ?? nil, "k": 2])
    let named = try bench.call("topics.label", ["labels": topics["labels"] ?? nil, "papers": papers])
    let edited = try bench.call("topics.edit", ["labels": named["labels"] ?? nil, "edits": []])
    let auto = try bench.call("topics.auto", ["papers": papers, "k": 2, "effort": "fast"])
    for labels in [topics["labels"], named["labels"], edited["labels"], auto["labels"]] {
      #expect(try bench.labels(labels).madeFrom == [words["matrix"]?["$artifact"]?.string ?? ""])
    }
  }

  @Test func topicsAndYearsGoTogetherOnlyAfterHolm() throws {
    let bench = try bench()
    var numbers = RandomNumbers(seed: 2)
    let topics = (0..<120).map { $0 % 6 }
    // Topic 0 is young, the others have years at random.
    let planted = topics.map { $0 == 0 ? 9 : numbers.below(9) }
    let value = try bench.call("topics.enrichment", ["labels": list(topics), "attribute": list(planted)])
    #expect(value["pairs"]?[0]?["topic"] == "0" && value["pairs"]?[0]?["value"] == "9" && value["topicsAfterHolm"] == 1)
    // Without a tie some of 54 pairs look like one, and none is left.
    let chance = try bench.call(
      "topics.enrichment", ["labels": list(topics), "attribute": list(topics.map { _ in numbers.below(9) })])
    #expect(chance["tests"] == 54 && chance["afterHolm"] == 0 && codes(chance) == ["enrichment"])
    let adjusted = (chance["pairs"]?.array ?? []).compactMap { $0["adjustedP"]?.double }
    #expect(adjusted == adjusted.sorted() && adjusted.allSatisfy { $0 <= 1 })
  }

  /// The trap: clusters of noise differ in what they were made from, whatever the test says.
  @Test func whatTheTopicsWereMadeFromTestsNothing() throws {
    let bench = try bench()
    let noise = try bench.matrix(clouds(80, 3, topics: 1, distance: 0))
    let first = try bench.call("topics.kmeans", ["matrix": noise, "k": 4])
    let second = try bench.call("topics.ward", ["matrix": noise, "k": 4])
    let value = try bench.call(
      "topics.enrichment", ["labels": first["labels"] ?? nil, "attribute": second["labels"] ?? nil])
    #expect((value["afterHolm"]?.int ?? 0) > 0 && codes(value).contains("double-dip"))
  }

  @Test func aTopicIsSplitByTheSpace() throws {
    let bench = try bench()
    let value = try bench.call(
      "topics.edit",
      [
        "labels": [0, 0, 0, 0, 1], "matrix": [[0, 1], [5, 5], [0, 2], [0, 1.5], [9, 9]], "metric": "euclidean",
        "edits": [["op": "split", "topic": 0, "parts": 2]],
      ])
    #expect(try bench.labels(value["labels"]).codes == [0, 2, 0, 0, 1])
  }

  @Test func treesJoinTopicsThatAreNear() throws {
    let bench = try bench()
    let matrix: JSON = [[1, 0, 0], [0.9, 0.2, 0], [0, 0, 1], [0.8, 0.3, 0]]
    let byMeans = try bench.call("topics.tree", ["labels": [0, 1, 2, 1], "matrix": matrix, "k": 2])
    #expect(byMeans["parents"] == [0, 0, 1] && byMeans["by"] == "means")
    #expect(try bench.labels(byMeans["labels"]).codes == [0, 0, 1, 0])
    let papers = try bench.papers([
      paper("a", "graph network molecule"), paper("b", "graph network atom"), paper("c", "probe vector"),
    ])
    let byWords = try bench.call("topics.tree", ["labels": [0, 1, 2], "papers": papers, "k": 2])
    #expect(byWords["parents"] == [0, 0, 1])
    // What shares nothing merges at 1.
    #expect(byWords["merges"]?.array?.last?.array?[2].double == 1)
  }

  @Test func assigningTheFittedPapersGivesBackTheirTopics() throws {
    let bench = try bench()
    let papers = try bench.papers(drawnPapers(40, topics: 4))
    let tfidf = try bench.call("features.tfidf", ["papers": papers])
    let lsa = try bench.call("features.lsa", ["matrix": tfidf["matrix"] ?? nil, "k": 4])
    let fits: [(JSON, Bool)] = [
      (try bench.call("topics.kmeans", ["matrix": lsa["scores"] ?? nil, "k": 4]), true),
      (try bench.call("topics.ward", ["matrix": lsa["scores"] ?? nil, "k": 4]), true),
      (try bench.call("topics.nmf", ["matrix": tfidf["matrix"] ?? nil, "k": 4]), false),
      (try bench.call("topics.graph", ["matrices": [tfidf["matrix"] ?? nil], "k": 4]), false),
    ]
    for (fit, isInSpace) in fits {
      var params: JSON = ["model": fit["model"] ?? nil, "text": tfidf["model"] ?? nil, "papers": papers]
      if isInSpace { params["space"] = lsa["model"] }
      let value = try bench.call("topics.assign", params)
      let (codes, known) = (try bench.labels(value["labels"]).codes, try bench.labels(fit["labels"]).codes)
      let moved = Double(zip(codes, known).count { $0 != $1 }) / 40
      #expect(value["movedAmongFitted"]?.double == moved && moved < 0.1)
      #expect(value["unknownTerms"]?.double ?? 1 < 0.2)
    }
    // The trap: a paper about something else gets a topic too, and is told to be new.
    let value = try bench.call(
      "topics.assign",
      [
        "model": fits[0].0["model"] ?? nil, "text": tfidf["model"] ?? nil, "space": lsa["model"] ?? nil,
        "papers": [["id": "new", "title": "Zebras graze quietly near rivers"]],
      ])
    #expect(codes(value).contains("unknown-terms") && value["rows"] == 1)
    let wrong = bench.fault(
      "topics.assign", ["model": fits[0].0["model"] ?? nil, "text": tfidf["model"] ?? nil, "papers": papers])
    #expect(wrong?.kind == "math.shape" && wrong?.hint?.contains("space") == true)
    #expect(bench.fault("topics.assign", ["model": tfidf["model"] ?? nil, "matrix": [[1]]])?.path == "/model")
  }
}
