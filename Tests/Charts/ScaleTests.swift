import Testing

@testable import Charts

@Suite struct ScaleTests {
  @Test func ticksAreRoundStepsThatCoverTheData() {
    var noise = Samples.Noise(11)
    for _ in 0..<2000 {
      let size = NumberText.powerOfTen(Int(noise.next() * 24) - 12)
      let values = [(noise.next() - 0.5) * size, (noise.next() - 0.5) * size]
      let scale = PlotScale(values, axis: Axis("a"), from: 0, to: 100, margin: .ticks, tickCount: 6)
      #expect(values.allSatisfy { scale.lower <= $0 && $0 <= scale.upper })
      #expect((2...12).contains(scale.ticks.count))
      let step = scale.ticks[1].value - scale.ticks[0].value
      let leading = step / NumberText.powerOfTen(NumberText.exponent(of: step * 1.0000001))
      #expect([1.0, 2, 5].contains { abs($0 - leading) < 1e-6 }, "\(step)")
      #expect(Set(scale.ticks.map(\.label)).count == scale.ticks.count, "\(scale.ticks)")
    }
  }

  @Test func labelsReadBackToTheirValues() throws {
    var noise = Samples.Noise(5)
    for _ in 0..<2000 {
      let size = NumberText.powerOfTen(Int(noise.next() * 30) - 15)
      let values = [noise.next() * size, -noise.next() * size]
      let scale = PlotScale(values, axis: Axis("a"), from: 0, to: 1, margin: .ticksAndZero, tickCount: 5)
      let step = scale.ticks[1].value - scale.ticks[0].value
      for tick in scale.ticks {
        let read = try #require(Double(tick.label.replacing("−", with: "-")), "\(tick.label)")
        #expect(abs(read - tick.value) < step * 1e-3, "\(tick)")
      }
    }
  }

  /// Three layers are 0, 1 and 2, and nothing lies between them.
  @Test(arguments: [(2.0, ["0", "1", "2"]), (4.0, ["0", "1", "2", "3", "4"]), (24.0, ["0", "5", "10", "15", "20"])])
  func numberedThingsHaveWholeMarks(last: Double, labels: [String]) {
    let scale = PlotScale(
      [0, last], axis: Axis("layer", leastStep: 1), from: 0, to: 100, margin: .padded, tickCount: 5)
    #expect(scale.ticks.map(\.label) == labels)
  }

  @Test func aConstantHasRoomAroundIt() {
    for value in [0.0, 3, -1e-9, 1e12, 0.1 + 0.2] {
      let scale = PlotScale([value, value], axis: Axis("a"), from: 0, to: 100, margin: .padded, tickCount: 5)
      #expect(scale.lower < value && value < scale.upper)
      #expect(abs(scale[value] - 50) < 1e-6)
    }
  }

  @Test(arguments: [
    (0.0, "0"), (0.61, "0.61"), (0.8571, "0.857"), (0.99971, "0.99971"), (12.344, "12.3"), (119, "119"),
    (123_456, "123456"), (1234.5678, "1235"), (0.000_012, "1.2e-5"), (98_765_432, "9.88e7"), (-0.5, "-0.5"),
    (0.05, "0.05"), (1.005, "1.00"), (9.999, "10.00"), (.nan, "–"), (9.999e9, "1e10"), (1e-300, "1e-300"),
  ])
  func numbersAreShort(_ value: Double, _ text: String) {
    #expect(NumberText.brief(value) == text)
  }

  @Test func coordinatesAreTrimmedAndNeverMinusZero() {
    #expect(NumberText.coordinate(12.5) == "12.5")
    #expect(NumberText.coordinate(-0.001) == "0")
    #expect(NumberText.coordinate(100) == "100")
    #expect(NumberText.coordinate(1.005) == "1.01" || NumberText.coordinate(1.005) == "1")
    #expect(NumberText.coordinate(0.125) == "0.13")
  }

  @Test func cutTextFits() {
    let text = "causal inference from observational health records"
    for width in stride(from: 20.0, through: 400, by: 10) {
      let cut = TextWidth.cut(text, to: width, size: 13)
      #expect(TextWidth.of(cut, size: 13) <= width)
      #expect(cut == text || cut.hasSuffix("…"))
    }
    let lines = TextWidth.wrapped(text, to: 150, size: 13, limit: 2)
    #expect(lines.count == 2 && lines.allSatisfy { TextWidth.of($0, size: 13) <= 150 })
  }
}
