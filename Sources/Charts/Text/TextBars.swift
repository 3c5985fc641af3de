import JSON

/// Bars from zero, a line each: its label, its blocks, its value and whisker.
struct TextBars {
  private struct Bar {
    var label: String
    var value: Double
    var interval: String
    var hue: Int?
  }

  /// Bars past this number are counted, not drawn.
  private static let limit = 24

  private var bars: [Bar] = []
  private let range: ClosedRange<Double>

  init?(_ layer: JSON, _ values: [JSON]) {
    let encoding = layer["encoding"]
    let isHorizontal = encoding?["x"]?["type"]?.string == "quantitative"
    guard let along = encoding?[isHorizontal ? "x" : "y"], let amount = along["field"]?.string,
      let label = encoding?[isHorizontal ? "y" : "x"]?["field"]?.string
    else { return nil }
    let series = encoding?["color"]?["field"]?.string
    let names = Categories(
      order: encoding?["color"]?["scale"]?["domain"]?.array?.compactMap(\.string) ?? [],
      appearing: values.compactMap { row in series.flatMap { row[$0]?.string } })
    for row in values {
      guard let value = row[amount]?.double, value.isDrawable else { continue }
      let part = series.flatMap { row[$0]?.string }
      let name = [row[label]?.string ?? row[label]?.text, part].compactMap { $0 }.joined(separator: ", ")
      let ends = [row["low"]?.double, row["high"]?.double].compactMap { $0 }.map(NumberText.brief)
      bars.append(
        Bar(
          label: name, value: value,
          interval: ends.count == 2 ? " [\(ends[0]), \(ends[1])]" : "",
          hue: names[part] ?? 0))
    }
    guard !bars.isEmpty else { return nil }
    let ends = (along["scale"]?["domain"]?.array ?? []).compactMap(\.double).filter(\.isDrawable)
    let all = bars.prefix(Self.limit).map(\.value) + ends
    range = min(0, all.min() ?? 0)...max(0, all.max() ?? 0)
  }

  func lines(_ width: Int, _ ink: TextPicture.Ink) -> [String] {
    let labels = bars.prefix(Self.limit).map { TextPicture.plain($0.label, to: min(28, width / 3)) }
    let left = labels.map(\.count).max() ?? 0
    let right = bars.prefix(Self.limit).map { NumberText.brief($0.value).count + $0.interval.count }.max() ?? 0
    let room = max(4, width - left - right - 3)
    var lines = zip(bars, labels).map { bar, name -> String in
      let label = name + String(repeating: " ", count: left - name.count)
      let (before, length) = extent(of: bar.value, room)
      let blocks = ink.paint(String(repeating: ink.fill(bar.hue), count: length), bar.hue)
      let after = String(repeating: " ", count: max(0, room - before - length))
      let drawn = String(repeating: " ", count: before) + blocks + after
      return "\(label) \(drawn)  \(NumberText.brief(bar.value))\(bar.interval)"
    }
    if bars.count > Self.limit { lines.append("and \(bars.count - Self.limit) more bars") }
    return lines
  }

  /// Where the blocks begin and how many there are; a value beside zero has at least one.
  private func extent(of value: Double, _ room: Int) -> (before: Int, length: Int) {
    let span = range.upperBound - range.lowerBound
    guard span > 0 else { return (0, 0) }
    let place = { (at: Double) in
      Int((min(max((at - range.lowerBound) / span, 0), 1) * Double(room)).rounded())
    }
    let (zero, end) = (place(0), place(value))
    let length = value == 0 ? 0 : max(1, abs(end - zero))
    return (min(min(zero, end), room - length), length)
  }
}
