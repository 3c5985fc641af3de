import Charts
import JSON
import Testing

@Suite struct ChartTests {
  @Test(arguments: Samples.all.map(\.name))
  func everyPictureIsOneWellFormedSVGWithNameAndDescription(_ name: String) throws {
    let chart = try #require(Samples.all.first { $0.name == name }?.chart)
    let svg = try #require(SVGReading(chart.svg))
    let root = try #require(svg.elements.first)
    #expect(root.name == "svg" && root.attributes["role"] == "img" && root.attributes["viewBox"] != nil)
    #expect(root.title == chart.title)
    let described = try #require(root.attributes["aria-labelledby"]).split(separator: " ").map(String.init)
    #expect(Set(described) == Set(svg.elements.prefix(3).compactMap { $0.attributes["id"] }))
    #expect(svg["desc"].first?.text.isEmpty == false)
    #expect(chart.vegaLite["$schema"]?.string == "https://vega.github.io/schema/vega-lite/v5.json")
    #expect(chart.plainText.hasPrefix(chart.title))
  }

  @Test(arguments: Samples.all.map(\.name))
  func picturesHoldNoScriptAndReferToNothingOutside(_ name: String) throws {
    let text = try #require(Samples.all.first { $0.name == name }?.chart.svg)
    let svg = try #require(SVGReading(text))
    let allowed: Set<String> = ["svg", "title", "desc", "style", "g", "rect", "circle", "path", "text"]
    #expect(svg.elements.allSatisfy { allowed.contains($0.name) })
    let names = Set(svg.elements.flatMap(\.attributes.keys))
    #expect(!names.contains { $0.hasPrefix("on") || $0.hasSuffix("href") || $0 == "style" })
    #expect(!text.contains("url(") && !text.contains("@import"))
  }

  @Test func equalDataGiveEqualBytes() {
    for (first, second) in zip(Samples.all, Samples.all) {
      #expect(first.chart.svg == second.chart.svg)
      #expect(first.chart.vegaLite.text == second.chart.vegaLite.text)
    }
  }

  @Test func identifiersDifferBetweenPicturesOfOnePage() {
    let identifiers = Samples.all.flatMap {
      SVGReading($0.chart.svg)?.elements.compactMap { $0.attributes["id"] } ?? []
    }
    #expect(identifiers.count == 2 * Samples.all.count)
    #expect(Set(identifiers).count == identifiers.count)
  }

  @Test func everyClassIsPrefixed() throws {
    for (_, chart) in Samples.all {
      let svg = try #require(SVGReading(chart.svg))
      let classes = svg.elements.flatMap { ($0.attributes["class"] ?? "").split(separator: " ") }
      #expect(classes.allSatisfy { $0 == "qc" || $0.hasPrefix("qc-") })
    }
  }

  @Test func coordinatesHaveAtMostTwoDecimals() throws {
    for (_, chart) in Samples.all {
      let svg = try #require(SVGReading(chart.svg))
      for element in svg.elements {
        for name in ["x", "y", "width", "height", "cx", "cy", "r", "d", "transform", "viewBox", "fill-opacity"] {
          let value = element.attributes[name] ?? ""
          #expect(value.firstMatch(of: /\.\d{3}|nan|inf|e/.ignoresCase()) == nil || name == "transform", "\(value)")
        }
      }
    }
  }

  @Test func hostileTextStaysText() throws {
    let hostile = "</svg><script>alert(1)</script> \" onload=\"x' ]]> & \u{0} \u{1B} <!--"
    let shown = hostile.replacing("\u{0}", with: "\u{FFFD}").replacing("\u{1B}", with: "\u{FFFD}")
    let charts: [any Chart] = [
      ScatterChart(
        title: hostile, points: [.init(x: 1, y: 2, category: hostile, title: hostile, note: hostile)],
        xAxis: Axis(hostile, unit: hostile), yAxis: Axis(hostile), categoryTitle: hostile, note: hostile),
      BarChart(
        title: hostile, axis: Axis(hostile),
        bars: [
          .init(hostile, 1, series: hostile, interval: 0...2),
          .init("b", 1, series: "other"),
        ], references: [ReferenceLine(hostile, 0.5)], intervalTitle: hostile),
      BarChart(
        title: hostile, axis: Axis(hostile), bars: [.init(hostile, .nan)],
        references: [ReferenceLine(hostile, 0.5)], direction: .vertical, note: hostile),
      LineChart(
        title: hostile, xAxis: Axis(hostile), yAxis: Axis(hostile), curves: [.init(hostile, [.init(1, 2)])],
        bands: [.init(hostile, [.init(0, 1, 2), .init(2, 1, 2)])], choice: .init(hostile, x: 1),
        references: [ReferenceLine(hostile, 1)], note: hostile),
      TermBars(title: hostile, topics: [.init(hostile, terms: [.init(hostile, 1)])], weightTitle: hostile),
      ConfusionChart(
        title: hostile, rowTitle: hostile, columnTitle: hostile, rowNames: [hostile],
        columnNames: [hostile], counts: [[3]], note: hostile),
    ]
    for chart in charts {
      let svg = try #require(SVGReading(chart.svg), "\(chart)")
      #expect(svg["script"].isEmpty)
      #expect(svg.elements.first?.title == shown)
      #expect(svg.elements.allSatisfy { $0.attributes["onload"] == nil })
    }
  }

  @Test func nothingToShowAndNumbersOutOfRangeStillMakeAPicture() throws {
    let wild: [Double] = [
      .nan, .infinity, -.infinity, 1.7e308, -1.7e308, .leastNonzeroMagnitude, 0, -0.0, 1e-300, 1e299, -1e299,
    ]
    let charts: [any Chart] = [
      ScatterChart(title: "", points: []),
      ScatterChart(
        title: "wild",
        points: wild.flatMap { x in
          wild.map {
            .init(x: x, y: $0, category: "c", title: "t", confidence: x)
          }
        }, xAxis: Axis("x"),
        yAxis: Axis("y", scale: .logarithmic)),
      BarChart(title: "", axis: Axis(""), bars: []),
      BarChart(title: "", axis: Axis(""), bars: [], direction: .vertical),
      BarChart(
        title: "wild", axis: Axis("v", scale: .logarithmic, domain: -1...1), bars: wild.map { .init("bar", $0) }),
      BarChart(
        title: "wild", axis: Axis("v"), bars: wild.map { .init("bar", $0, interval: -.infinity ... .infinity) },
        references: wild.map { ReferenceLine("r", $0) }, direction: .vertical),
      LineChart(title: "", xAxis: Axis(""), yAxis: Axis(""), curves: []),
      LineChart(
        title: "wild", xAxis: Axis("x", scale: .logarithmic), yAxis: Axis("y"),
        curves: [.init("a", wild.map { .init($0, $0) })], bands: [.init("b", wild.map { .init($0, $0, -$0) })],
        choice: .init("chosen", x: .nan), references: wild.map { ReferenceLine("r", $0) }),
      TermBars(title: "", topics: []), TermBars(title: "", topics: [.init("", terms: wild.map { .init("t", $0) })]),
      ConfusionChart(title: "", rowNames: [], columnNames: [], counts: []),
      ConfusionChart(
        title: "", rowNames: ["a", "b", "c"], columnNames: ["a", "b"],
        counts: [[.max, .max], [-5], [], [1, 2, 3]]),
    ]
    for chart in charts {
      let svg = chart.svg
      #expect(SVGReading(svg) != nil)
      #expect(svg.firstMatch(of: /[" (](nan|-?inf)/) == nil)
      #expect(throws: Never.self) { try JSON.parse(chart.vegaLite.bytes) }
      #expect(chart.plainText.firstMatch(of: /: (nan|-?inf)/) == nil)
    }
  }
}
