import JSON

/// Small multiples: the top terms of each topic, each panel on its own scale.
public struct TermBars: Chart, Equatable {
  public struct Term: Sendable, Equatable {
    public var text: String
    public var weight: Double

    public init(_ text: String, _ weight: Double) {
      self.text = text
      self.weight = weight
    }
  }

  public struct Topic: Sendable, Equatable {
    public var name: String
    /// How many papers the topic has.
    public var count: Int?
    /// In descending order of weight.
    public var terms: [Term]

    public init(_ name: String, count: Int? = nil, terms: [Term]) {
      self.name = name
      self.count = count
      self.terms = terms
    }
  }

  public var title: String
  public var topics: [Topic]
  /// What a bar's length is (`c-TF-IDF weight`); it goes into the caption.
  public var weightTitle: String
  public var note: String?

  public init(title: String, topics: [Topic], weightTitle: String = "weight", note: String? = nil) {
    self.title = title
    self.topics = topics
    self.weightTitle = weightTitle
    self.note = note
  }

  /// At most this many topics are drawn, and as many terms of each as `termLimit`.
  public static let topicLimit = 120
  public static let termLimit = 12

  public var plainText: String {
    let rows = topics.map { topic in
      "\(topic.heading): " + topic.terms.map { "\($0.text) \(NumberText.brief($0.weight))" }.joined(separator: ", ")
    }
    return ([title] + rows + [caption]).joined(separator: "\n")
  }
}

extension TermBars.Topic {
  var heading: String { count.map { "\(name) (\($0))" } ?? name }

  /// The terms that a picture shows: those of a positive weight.
  var drawnTerms: [TermBars.Term] {
    Array(terms.lazy.filter { $0.weight.isDrawable && $0.weight > 0 }.prefix(TermBars.termLimit))
  }
}

extension TermBars {
  var drawnTopics: ArraySlice<Topic> { topics.prefix(Self.topicLimit) }

  var caption: String {
    let counts = topics.compactMap(\.count)
    return captionText(
      count: counts.count == topics.count && !counts.isEmpty ? counts.reduce(0, +) : nil,
      "bars: \(weightTitle), longest in each panel = 1",
      topics.count > Self.topicLimit ? "\(Self.topicLimit) of \(topics.count) topics drawn" : nil, note)
  }

  public var svg: String {
    var drawing = Drawing()
    let top = drawing.heading(title)
    let topics = drawnTopics
    let gutter = 14.0
    // Three columns where the names of the topics fit into them, else two.
    let third = (Drawing.width - 16 - gutter * 2) / 3
    let isShort = topics.allSatisfy { TextWidth.of($0.heading, size: 14) <= third }
    let columns = max(1, min(isShort ? 3 : 2, topics.count))
    let panel = (Drawing.width - 16 - gutter * Double(columns - 1)) / Double(columns)
    var y = top
    for start in stride(from: 0, to: topics.count, by: columns) {
      let row = topics[start..<min(start + columns, topics.count)]
      for (offset, topic) in row.enumerated() {
        draw(topic, start + offset, x: 8 + (panel + gutter) * Double(offset), y: y, width: panel, &drawing)
      }
      y += 34 + 19 * Double(row.map(\.drawnTerms.count).max() ?? 0)
    }
    let height = drawing.caption(caption, below: y - 6)
    return drawing.document(title: title, description: description, height: height)
  }

  private func draw(
    _ topic: Topic, _ index: Int, x: Double, y: Double, width: Double, _ drawing: inout Drawing
  ) {
    let suffix = topic.count.map { " (\($0))" } ?? ""
    let name = TextWidth.cut(topic.name, to: width - TextWidth.of(suffix, size: 14), size: 14)
    drawing.text(name + suffix, x: x, y: y + 17, "qc-strong", title: name == topic.name ? nil : topic.name)
    let terms = topic.drawnTerms
    let largest = terms.map(\.weight).max() ?? 1
    drawing.inHue(index) { drawing in
      for (place, term) in terms.enumerated() {
        drawing.rectangle(
          x: x, y: y + 24 + 19 * Double(place), width: width * term.weight / largest, height: 17, "qc-fill",
          opacity: 0.25, title: "\(term.text): \(NumberText.brief(term.weight))")
        drawing.rectangle(x: x, y: y + 24 + 19 * Double(place), width: 3, height: 17, "qc-fill")
      }
    }
    for (place, term) in terms.enumerated() {
      drawing.text(term.text, cutTo: width - 10, size: 13, x: x + 8, y: y + 37 + 19 * Double(place))
    }
  }

  private var description: String {
    let names = drawnTopics.prefix(6).map { topic in
      "\(topic.heading): \(topic.drawnTerms.prefix(3).map(\.text).joined(separator: ", "))"
    }
    return "Top terms of \(topics.count) topics. \(names.joined(separator: "; "))"
  }

  public var vegaLite: JSON {
    let names = drawnTopics.map(\.heading)
    let values = drawnTopics.flatMap { topic in
      topic.drawnTerms.enumerated().map { rank, term -> JSON in
        [
          "topic": .string(topic.heading), "term": .string(term.text), "weight": .real(term.weight),
          "rank": JSON(rank),
        ]
      }
    }
    return VegaLite.specification(
      title: title, caption: caption, values: values, width: nil,
      [
        "facet": ["field": "topic", "type": "nominal", "title": nil, "sort": JSON(names)], "columns": 3,
        "spec": [
          "width": 150, "height": ["step": 16], "mark": ["type": "bar", "tooltip": true],
          "encoding": [
            "x": ["field": "weight", "type": "quantitative", "title": .string(weightTitle), "axis": nil],
            "y": ["field": "term", "type": "nominal", "title": nil, "sort": ["field": "rank"]],
            "color": [
              "field": "topic", "type": "nominal", "legend": nil,
              "scale": [
                "domain": JSON(names),
                "range": JSON(names.indices.map { ChartColors.light.hues[$0 % ChartColors.hueCount] }),
              ],
            ],
          ],
        ],
        "resolve": ["scale": ["x": "independent", "y": "independent"]],
      ])
  }
}
