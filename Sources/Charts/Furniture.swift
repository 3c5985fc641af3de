/// The parts that several charts share: heading, caption, axes, legend.
extension Drawing {
  /// The title in at most two lines from the top; the result is the y below it.
  mutating func heading(_ title: String) -> Double {
    let lines = TextWidth.wrapped(title, to: width - 16, size: 15.5, limit: 2)
    let isCut = lines.last?.hasSuffix("…") == true && !title.hasSuffix("…")
    for (index, line) in lines.enumerated() {
      text(line, x: 8, y: 22 + 20 * Double(index), "qc-title", title: isCut ? title : nil)
    }
    return 12 + 20 * Double(lines.count)
  }

  /// The caption in at most three lines below `y`; the result is the height of the picture.
  mutating func caption(_ caption: String, below y: Double) -> Double {
    guard !caption.isEmpty else { return y + 8 }
    let lines = TextWidth.wrapped(caption, to: width - 16, size: 12, limit: 3)
    let isCut = lines.last?.hasSuffix("…") == true && !caption.hasSuffix("…")
    for (index, line) in lines.enumerated() {
      text(line, x: 8, y: y + 16 + 16 * Double(index), "qc-quiet", title: isCut ? caption : nil)
    }
    return y + 24 + 16 * Double(lines.count - 1)
  }

  /// Grid lines, labels and the name of a horizontal axis along the lower edge of `plot`.
  mutating func horizontalAxis(_ scale: PlotScale, _ axis: Axis, in plot: Frame) {
    for tick in scale.ticks {
      let x = scale[tick.value]
      line(x, plot.top, x, plot.bottom, "qc-grid")
      text(tick.label, x: x, y: plot.bottom + 16, "qc-quiet", anchor: .middle)
    }
    text(
      axis.heading, cutTo: width - 16, size: 13, x: (plot.left + plot.right) / 2, y: plot.bottom + 36,
      anchor: .middle)
  }

  /// Reference values as lines across the plot, their names right of it.
  mutating func horizontalReferences(_ references: [ReferenceLine], _ scale: PlotScale, in plot: Frame) {
    var lowest = -Double.infinity
    for reference in references.sorted(by: { $0.value > $1.value }) where scale.shows(reference.value) {
      let y = scale[reference.value]
      line(plot.left, y, plot.right, y, "qc-rule")
      lowest = max(y + 4, lowest + 14)
      text(reference.label, cutTo: Self.referenceLimit, size: 12, x: plot.right + 5, y: lowest, "qc-quiet")
    }
  }

  /// The room right of the plot that the names of `horizontalReferences` need.
  static func referenceWidth(_ references: [ReferenceLine]) -> Double {
    guard let longest = references.map({ TextWidth.of($0.label, size: 12) }).max() else { return 0 }
    return min(longest, referenceLimit) + 6
  }

  private static let referenceLimit = 120.0

  /// The height that `horizontalAxis` takes below the plot.
  static let horizontalAxisHeight = 44.0

  /// Grid lines, labels and the name (above the labels, so that it need not be turned) of a vertical axis.
  mutating func verticalAxis(_ scale: PlotScale, _ axis: Axis, in plot: Frame, nameAbove: Double = 12) {
    for tick in scale.ticks {
      let y = scale[tick.value]
      line(plot.left, y, plot.right, y, "qc-grid")
      text(tick.label, x: plot.left - 7, y: y + 4, "qc-quiet", anchor: .end)
    }
    text(axis.heading, cutTo: width - 16, size: 13, x: 8, y: plot.top - nameAbove)
  }

  /// The room left of the plot that the labels of a vertical axis need.
  static func labelWidth(_ scale: PlotScale) -> Double {
    (scale.ticks.map { TextWidth.of($0.label, size: 12) }.max() ?? 0) + 18
  }

  static let legendLimit = 120

  struct LegendItem {
    enum Mark {
      case symbol(Symbol)
      case bar
      case curve(dash: String?)
      case band
    }

    let name: String
    /// How many observations the name covers; it stays whole where the name is cut.
    var count: Int? = nil
    let hue: Int?
    let mark: Mark

    var suffix: String { count.map { " (\($0))" } ?? "" }
  }

  /// Names beside their marks, in as many columns as the longest name allows; the result is the y below.
  mutating func legend(_ all: [LegendItem], below y: Double) -> Double {
    guard !all.isEmpty else { return y }
    let items = all.prefix(Self.legendLimit)
    let longest = items.map { TextWidth.of($0.name + $0.suffix, size: 12.5) }.max() ?? 0
    // A long list stands in two columns at least, its longest names cut.
    let fitting = max(items.count > 5 ? 2 : 1, Int((width - 16) / (longest + 40)))
    let columns = min(4, items.count, fitting)
    let columnWidth = (width - 16) / Double(columns)
    let rows = (items.count + columns - 1) / columns
    for (index, item) in items.enumerated() {
      let x = 8 + columnWidth * Double(index / rows)
      let middle = y + 12 + 18 * Double(index % rows)
      inHue(item.hue) { drawing in
        switch item.mark {
        case .symbol(let symbol): drawing.symbol(symbol, x: x + 9, y: middle, radius: 5)
        case .bar: drawing.rectangle(x: x + 3, y: middle - 6, width: 12, height: 12, "qc-fill")
        case .curve(let dash): drawing.curve([(x, middle), (x + 20, middle)], "qc-curve", dash: dash)
        case .band: drawing.rectangle(x: x, y: middle - 6, width: 20, height: 12, "qc-fill", opacity: 0.25)
        }
      }
      let room = columnWidth - 36 - TextWidth.of(item.suffix, size: 12.5)
      let name = TextWidth.cut(item.name, to: room, size: 12.5)
      text(name + item.suffix, x: x + 26, y: middle + 4.5, title: name == item.name ? nil : item.name)
    }
    let end = y + 18 * Double(rows) + 6
    guard all.count > items.count else { return end }
    text("… and \(all.count - items.count) more", x: 8, y: end + 12, "qc-quiet")
    return end + 20
  }

  /// The row for each label, so that labels of one row do not touch; labels are in order of `x`.
  static func rows(for labels: [(x: Double, width: Double)]) -> [Int] {
    var ends: [Double] = []
    return labels.map { label in
      let start = label.x - label.width / 2
      if let free = ends.firstIndex(where: { $0 < start }) {
        ends[free] = label.x + label.width / 2 + 8
        return free
      }
      ends.append(label.x + label.width / 2 + 8)
      return ends.count - 1
    }
  }
}

/// The rectangle in which the data are drawn.
struct Frame {
  var left: Double
  var top: Double
  var right: Double
  var bottom: Double
}
