extension ScatterChart {
  public var svg: String {
    let layout = Layout(self)
    var drawing = Drawing()
    let top = drawing.heading(title)
    let vertical = { (plot: Frame) in
      PlotScale(
        layout.points.lazy.map(\.y), axis: yAxis ?? Axis(""), from: plot.bottom - 8, to: plot.top + 8,
        margin: .padded, tickCount: 6)
    }
    var plot = Frame(left: 8, top: top + (yAxis == nil ? 2 : 24), right: Drawing.width - 8, bottom: 0)
    plot.bottom = plot.top + 360
    if yAxis != nil { plot.left = Drawing.labelWidth(vertical(plot)) }
    if xAxis != nil { plot.right -= 8 }
    let x = PlotScale(
      layout.points.lazy.map(\.x), axis: xAxis ?? Axis(""), from: plot.left + 8, to: plot.right - 8,
      margin: .padded, tickCount: 6)
    let y = vertical(plot)

    if let xAxis { drawing.horizontalAxis(x, xAxis, in: plot) }
    if let yAxis { drawing.verticalAxis(y, yAxis, in: plot) }
    if xAxis == nil && yAxis == nil {
      drawing.curve(
        [
          (plot.left, plot.top), (plot.right, plot.top), (plot.right, plot.bottom), (plot.left, plot.bottom),
          (plot.left, plot.top),
        ], "qc-grid")
    }
    drawPoints(layout, x, y, &drawing)
    drawNames(layout, x, y, plot, &drawing)

    var end = plot.bottom + (xAxis == nil ? 4 : Drawing.horizontalAxisHeight)
    end = drawing.legend(legend(layout), below: end)
    let height = drawing.caption(layout.caption, below: end)
    return drawing.document(title: title, description: description(layout), height: height)
  }

  /// Points of one category stand in one group, so that its hue is written once.
  private func drawPoints(_ layout: Layout, _ x: PlotScale, _ y: PlotScale, _ drawing: inout Drawing) {
    let radius = layout.points.count <= 300 ? 5.0 : layout.points.count <= 1500 ? 3.5 : 2.5
    var members: [Int?: [Point]] = [:]
    for point in layout.points { members[layout.categories[point.category], default: []].append(point) }
    for index in [nil] + layout.categories.names.indices.map(Optional.some) {
      guard let points = members[index] else { continue }
      let symbol = index.map(Symbol.init(category:)) ?? .circle
      drawing.inHue(index) { drawing in
        for point in points {
          let hover = [point.title, point.category, point.note].compactMap { $0 }.joined(separator: "\n")
          let confidence = point.confidence.isFinite ? min(max(point.confidence, 0), 1) : 0
          drawing.symbol(
            symbol, x: x[point.x], y: y[point.y], radius: radius, opacity: 0.15 + 0.7 * confidence, title: hover)
        }
      }
    }
  }

  private static let fewPoints = 40

  /// Names of large categories first; one that would cover another stays out, since the legend has it.
  private func drawNames(
    _ layout: Layout, _ x: PlotScale, _ y: PlotScale, _ plot: Frame, _ drawing: inout Drawing
  ) {
    // Of few points none is to be covered either; of many the name lies on its group.
    var taken =
      layout.points.count > Self.fewPoints
      ? []
      : layout.points.map { point in
        Frame(left: x[point.x] - 6, top: y[point.y] - 6, right: x[point.x] + 6, bottom: y[point.y] + 6)
      }
    let order = layout.counts.indices.sorted { (-layout.counts[$0], $0) < (-layout.counts[$1], $1) }
    for index in order {
      guard let medoid = layout.medoids[index] else { continue }
      let name = layout.categories.names[index]
      let text = TextWidth.cut(name, to: 150, size: 13)
      let half = TextWidth.of(text, size: 13) / 2 + 3
      let (atX, atY) = (x[layout.points[medoid].x], y[layout.points[medoid].y])
      let places = [(0.0, -10.0), (0, 20), (0, 4), (half + 8, 4), (-half - 8, 4), (0, -26), (0, 36)].map {
        let middle = min(max(atX + $0.0, plot.left + half), plot.right - half)
        return Frame(left: middle - half, top: atY + $0.1 - 12, right: middle + half, bottom: atY + $0.1 + 4)
      }
      let free = places.first { place in
        place.top >= plot.top && place.bottom <= plot.bottom && !taken.contains { $0.overlaps(place) }
      }
      guard let free else { continue }
      taken.append(free)
      drawing.text(
        text, x: (free.left + free.right) / 2, y: free.bottom - 4, "qc-strong qc-halo", anchor: .middle, title: name)
    }
  }

  private func legend(_ layout: Layout) -> [Drawing.LegendItem] {
    var items = layout.categories.names.enumerated().map { index, name in
      Drawing.LegendItem(
        name: name, count: layout.counts[index], hue: index, mark: .symbol(Symbol(category: index)))
    }
    if layout.uncategorised > 0 && !items.isEmpty {
      items.append(
        Drawing.LegendItem(
          name: "no \(categoryTitle)", count: layout.uncategorised, hue: nil, mark: .symbol(.circle)))
    }
    return items
  }

  private func description(_ layout: Layout) -> String {
    let count = layout.categories.names.count
    guard count > 0 else { return "Scatter plot. \(layout.caption)." }
    let largest = layout.counts.indices.sorted { (-layout.counts[$0], $0) < (-layout.counts[$1], $1) }.prefix(5)
    let names = largest.map { "\(layout.categories.names[$0]) (\(layout.counts[$0]))" }.joined(separator: ", ")
    return "Scatter plot, one symbol and colour for each \(categoryTitle): \(count) in all, the largest \(names). "
      + "\(layout.caption)."
  }
}

extension Frame {
  func overlaps(_ other: Frame) -> Bool {
    left < other.right && other.left < right && top < other.bottom && other.top < bottom
  }
}
