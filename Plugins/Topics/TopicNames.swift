import PluginKit
import Text

/// A topic as a person reads it.
struct NamedTopic: Encodable, Sendable {
  struct Paper: Encodable, Sendable {
    let id: String
    let title: String
  }

  /// The topic's number: its place among the classes of the labels.
  let topic: Int
  /// What the labels call it.
  let name: String
  let label: String
  let size: Int
  let terms: [TopicLabel.Term]
  let words: [String]
  let phrases: [String]
  let representatives: [Paper]
  let contrast: Contrast?
  /// Whether no term of its papers could name it.
  let isNameless: Bool

  private enum CodingKeys: String, CodingKey {
    case topic, name, label, size, terms, words, phrases, representatives, contrast
  }
}

/// Chooses the label of each topic: never empty, never a stop word, no two alike.
struct TopicNames {
  private let options: TopicLabels
  private let classes: [String]
  private let stop: Set<String>

  init(_ options: TopicLabels, _ classes: [String]) {
    self.options = options
    self.classes = classes
    stop = Set(options.stopWords.words.flatMap { options.tokenizer.tokens(in: $0) })
  }

  func topics(
    of texts: LabelledPapers, documents: [TextDocument], confidence: [Double]?
  ) throws -> [NamedTopic] {
    let found: [TopicLabel]
    do throws(TextFault) {
      found = try options.labels(
        for: documents, topics: texts.topics, count: classes.count, confidence: confidence)
    } catch {
      throw MethodError.invalidParameter(pointer: "/\(error.name)", expected: error.message)
    }
    var taken: Set<String> = []
    return found.map { topic in
      let proper = name(topic)
      let label = proper ?? number(topic.topic)
      let distinct = taken.insert(label).inserted ? label : "\(label) (\(number(topic.topic)))"
      return NamedTopic(
        topic: topic.topic, name: classes[topic.topic], label: distinct, size: topic.size, terms: topic.terms,
        words: topic.words.map(\.term), phrases: topic.phrases.map(\.term),
        representatives: topic.representatives.map { .init(id: texts.papers[$0].id, title: texts.papers[$0].title) },
        contrast: topic.contrast, isNameless: proper == nil)
    }
  }

  /// The label when it has words of its own; where papers have nothing but stop words, their titles are made of them.
  private func name(_ topic: TopicLabel) -> String? {
    guard topic.size > 0, !topic.terms.isEmpty || topic.label != "untitled" else { return nil }
    let tokens = options.tokenizer.tokens(in: topic.label)
    return tokens.isEmpty || tokens.contains(where: stop.contains) ? nil : topic.label
  }

  /// `topic 3`, or what the labels call it.
  private func number(_ topic: Int) -> String {
    Int(classes[topic]) == nil && !classes[topic].isEmpty ? classes[topic] : "topic \(classes[topic])"
  }
}

/// What a reader of the names should know.
enum LabelWarnings {
  static func about(_ topics: [NamedTopic], _ texts: LabelledPapers, _ options: TopicLabels) -> [Warning] {
    var warnings: [Warning] = []
    func add(_ code: String, _ number: Int, _ one: String, _ more: String, _ rest: String) {
      guard number > 0 else { return }
      warnings.append(Warning(code, number.counted(one, more) + rest))
    }
    add(
      "unassigned", texts.topics.count { $0 < 0 }, "paper has", "papers have",
      " no topic and no part in the names")
    add("unlabelled", texts.unnamed, "paper of the set is", "papers of the set are", " not among the labels")
    add("empty-topics", topics.count { $0.size == 0 }, "topic has", "topics have", " no papers")
    let small = topics.filter { $0.size == 1 || $0.size == 2 }
    add(
      "small-topics", small.count, "topic has", "topics have",
      " one or two papers, whose words name it: \(small.map { String($0.topic) }.listed())")
    let nameless = topics.filter { $0.isNameless && $0.size > 0 }
    add(
      "nameless", nameless.count, "topic has", "topics have",
      " no word beside stop words and keep a number: \(nameless.map { String($0.topic) }.listed())")
    let unmatchable = options.stopWords.unmatchable(by: options.tokenizer)
    if !unmatchable.isEmpty {
      warnings.append(Warning("stop-words", "no single token, so never left out: \(unmatchable.listed())"))
    }
    return warnings
  }
}
