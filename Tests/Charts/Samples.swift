import Charts

/// Charts of the sizes that occur, made from a small generator so that every run sees the same.
enum Samples {
  /// Numbers in 0 ..< 1 (Knuth's MMIX multiplier).
  struct Noise {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> Double {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Double(state >> 11) / 9_007_199_254_740_992
    }
  }

  static let topicNames = [
    "graph neural networks", "protein structure prediction", "retrieval", "word sense", "federated learning",
    "causal inference from observational health records", "speech", "optimal transport", "diffusion models",
    "program synthesis", "robotics", "fairness",
  ]

  static func scatter(categories count: Int, points: Int = 119) -> ScatterChart {
    var noise = Noise(UInt64(count))
    let centers = (0..<count).map { _ in (noise.next() * 60 - 30, noise.next() * 40 - 20) }
    let names = (0..<count).map { index in
      index < topicNames.count ? topicNames[index] : "\(topicNames[index % 12]) \(index / 12 + 1)"
    }
    let made = (0..<points).map { index -> ScatterChart.Point in
      let category = index % count
      return ScatterChart.Point(
        x: centers[category].0 + (noise.next() + noise.next() - 1) * 7,
        y: centers[category].1 + (noise.next() + noise.next() - 1) * 7,
        category: index % 23 == 22 ? nil : names[category], title: "Paper \(index + 1) on \(names[category])",
        note: "graph, node, edge · \(1990 + index % 35)", confidence: noise.next())
    }
    return ScatterChart(
      title: "Topics of \(points) papers", points: made, categoryTitle: "topic",
      note: "t-SNE, perplexity 30, trustworthiness .88")
  }

  static var scatterWithAxes: ScatterChart {
    var chart = scatter(categories: 2)
    chart.title = "First two principal components of the hidden states before the concept is erased, by class label"
    chart.xAxis = Axis("first component", unit: "31 % of variance")
    chart.yAxis = Axis("second component", unit: "12 % of variance")
    return chart
  }

  static var accuracies: BarChart {
    BarChart(
      title: "Linear probe before and after erasure", axis: Axis("accuracy", domain: 0...1),
      bars: [
        .init("concept, linear probe", 0.857, series: "before", interval: 0.812...0.894),
        .init("concept, linear probe", 0.602, series: "after", interval: 0.548...0.653),
        .init("concept, two-layer probe", 0.881, series: "before", interval: 0.839...0.914),
        .init("concept, two-layer probe", 0.734, series: "after", interval: 0.683...0.779),
        .init("main task of the model, kept as it was in the first study", 0.913, series: "before"),
        .init("main task of the model, kept as it was in the first study", 0.909, series: "after"),
      ],
      references: [ReferenceLine("majority", 0.61), ReferenceLine("chance", 0.5)],
      intervalTitle: "95 %, Wilson", count: 320, note: "LEACE fitted on 1 280 other rows")
  }

  static var differences: BarChart {
    BarChart(
      title: "Change of the loss by layer", axis: Axis("change", unit: "nats"),
      bars: (1...14).map { (layer: Int) -> BarChart.Bar in
        let size = Double(layer) / 97
        return BarChart.Bar("layer \(layer)", layer % 3 == 0 ? -size : size)
      } + [BarChart.Bar("layer 15", .nan)],
      direction: .vertical, count: 4_000)
  }

  static var years: BarChart {
    BarChart(
      title: "Papers by year", axis: Axis("papers"),
      bars: (1...14).map { (year: Int) in BarChart.Bar(String(2010 + year), Double(year * year % 31)) },
      references: [ReferenceLine("mean", 12.4)], direction: .vertical, count: 119)
  }

  static var silhouette: LineChart {
    let heights = [
      0.043, 0.061, 0.078, 0.092, 0.104, 0.117, 0.131, 0.14, 0.152, 0.16, 0.171, 0.169, 0.166, 0.158, 0.151,
    ]
    let corpus = heights.enumerated().map { LineChart.Sample(Double($0.offset + 2), $0.element) }
    let raw = corpus.map { LineChart.Sample($0.x, $0.y + (Int($0.x) % 2 == 0 ? 0.008 : -0.006)) }
    let nulls = corpus.map { LineChart.Band.Edge($0.x, 0.05, 0.068 + $0.x / 1000) }
    return LineChart(
      title: "Silhouette by number of topics", xAxis: Axis("topics k"), yAxis: Axis("silhouette", unit: "cosine"),
      curves: [.init("this corpus", corpus), .init("raw", raw)], bands: [.init("19 null sets", nulls)],
      choice: .init("k = 12", x: 12), references: [ReferenceLine("largest null", 0.084)], count: 119,
      note: "smoothed (¼, ½, ¼)")
  }

  static var regularisation: LineChart {
    LineChart(
      title: "Held-out loss by inverse regularisation", xAxis: Axis("C", scale: .logarithmic),
      yAxis: Axis("loss", unit: "nats"),
      curves: [
        .init(
          "held-out loss",
          (-4...3).map { (power: Int) in LineChart.Sample(pow10(power), 0.4 + Double(power * power) / 40) })
      ],
      choice: .init("C = 1", x: 1))
  }

  private static func pow10(_ power: Int) -> Double {
    power < 0 ? 1 / pow10(-power) : (0..<power).reduce(1.0) { value, _ in value * 10 }
  }

  static func terms(topics count: Int) -> TermBars {
    var noise = Noise(7)
    let words = [
      "graph", "neural", "node embedding", "message passing", "spectral", "attention", "transformer", "language model",
      "protein", "folding", "electroencephalographically recorded responses", "benchmark", "retrieval", "ranking",
    ]
    return TermBars(
      title: "Top terms of each topic",
      topics: (0..<count).map { index in
        var weight = 0.4
        return .init(
          topicNames[index % 12] + (index < 12 ? "" : " \(index / 12 + 1)"), count: 119 / count,
          terms: (0..<8).map { rank in
            weight *= 0.75 + noise.next() * 0.25
            return .init(words[(index * 3 + rank) % words.count], weight)
          })
      },
      weightTitle: "c-TF-IDF")
  }

  static func confusion(classes count: Int) -> ConfusionChart {
    var noise = Noise(3)
    let names = (0..<count).map { count <= 10 ? "digit \($0)" : topicNames[$0 % 12] + " \($0)" }
    return ConfusionChart(
      title: "Answers of the probe on held-out rows", rowNames: names, columnNames: names,
      counts: (0..<count).map { row in
        (0..<count).map { column in
          let chance = noise.next()
          return row == column ? 20 + Int(chance * 20) : chance > 0.8 ? Int(noise.next() * 6) : 0
        }
      }, note: "5 folds")
  }

  static func heatMap(size: Int) -> HeatMap {
    var noise = Noise(9)
    let names = (0..<size).map { "\(topicNames[$0 % 12]) \($0)" }
    return HeatMap(
      title: "Cosines between concepts", rowTitle: "concept", columnTitle: "concept", rowNames: names,
      columnNames: names,
      values: names.indices.map { row in
        names.indices.map { row == $0 ? 1 : $0 == 3 ? .nan : 2 * noise.next() - 1 }
      }, full: 1, note: "causal inner product")
  }

  static var all: [(name: String, chart: any Chart)] {
    [
      ("scatter-2", scatter(categories: 2)), ("scatter-12", scatter(categories: 12)),
      ("scatter-40", scatter(categories: 40, points: 600)), ("scatter-axes", scatterWithAxes),
      ("bars-grouped", accuracies), ("bars-signed", differences), ("bars-years", years),
      ("line-silhouette", silhouette), ("line-log", regularisation), ("terms-6", terms(topics: 6)),
      ("terms-40", terms(topics: 40)), ("confusion-10", confusion(classes: 10)),
      ("confusion-40", confusion(classes: 40)), ("confusion-2", confusion(classes: 2)),
      ("heat-5", heatMap(size: 5)), ("heat-70", heatMap(size: 70)),
    ]
  }
}
