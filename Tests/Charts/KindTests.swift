import Charts
import JSON
import Testing

@Suite struct KindTests {
  // MARK: - Bars

  @Test func barLengthsAreInProportionToTheirValues() throws {
    let chart = BarChart(title: "t", axis: Axis("v"), bars: [.init("a", 0.25), .init("b", 0.5), .init("c", -0.5)])
    let bars = try #require(SVGReading(chart.svg))["rect"].filter { $0.title != nil }
    #expect(bars.map(\.title) == ["a: 0.25", "b: 0.5", "c: -0.5"])
    #expect(abs(bars[1].number("width") / bars[0].number("width") - 2) < 0.001)
    #expect(abs(bars[1].number("width") - bars[2].number("width")) < 0.011)
    // Negative bars end where positive ones begin.
    #expect(abs(bars[2].number("x") + bars[2].number("width") - bars[0].number("x")) < 0.011)
  }

  @Test func referenceLinesBearTheirNameAndValue() throws {
    for direction in [BarChart.Direction.horizontal, .vertical] {
      let chart = BarChart(
        title: "t", axis: Axis("accuracy"), bars: [.init("probe", 0.8)],
        references: [ReferenceLine("majority", 0.61)], direction: direction)
      #expect(try #require(SVGReading(chart.svg)).texts.contains("majority 0.61"))
      #expect(chart.vegaLite.text.contains("majority 0.61"))
    }
  }

  /// A whisker that reaches to the left end leaves the number no room there: it stands on the other side.
  @Test func numbersNeverStandOverTheNamesOfTheBars() throws {
    let chart = BarChart(
      title: "t", axis: Axis("first − second"),
      bars: [.init("ridge − discriminant", -0.034, interval: -0.39...0.2), .init("other", -0.02)])
    let svg = try #require(SVGReading(chart.svg))
    let name = try #require(svg["text"].first { $0.text.hasPrefix("ridge") })
    let wide = try #require(svg["text"].first { $0.text == "−0.034" })
    let narrow = try #require(svg["text"].first { $0.text == "−0.02" })
    #expect(wide.number("x") > narrow.number("x") && narrow.number("x") > name.number("x") + 30)
    #expect(wide.attributes["class"]?.contains("qc-end") != true)
  }

  @Test func theAxisIncludesZeroTheWhiskersAndTheReferences() throws {
    let chart = BarChart(
      title: "t", axis: Axis("v"), bars: [.init("a", 5, interval: 4...38)], references: [ReferenceLine("r", -12)])
    let texts = try #require(SVGReading(chart.svg)).texts
    #expect(["−20", "0", "40"].allSatisfy(texts.contains))
  }

  @Test func seriesHaveALegendAndAHueEach() throws {
    let svg = try #require(SVGReading(Samples.accuracies.svg))
    #expect(svg.texts.filter { $0 == "before" || $0 == "after" }.count == 2)
    let groups = Set(svg["g"].compactMap { $0.attributes["class"] })
    #expect(groups == ["qc-0", "qc-1"])
  }

  // MARK: - Points

  @Test func everyPointHasItsTitleOnHover() throws {
    let chart = Samples.scatter(categories: 40, points: 600)
    let svg = try #require(SVGReading(chart.svg))
    let hovers = svg.elements.filter { $0.attributes["class"] == "qc-point" }.compactMap(\.title)
    #expect(Set(hovers.map { String($0.prefix { $0 != "\n" }) }) == Set(chart.points.map(\.title)))
    #expect(hovers.count == 600)
  }

  @Test func seventyTwoCategoriesDifferInHueOrShape() throws {
    let points = (0..<72).map { ScatterChart.Point(x: Double($0), y: 0, category: "c\($0)", title: "p\($0)") }
    let svg = ScatterChart(title: "t", points: points).svg
    var looks: Set<String> = []
    // A group holds the points of one category; the shape is the path data relative to its first corner.
    for group in svg.split(separator: "<g class=\"").dropFirst().prefix(72) {
      let hue = group.prefix { $0 != "\"" }
      let shape = group.contains("<circle") ? "circle" : String(group.filter { $0 == "L" }.count)
      let first = group.firstMatch(of: /d="M([0-9.]+) ([0-9.]+)L([0-9.]+) ([0-9.]+)/)
      let turn = first.map { "\(Double($0.1) == Double($0.3)) \((Double($0.2) ?? 0) < (Double($0.4) ?? 0))" } ?? ""
      looks.insert("\(hue) \(shape) \(turn)")
    }
    #expect(looks.count == 72)
  }

  @Test func theNameStandsAtTheMedoid() throws {
    // On a line the medoid is the median.
    let places = [0.0, 1, 2, 3, 100]
    let chart = ScatterChart(
      title: "t", points: places.map { .init(x: $0, y: 0, category: "group", title: "p\($0)") })
    let svg = try #require(SVGReading(chart.svg))
    let name = try #require(svg["text"].first { $0.attributes["class"]?.contains("qc-halo") == true })
    let medoid = try #require(svg["circle"].first { $0.title?.hasPrefix("p2.0\n") == true })
    #expect(name.text == "group")
    // The name keeps inside the frame, so it may stand right of a point near the edge, but never left of it.
    #expect(abs(name.number("x") - medoid.number("cx")) < 20)
    #expect(chart.vegaLite["layer"]?[1]?["data"]?["values"]?[0]?["x"]?.double == 2)
  }

  @Test func lessConfidentPointsArePaler() throws {
    let chart = ScatterChart(
      title: "t", points: [0, 0.5, 1].map { .init(x: $0, y: 0, title: "p\($0)", confidence: $0) })
    let opacities = try #require(SVGReading(chart.svg))["circle"].map { $0.number("fill-opacity") }
    #expect(opacities == opacities.sorted() && Set(opacities).count == 3)
  }

  @Test func longNamesAreCutAndKeptWhole() throws {
    let name = "causal inference from observational health records of many hospitals, in the presence of confounding"
    let chart = ScatterChart(title: "t", points: [.init(x: 0, y: 0, category: name, title: "p")])
    let shown = try #require(SVGReading(chart.svg))["text"].filter { $0.text.hasPrefix("causal") }
    #expect(shown.count == 2)
    #expect(shown.allSatisfy { $0.text.contains("…") && $0.title == name })
  }

  @Test func manyPointsAreThinnedAndTheCaptionSaysSo() throws {
    let points = (0..<10_000).map { ScatterChart.Point(x: Double($0 % 100), y: Double($0 / 100), title: "p") }
    let chart = ScatterChart(title: "t", points: points + [.init(x: .nan, y: 0, title: "lost")])
    let svg = try #require(SVGReading(chart.svg))
    #expect(svg.texts.contains("n = 10000 · 4000 drawn · 1 outside the picture"))
    #expect(chart.vegaLite["data"]?["values"]?.array?.count == ScatterChart.pointLimit)
  }

  // MARK: - Lines

  @Test func theChosenPointIsMarkedAndNamed() throws {
    let svg = try #require(SVGReading(Samples.silhouette.svg))
    #expect(svg.texts.contains("k = 12"))
    let ring = try #require(svg["circle"].first { $0.attributes["class"] == "qc-mark" })
    let sample = try #require(svg["circle"].first { $0.title == "this corpus\n12: 0.171" })
    #expect(ring.number("cx") == sample.number("cx") && ring.number("cy") == sample.number("cy"))
  }

  @Test func decadesAreEvenlySpacedOnALogarithmicAxis() throws {
    let svg = try #require(SVGReading(Samples.regularisation.svg))
    let ticks = ["0.0001", "0.001", "0.01", "0.1", "1", "10", "100", "1000"].compactMap { label in
      svg["text"].first { $0.text == label }?.number("x")
    }
    #expect(ticks.count == 8)
    let steps = zip(ticks.dropFirst(), ticks).map { $0 - $1 }
    #expect(steps.allSatisfy { abs($0 - steps[0]) < 0.03 })
  }

  @Test func aGapInTheDataIsAGapInTheCurve() throws {
    let curve = LineChart.Curve("c", [.init(0, 1), .init(1, 2), .init(2, .nan), .init(3, 2), .init(4, 1)])
    let chart = LineChart(title: "t", xAxis: Axis("x"), yAxis: Axis("y"), curves: [curve])
    let path = try #require(SVGReading(chart.svg))["path"].first { $0.attributes["class"] == "qc-curve" }
    #expect(path?.attributes["d"]?.filter { $0 == "M" }.count == 2)
  }

  // MARK: - Tables of counts, terms

  @Test func cellsAreShadedByTheShareOfTheirRow() throws {
    let chart = ConfusionChart(
      title: "t", rowNames: ["a", "b"], columnNames: ["a", "b"], counts: [[3, 1], [0, 40]])
    let cells = try #require(SVGReading(chart.svg))["rect"].filter { $0.title != nil }
    #expect(cells.map(\.title) == ["a → a: 3 (75 %)", "a → b: 1 (25 %)", "b → b: 40 (100 %)"])
    let shades = cells.map { $0.number("fill-opacity") }
    #expect(shades[1] < shades[0] && shades[0] < shades[2] && shades[2] <= 0.75)
    #expect(
      chart.plainText == """
        t
        true class → predicted class
        a → a 3, b 1
        b → b 40
        n = 44 · shade: share of the row
        """)
  }

  @Test func theLongestBarOfEachTopicFillsItsPanel() throws {
    let chart = TermBars(
      title: "t",
      topics: [.init("a", terms: [.init("x", 0.9), .init("y", 0.3)]), .init("b", terms: [.init("z", 0.01)])])
    let bars = try #require(SVGReading(chart.svg))["rect"].filter { $0.title != nil }.map { $0.number("width") }
    #expect(bars[0] == bars[2])
    #expect(abs(bars[0] / bars[1] - 3) < 0.001)
  }
}
