import Charts
import JSON
import Testing

private func picture(_ chart: some Chart, width: Int = 72, isColored: Bool = false) throws -> [String] {
  try #require(TextPicture(width: width, isColored: isColored).lines(of: chart.vegaLite))
}

/// Blocks of a line.
private func length(_ line: String) -> Int { line.count { "█▓▒░".contains($0) } }

@Test func barsAreAsLongAsTheirValues() throws {
  let chart = BarChart(
    title: "Accuracy", axis: Axis("accuracy", domain: 0...1),
    bars: [.init("all", 1), .init("half", 0.5, interval: 0.4...0.6), .init("none", 0)])
  let lines = try picture(chart)
  #expect(lines.first == "Accuracy")
  let bars = lines.suffix(3).map(length)
  #expect(bars[0] > 20 && abs(bars[0] - 2 * bars[1]) <= 1 && bars[2] == 0)
  #expect(try picture(Samples.accuracies).last == "beside majority 0.61, chance 0.5")
  #expect(lines.contains { $0.contains("half") && $0.hasSuffix("0.5 [0.4, 0.6]") })
}

@Test func barsBelowZeroGoToTheLeft() throws {
  let chart = BarChart(title: "Change", axis: Axis("change"), bars: [.init("down", -2), .init("up", 2)])
  let lines = try picture(chart).suffix(2)
  let places = lines.map { line in line.prefix { !"█".contains($0) }.count }
  #expect(lines.map(length).max().map { $0 - (lines.map(length).min() ?? 0) <= 1 } == true)
  #expect(places[0] < places[1])
}

@Test func everySampleKeepsToItsWidth() throws {
  for width in [40, 60, 100] {
    for lines in [
      try picture(Samples.accuracies, width: width), try picture(Samples.differences, width: width),
      try picture(Samples.scatterWithAxes, width: width), try picture(Samples.scatter(categories: 12), width: width),
    ] {
      #expect(lines.allSatisfy { $0.count <= width }, "\(width): \(lines.joined(separator: "\n"))")
    }
  }
}

@Test func pointsStandWhereTheirNumbersSay() throws {
  // A rising diagonal: the first row's dots are right of the last row's.
  let points = (0...40).map { ScatterChart.Point(x: Double($0), y: Double($0) * 2, title: "\($0)") }
  let chart = ScatterChart(title: "Rising", points: points, xAxis: Axis("step"), yAxis: Axis("loss"))
  let lines = try picture(chart)
  let rows = lines.filter { $0.contains("│") }
  func first(_ row: String) -> Int { row.prefix { !(0x2801...0x28FF ~= ($0.unicodeScalars.first?.value ?? 0)) }.count }
  #expect(rows.count == 12)
  #expect(zip(rows, rows.dropFirst()).allSatisfy { first($0) > first($1) }, "\(lines.joined(separator: "\n"))")
  #expect(rows.first?.hasPrefix("80 ") == true && rows.last?.hasPrefix(" 0 ") == true)
  #expect(lines.contains { $0.contains("step") && $0.hasSuffix("40") })
}

@Test func curvesAreJoined() throws {
  let chart = LineChart(
    title: "Loss", xAxis: Axis("step"), yAxis: Axis("loss"), curves: [.init("train", [.init(0, 0), .init(100, 1)])])
  let rows = try picture(chart).filter { $0.contains("│") }
  let dots = rows.joined().unicodeScalars.count { 0x2801...0x28FF ~= $0.value }
  #expect(dots > 30, "a line between two samples")
}

@Test func withoutColoursNothingButTextIsWritten() throws {
  for chart in [Samples.scatter(categories: 5)] {
    #expect(try !picture(chart).joined().contains("\u{1B}"))
    let colored = try picture(chart, isColored: true).joined(separator: "\n")
    #expect(colored.contains("\u{1B}[36m●\u{1B}[0m") && !colored.contains("\u{1B}[0m\u{1B}[0m"))
  }
}

@Test func aHostileChartWritesNoControlCharactersAndEnds() throws {
  let chart: JSON = [
    "title": ["text": "a\u{1B}]0;gone\u{07}b\u{202E}\nc"],
    "data": [
      "values": [
        ["label": "x\u{1B}[2J\r", "value": 1e308], ["label": "y", "value": "no number"], ["label": 3, "value": 2],
        ["value": -1e299], [], nil,
      ]
    ],
    "layer": [
      [
        "mark": "bar",
        "encoding": ["x": ["field": "value", "type": "quantitative"], "y": ["field": "label", "type": "nominal"]],
      ]
    ],
  ]
  let lines = try #require(TextPicture(width: 60, isColored: false).lines(of: chart))
  let isClean = lines.joined().unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F && $0.value != 0x202E }
  #expect(isClean && lines.allSatisfy { $0.count <= 60 }, "\(lines)")
  for odd: JSON in [nil, [:], ["layer": []], ["mark": "bar"], ["layer": [["mark": "line", "encoding": [:]]]], "bar"] {
    #expect(TextPicture(width: 60, isColored: false).lines(of: odd) == nil)
  }
}
