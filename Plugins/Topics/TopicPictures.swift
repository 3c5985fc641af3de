import Charts
import JSON
import PluginKit

/// Topics as bars of their terms and as a table.
enum TopicPictures {
  /// How many rows each topic has, and how many of them are weak.
  static func sizes(_ names: [String], _ sizes: [Int], weak: [Int]) -> BarChart {
    let hasWeak = weak.contains { $0 > 0 }
    return BarChart(
      title: "Sizes of the topics", axis: Axis("rows"),
      bars: names.indices.prefix(60).flatMap { topic -> [BarChart.Bar] in
        let all = BarChart.Bar(names[topic], Double(sizes[topic]), series: hasWeak ? "all" : nil)
        return hasWeak ? [all, .init(names[topic], Double(weak[topic]), series: "weak")] : [all]
      }, count: sizes.reduce(0, +), note: names.count > 60 ? "the first 60 of \(names.count) topics" : nil)
  }

  static func terms(_ topics: [NamedTopic]) -> TermBars {
    TermBars(
      title: "Terms of the topics",
      topics: topics.filter { $0.size > 0 }.map { topic in
        TermBars.Topic(
          "\(topic.topic) \(topic.label)", count: topic.size,
          terms: topic.terms.sorted { $0.weight > $1.weight }.map { .init($0.term, $0.weight) })
      },
      weightTitle: "class-based TF-IDF", note: "the terms describe the groups that they were chosen from: no test")
  }

  static func table(_ topics: [NamedTopic]) -> Display.Table {
    let names = Dictionary(topics.map { ($0.topic, $0.label) }, uniquingKeysWith: { first, _ in first })
    return Display.Table(
      columns: ["topic", "papers", "label", "phrases", "representatives", "unlike the nearest"],
      rows: topics.filter { $0.size > 0 }.map { topic in
        let contrast = topic.contrast.map { contrast in
          contrast.terms.map(\.term).joined(separator: ", ") + " – not \(names[contrast.topic] ?? "")"
        }
        return [
          JSON(topic.topic), JSON(topic.size), .string(topic.label), .string(topic.phrases.joined(separator: ", ")),
          .string(topic.representatives.map(\.title).joined(separator: " · ")), .string(contrast ?? ""),
        ]
      })
  }
}
