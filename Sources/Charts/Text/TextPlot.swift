import Glibc
import JSON

/// Points or curves over two axes, whose ends are written beside them.
struct TextPlot {
  private struct Point {
    var x: Double
    var y: Double
    var hue: Int?
  }

  /// More points than a small picture can show are thinned evenly.
  private static let limit = 8000
  private static let rows = 12

  private let points: [Point]
  private let isJoined: Bool
  private let x: Scale
  private let y: Scale
  private let names: [String]

  /// One axis: its title and the interval that is shown.
  private struct Scale {
    var title: String
    var isLogarithmic: Bool
    var hasTicks: Bool
    var low = 0.0
    var high = 1.0

    init(_ channel: JSON?) {
      title = TextPicture.plain(channel?["title"]?.string ?? "", to: 60)
      isLogarithmic = channel?["scale"]?["type"]?.string == "log"
      hasTicks = channel?["axis"].map { !$0.isNull } ?? true
    }

    func place(_ value: Double) -> Double { isLogarithmic ? log10(value) : value }

    mutating func fit(_ values: [Double]) {
      low = values.min() ?? 0
      high = values.max() ?? 1
      if low == high { (low, high) = (low - 0.5, high + 0.5) }
    }

    /// 0 … 1 along the axis.
    func share(_ value: Double) -> Double { (value - low) / (high - low) }

    func text(_ end: Double) -> String {
      hasTicks ? NumberText.brief(isLogarithmic ? pow(10, end) : end) : ""
    }
  }

  init?(_ layer: JSON, _ values: [JSON], joined: Bool) {
    let encoding = layer["encoding"]
    guard let across = encoding?["x"]?["field"]?.string, let up = encoding?["y"]?["field"]?.string else { return nil }
    var (x, y) = (Scale(encoding?["x"]), Scale(encoding?["y"]))
    let color = encoding?["color"]?["condition"] ?? encoding?["color"]
    let category = color?["field"]?.string
    let categories = Categories(
      order: color?["scale"]?["domain"]?.array?.compactMap(\.string) ?? [],
      appearing: values.compactMap { row in category.flatMap { row[$0]?.string } })
    let step = max(1, (values.count + Self.limit - 1) / Self.limit)
    let points = stride(from: 0, to: values.count, by: step).compactMap { index -> Point? in
      let row = values[index]
      guard let left = row[across]?.double, let top = row[up]?.double else { return nil }
      let (a, b) = (x.place(left), y.place(top))
      guard a.isDrawable, b.isDrawable else { return nil }
      return Point(x: a, y: b, hue: categories[category.flatMap { row[$0]?.string }])
    }
    guard !points.isEmpty else { return nil }
    x.fit(points.map(\.x))
    y.fit(points.map(\.y))
    (self.points, self.x, self.y, names, isJoined) = (points, x, y, categories.names, joined)
  }

  func lines(_ width: Int, _ ink: TextPicture.Ink) -> [String] {
    let (top, bottom) = (y.text(y.high), y.text(y.low))
    let margin = max(top.count, bottom.count)
    var canvas = BrailleCanvas(columns: min(72, width - margin - 2), rows: Self.rows)
    draw(on: &canvas)
    var lines: [String] = y.title.isEmpty ? [] : [y.title]
    for row in 0..<Self.rows {
      let label = row == 0 ? top : row == Self.rows - 1 ? bottom : ""
      let indent = String(repeating: " ", count: margin - label.count)
      lines.append("\(indent)\(label) │\(canvas.row(row, ink))")
    }
    let indent = String(repeating: " ", count: margin + 1)
    lines.append(indent + "└" + String(repeating: "─", count: canvas.columns))
    let (from, to) = (x.text(x.low), x.text(x.high))
    let title = TextPicture.plain(x.title, to: max(0, canvas.columns - from.count - to.count - 2))
    let room = max(0, canvas.columns - from.count - to.count - title.count)
    let (before, after) = (room / 2, room - room / 2)
    let foot = from + String(repeating: " ", count: before) + title + String(repeating: " ", count: after) + to
    if x.hasTicks { lines.append(indent + " " + foot) }
    return lines + legend(width, ink)
  }

  private func draw(on canvas: inout BrailleCanvas) {
    var last: [Int: (x: Int, y: Int)] = [:]
    for point in points {
      let place = (
        x: Int((x.share(point.x) * Double(canvas.width - 1)).rounded()),
        y: Int(((1 - y.share(point.y)) * Double(canvas.height - 1)).rounded())
      )
      if isJoined, let before = last[point.hue ?? -1] {
        canvas.line(from: before, to: place, hue: point.hue)
      } else {
        canvas.set(place.x, place.y, hue: point.hue)
      }
      last[point.hue ?? -1] = place
    }
  }

  /// The names of what is drawn; without colours a single curve has one.
  private func legend(_ width: Int, _ ink: TextPicture.Ink) -> [String] {
    guard !names.isEmpty, ink.isColored || (isJoined && names.count == 1) else { return [] }
    let shown = names.prefix(8).enumerated().map { index, name in
      ink.paint("●", index) + " " + TextPicture.plain(name, to: 24)
    }
    let rest = names.count > 8 ? ["and \(names.count - 8) more"] : []
    return stride(from: 0, to: shown.count, by: 3).map { start in
      shown[start..<min(shown.count, start + 3)].joined(separator: "  ")
    } + rest
  }
}
