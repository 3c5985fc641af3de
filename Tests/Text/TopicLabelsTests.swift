import Linear
import TestSupport
import Testing

@testable import Text

@Suite struct TopicLabelsTests {
  private let documents = [
    TextDocument(title: "Graph neural networks", body: "Message passing on molecules; message passing is local."),
    TextDocument(title: "Deeper graph neural networks", body: "Graphs of molecules need message passing."),
    TextDocument(title: "Walks on graphs", body: "Molecules as graphs."),
    TextDocument(title: "Speech recognition", body: "Audio frames become phonemes, and phonemes words."),
    TextDocument(title: "Raw audio", body: "Speech from raw audio: phonemes again, audio again."),
    TextDocument(title: "", body: ""),
  ]

  @Test func topicsAreNamedByTheirPhrasesAndWords() throws {
    let labels = try TopicLabels().labels(for: documents, topics: [0, 0, 0, 1, 1, 1], count: 2)
    #expect(labels.map(\.size) == [3, 3])
    #expect(Set(labels[0].phrases.map(\.term)) == ["message passing", "graph neural networks"])
    #expect(!labels[0].terms.map(\.term).contains("passing"), "the phrase stands for it")
    #expect(labels[0].label.contains("message passing") && labels[0].label.contains("molecules"))
    #expect(labels[1].label.hasPrefix("audio, "))
    #expect(labels[1].terms[0] == TopicLabel.Term(term: "audio", weight: labels[1].terms[0].weight, count: 4))
    #expect(labels[0].contrast == nil, "the two have no word in common")
  }

  @Test func aLabelIsNeverEmpty() throws {
    let odd = [
      TextDocument(title: "The Results of Our Paper", body: "we show that"),
      TextDocument(title: "of the", body: "and"),
      TextDocument(title: "", body: "?! ¿"),
      TextDocument(title: " ", body: ""),
      TextDocument(title: "10 20 30", body: "2024"),
      TextDocument(title: "", body: "The proposed method, on 5000 birds"),
    ]
    let labels = try TopicLabels(stopWords: .all([.english, .scholarly, .list(["birds"])]))
      .labels(for: odd, topics: [0, 1, 2, 3, 4, 5], count: 7)
    #expect(
      labels.map(\.label) == [
        "the results of our paper", "of the", "?! ¿", "untitled", "10 20 30", "5000", "untitled",
      ])
    #expect(labels[6].size == 0 && labels[6].terms.isEmpty && labels[6].representatives.isEmpty)
  }

  @Test func representativesAreThoseOfTheHighestConfidence() throws {
    let labels = try TopicLabels(representatives: 2).labels(
      for: documents, topics: [0, 0, 0, 1, 1, -1], count: 2, confidence: [0.5, 0.9, 0.5, 0.1, 0.2, 1])
    #expect(labels.map(\.representatives) == [[1, 0], [4, 3]])
    #expect(labels.map(\.size) == [3, 2])
    let plain = try TopicLabels(representatives: 2).labels(for: documents, topics: [0, 0, 0, 1, 1, -1], count: 2)
    #expect(plain.map(\.representatives) == [[0, 1], [3, 4]])
  }

  @Test func theOrderOfTextsChangesNoTerm() throws {
    let texts = randomDocuments(50)
    let topics = texts.indices.map { $0 % 4 - 1 }
    var numbers = RandomNumbers(seed: 5)
    var order = Array(texts.indices)
    for i in order.indices.reversed() { order.swapAt(i, Int(numbers.next() % UInt64(i + 1))) }
    let labels = try TopicLabels(titleWeight: 2).labels(for: texts, topics: topics, count: 3)
    let moved = try TopicLabels(titleWeight: 2).labels(
      for: order.map { texts[$0] }, topics: order.map { topics[$0] }, count: 3)
    for (a, b) in zip(labels, moved) {
      #expect(a.label == b.label && a.terms == b.terms && a.words == b.words && a.phrases == b.phrases)
      #expect(a.contrast == b.contrast && a.size == b.size)
    }
    #expect(try TopicLabels(titleWeight: 2).labels(for: texts, topics: topics, count: 3) == labels)
  }

  @Test func phrasesEndAtPunctuationAndStopWords() throws {
    let texts = (0..<3).map { _ in TextDocument(body: "Bag of words, deep learning. Optimal transport (fast)") }
    let label = try TopicLabels().labels(for: texts, topics: [0, 0, 0], count: 1)[0]
    #expect(Set(label.terms.map(\.term)) == ["bag", "words", "deep learning", "optimal transport"])
  }

  @Test func labelsAreWrittenAsTheTextsWriteThem() throws {
    let texts = (0..<3).map { _ in
      TextDocument(title: "Zero-Shot Learning With LLMs", body: "Zero-shot learning of LLMs on 3D scenes. LLMs see.")
    }
    let label = try TopicLabels().labels(for: texts, topics: [0, 0, 0], count: 1)[0]
    #expect(label.label.contains("zero-shot learning") && label.label.contains("LLMs"))
    #expect(label.terms.contains { $0.term == "zero shot learning" }, "terms stay comparable")
    let forms = TermForms([TextDocument(title: "Mamba Models", body: "Vision Mamba and NeRF. Mamba_2: $x$ 深層 学習")])
    #expect(forms.form(of: "mamba") == "Mamba" && forms.form(of: "nerf") == "NeRF" && forms.form(of: "深層") == "深層")
    #expect(forms.form(of: "models") == "models" && forms.form(of: "absent term") == "absent term")
  }

  @Test func aWordThatOftenStandsInAPhraseIsNamedByIt() throws {
    let texts = (0..<4).map { i in
      TextDocument(
        body: "Feature selection \(i). A feature, one feature, another feature is found by feature selection")
    }
    let label = try TopicLabels().labels(for: texts, topics: [0, 0, 0, 0], count: 1)[0]
    #expect(label.label.hasPrefix("feature selection") && label.terms[0].term == "feature")
  }

  @Test func optionsOutOfRangeAreRefused() {
    let wrong = [
      TopicLabels(words: -1), TopicLabels(ngram: 0...2), TopicLabels(diversity: 1.5), TopicLabels(diversity: .nan),
      TopicLabels(titleWeight: 0),
    ]
    for labels in wrong {
      #expect(throws: TextFault.self) { try labels.labels(for: documents, topics: [0, 0, 0, 0, 0, 0], count: 1) }
    }
    for confidence in [[1.0], [1, 1, 1, 1, 1, .nan]] {
      #expect(throws: TextFault.self) {
        try TopicLabels().labels(for: documents, topics: [0, 0, 0, 0, 0, 0], count: 1, confidence: confidence)
      }
    }
  }

  @Test func noTopicsAreNoLabels() throws {
    #expect(try TopicLabels().labels(for: [], topics: [], count: 0).isEmpty)
    #expect(try TopicLabels().labels(for: documents, topics: [-1, -1, -1, -1, -1, -1], count: 0).isEmpty)
  }

  @Test func theExamplesTopicsHaveNoStopWordInTheirLabels() throws {
    let papers = try ExamplePapers.all()
    let stop = Set(StopWords.all([.english, .scholarly]).words)
    for count in [1, 13] {
      let labels = try TopicLabels(titleWeight: 2).labels(
        for: papers, topics: papers.indices.map { $0 * 7 % count }, count: count)
      #expect(Set(labels.flatMap { Tokenizer().tokens(in: $0.label) }).isDisjoint(with: stop))
      #expect(labels.allSatisfy { !$0.label.isEmpty && $0.terms.count == 10 })
    }
  }
}
