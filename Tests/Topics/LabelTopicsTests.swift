import JSON
import Linear
import MethodTestSupport
import PluginKit
import Testing
import Text

@testable import Topics

@Suite struct LabelTopicsTests {
  private let papers: [JSON] = [
    paper("a", "Graph neural networks", "Message passing on molecules; message passing is local."),
    paper("b", "Deeper graph neural networks", "Graphs of molecules need message passing."),
    paper("c", "Walks on graphs", "Molecules as graphs."),
    paper("d", "Speech recognition", "Audio frames become phonemes, and phonemes words."),
    paper("e", "Raw audio", "Speech from raw audio: phonemes again, audio again."),
  ]

  private func labelled(_ bench: MethodBench, _ more: JSON = [:]) throws -> JSON {
    let params: JSON = ["papers": .array(papers), "labels": [0, 0, 0, 1, 1]]
    return try bench.call("topics.label", params.with(more))
  }

  @Test func topicsAreNamedByTheirWordsAndPhrases() throws {
    let bench = try bench()
    let value = try labelled(bench)
    let topics = try #require(value["topics"]?.array)
    #expect(topics.count == 2 && value["count"] == 2 && topics.compactMap { $0["size"]?.int } == [3, 2])
    #expect(Set(topics[0]["phrases"]?.strings ?? []) == ["message passing", "graph neural networks"])
    #expect(topics[1]["label"]?.string?.hasPrefix("audio") == true)
    #expect(topics[0]["representatives"]?[0] == ["id": "a", "title": "Graph neural networks"])
    #expect(topics[0]["contrast"] == nil, "the two have no word in common")
    let labels = try bench.labels(value["labels"])
    #expect(labels.codes == [0, 0, 0, 1, 1] && labels.classes == topics.compactMap { $0["label"]?.string })
    #expect(codes(value) == ["small-topics"])
  }

  @Test func termsAreThoseOfTheTextLibrary() throws {
    let bench = try bench()
    let value = try labelled(bench, ["words": 4, "titleWeight": 2, "diversity": 0.5])
    let documents = papers.map {
      TextDocument(title: $0["title"]?.string ?? "", body: $0["abstract"]?.string ?? "")
    }
    let expected = try TopicLabels(words: 4, diversity: 0.5, titleWeight: 2).labels(
      for: documents, topics: [0, 0, 0, 1, 1], count: 2)
    for (found, label) in zip(try #require(value["topics"]?.array), expected) {
      #expect(found["label"]?.string == label.label)
      #expect(found["terms"]?.array?.compactMap { $0["term"]?.string } == label.terms.map(\.term))
      #expect(found["terms"]?.array?.compactMap { $0["weight"]?.double } == label.terms.map(\.weight))
      #expect(found["words"]?.strings == label.words.map(\.term))
    }
  }

  @Test func theOrderOfPapersAndLabelsChangesNoName() throws {
    let bench = try bench()
    let plain = try labelled(bench)
    let order = [3, 1, 4, 0, 2]
    let labels = try bench.file("labels.npz", try labelFile([1, 0, 1, 0, 0], ["0", "1"], ["d", "b", "e", "a", "c"]))
    let moved = try bench.call(
      "topics.label", ["papers": try bench.papers(order.reversed().map { papers[$0] }), "labels": labels])
    #expect(moved["topics"]?[0]?.without("name") == plain["topics"]?[0]?.without("name"))
    #expect(moved["topics"]?[1] == plain["topics"]?[1])
    #expect(try bench.labels(moved["labels"]).rowIDs == ["d", "b", "e", "a", "c"])
    #expect(try bench.labels(moved["labels"]).codes == [1, 0, 1, 0, 0])
  }

  @Test func representativesAreThoseOfTheHighestConfidenceThenOfTheSmallestID() throws {
    let bench = try bench()
    let confidence = try bench.matrix(Matrix([[0.2], [0.9], [0.2], [0.5], [0.6]]))
    func ids(_ value: JSON) -> [[String]] {
      (value["topics"]?.array ?? []).map { $0["representatives"]?.array?.compactMap { $0["id"]?.string } ?? [] }
    }
    #expect(ids(try labelled(bench)) == [["a", "b", "c"], ["d", "e"]])
    #expect(ids(try labelled(bench, ["confidence": confidence])) == [["b", "a", "c"], ["e", "d"]])
    // Without confidence the nearness to the topic's mean direction.
    let matrix = try bench.matrix(Matrix([[1.0, 1], [5, 0], [1, -0.2], [0, 1], [0, 2]]))
    #expect(ids(try labelled(bench, ["matrix": matrix])) == [["b", "c", "a"], ["d", "e"]])
  }

  @Test func noLabelIsEmptyOrHasAStopWordOrIsAnothers() throws {
    let bench = try bench()
    let odd: [JSON] = [
      paper("a", "The Results of Our Paper", "we show that"), paper("b", "of the", "and"), paper("c", "?!"),
      paper("d", ""), paper("e", "10 20 30", "2024"), paper("f", "Birds of prey"), paper("g", "Birds of prey"),
    ]
    let value = try bench.call(
      "topics.label",
      [
        "papers": .array(odd), "labels": [0, 1, 2, 3, 4, 5, 6],
        "stop": ["english", "scholarly", "birds"],
      ])
    let labels = (value["topics"]?.array ?? []).compactMap { $0["label"]?.string }
    #expect(
      labels == ["topic 0", "topic 1", "topic 2", "topic 3", "10 20 30", "prey", "prey (topic 6)"])
    #expect(codes(value).contains("nameless"))
    let named = try bench.call(
      "topics.label", ["papers": .array([odd[1], odd[5]]), "labels": ["function words", "animals"]])
    #expect(named["topics"]?.array?.compactMap { $0["label"]?.string } == ["birds, prey", "function words"])
    #expect(named["topics"]?.array?.compactMap { $0["name"]?.string } == ["animals", "function words"])
  }

  @Test func exampleTopicsHaveNoStopWordInTheirNames() throws {
    let bench = try bench()
    let vectors = try ExampleVectors(bench)
    let stop = Set(StopWords.all([.english, .scholarly]).words)
    for k in [1, 5, 12, 30] {
      let topics = try bench.call("topics.kmeans", ["matrix": vectors.scores, "k": JSON(k)])
      let value = try bench.call(
        "topics.label",
        ["labels": topics["labels"] ?? nil, "papers": vectors.papers, "matrix": vectors.scores])
      let names = (value["topics"]?.array ?? []).compactMap { $0["label"]?.string }
      #expect(names.count == k && Set(names).count == k)
      #expect(names.allSatisfy { !$0.isEmpty })
      #expect(Set(names.flatMap { Tokenizer().tokens(in: $0) }).isDisjoint(with: stop))
      #expect(value["topics"]?.array?.compactMap { $0["size"]?.int } == topics["sizes"]?.ints)
    }
  }

  @Test func papersWithoutATopicAreLeftOutAndCounted() throws {
    let bench = try bench()
    let value = try labelled(bench, ["labels": [0, 0, nil, 1, nil]])
    #expect(value["topics"]?.array?.compactMap { $0["size"]?.int } == [2, 1])
    #expect(codes(value) == ["unassigned", "small-topics"])
    let some = try bench.file("labels.npz", try labelFile([0, 1, 1], ["x", "y", "z"], ["a", "b", "d"]))
    let part = try labelled(bench, ["labels": some])
    #expect(codes(part) == ["unlabelled", "empty-topics", "small-topics"])
    #expect(part["topics"]?.array?.compactMap { $0["size"]?.int } == [1, 2, 0])
    #expect(part["topics"]?[2]?["label"] == "z")
  }

  @Test func whatDoesNotFitTogetherIsRefused() throws {
    let bench = try bench()
    func fault(_ more: JSON) -> String {
      let params = (["papers": .array(papers), "labels": [0, 0, 0, 1, 1]] as JSON).with(more)
      return bench.fault("topics.label", params).map { "\($0.kind) \($0.path ?? "") \($0.message)" } ?? "none"
    }
    #expect(fault(["labels": [0, 1]]).hasPrefix("math.shape /labels 2 rows in the labels for 5 papers"))
    #expect(fault(["labels": [nil, nil, nil, nil, nil]]).hasPrefix("math.degenerate /labels no paper has a topic"))
    #expect(fault(["papers": []]).hasPrefix("math.tooFewSamples"))
    #expect(fault(["matrix": [[1, 2]]]).hasPrefix("math.shape /matrix 1 rows for 5 labels"))
    let wide: JSON = [[1, 2], [1, 2], [1, 2], [1, 2], [1, 2]]
    #expect(fault(["confidence": wide]).hasPrefix("math.shape /confidence 2 columns"))
    #expect(fault(["ngram": [3, 1]]).hasPrefix("params.value /ngram"))
    let strange = (try? bench.file("strange.npz", labelFile([0], ["0"], ["q"]))) ?? nil
    #expect(fault(["labels": strange]).contains("row 0 of the labels is q, which is not in the paper set"))
    let twice = (try? bench.file("twice.npz", labelFile([0, 0], ["0"], ["a", "a"]))) ?? nil
    #expect(fault(["labels": twice]).contains("two rows have the id a"))
  }

  @Test func onePaperIsATopic() throws {
    let bench = try bench()
    let value = try bench.call("topics.label", ["papers": [papers[3]], "labels": [0], "matrix": [[1, 0]]])
    #expect(value["topics"]?[0]?["label"]?.string?.isEmpty == false && value["count"] == 1)
    #expect(value["topics"]?[0]?["contrast"] == nil)
  }

  @Test func picturesAreTermsAMapAndATable() throws {
    let bench = try bench()
    let params: JSON = ["papers": .array(papers), "labels": [0, 0, 0, 1, 1]]
    let titles = try bench.displays("topics.label", params).compactMap { $0["title"]?.string }
    #expect(titles == ["Terms of the topics", "Topics"])
    let matrix = try bench.matrix(Matrix([[1.0, 1], [5, 0], [1, -0.2], [0, 1], [0, 2]]))
    let displays = try bench.displays("topics.label", params.with(["matrix": matrix]))
    #expect(displays.count == 3)
    let map = try #require(displays[1]["data"]?["image/svg+xml"]?.string)
    #expect(map.contains("Graph neural networks") && map.contains("audio"))
    #expect(displays[2]["data"]?["text/html"]?.string?.contains("<table>") == true)
  }
}

/// The file of an artifact of labels.
func labelFile(_ codes: [Int], _ classes: [String], _ ids: [String]) throws -> [UInt8] {
  var bytes: [UInt8] = []
  try LabelFile(codes: codes, classes: classes, rowIDs: ids).write { bytes.append(contentsOf: $0) }
  return bytes
}

extension JSON {
  func without(_ member: String) -> JSON {
    var result = self
    result[member] = nil
    return result
  }
}
