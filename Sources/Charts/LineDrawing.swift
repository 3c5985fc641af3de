extension LineChart {
  public var svg: String {
    var drawing = Drawing()
    let top = drawing.heading(title)
    // The name of the chosen place stands between the name of the vertical axis and the plot.
    let plotTop = top + (choice == nil ? 24 : 40)
    let shownReferences = references.filter { yAxis.shows($0.value) }
    let right = Drawing.width - max(16, Drawing.referenceWidth(shownReferences) + 8)
    var plot = Frame(left: 0, top: plotTop, right: right, bottom: plotTop + 250)
    let samples = curves.flatMap { placed($0).compactMap { $0 } }
    let edges = bands.flatMap(placed)
    let heights =
      samples.map(\.y) + edges.flatMap { [$0.low, $0.high] } + shownReferences.map(\.value)
    let y = PlotScale(heights, axis: yAxis, from: plot.bottom, to: plot.top, margin: .ticks, tickCount: 6)
    plot.left = Drawing.labelWidth(y)
    let places = samples.map(\.x) + edges.map(\.x) + (choice.map { xAxis.shows($0.x) ? [$0.x] : [] } ?? [])
    let x = PlotScale(
      places, axis: xAxis, from: plot.left + 6, to: plot.right - 6, margin: .padded, tickCount: 6)

    drawing.horizontalAxis(x, xAxis, in: plot)
    drawing.verticalAxis(y, yAxis, in: plot, nameAbove: plotTop - top - 12)
    drawing.line(plot.left, plot.bottom, plot.right, plot.bottom, "qc-axis")
    for (index, band) in bands.enumerated() {
      let edges = placed(band)
      let outline =
        edges.map { (x: x[$0.x], y: y[$0.high]) } + edges.reversed().map { (x: x[$0.x], y: y[$0.low]) }
      drawing.inHue(bandHue(index)) { $0.polygon(outline, "qc-fill", opacity: 0.22, title: band.name) }
    }
    drawing.horizontalReferences(shownReferences, y, in: plot)
    for (index, curve) in curves.enumerated() { draw(curve, index, x, y, &drawing) }
    drawChoice(x, y, plot, &drawing)

    let end = drawing.legend(legend, below: plot.bottom + Drawing.horizontalAxisHeight)
    let height = drawing.caption(caption, below: end)
    return drawing.document(title: title, description: description, height: height)
  }

  private func draw(_ curve: Curve, _ index: Int, _ x: PlotScale, _ y: PlotScale, _ drawing: inout Drawing) {
    let samples = placed(curve)
    let marks = samples.compactMap { $0 }
    drawing.inHue(index) { drawing in
      drawing.curve(
        samples.map { $0.map { (x: x[$0.x], y: y[$0.y]) } }, "qc-curve", dash: Self.dashText(index))
      guard marks.count <= 200 else { return }
      for sample in marks {
        drawing.symbol(
          Symbol.allCases[index % Symbol.allCases.count], x: x[sample.x], y: y[sample.y],
          radius: marks.count <= 60 ? 3.5 : 2,
          title: "\(curve.name)\n\(NumberText.brief(sample.x)): \(NumberText.brief(sample.y))")
      }
    }
  }

  /// The chosen place: a line, its name, and a ring on the first curve's sample there.
  private func drawChoice(_ x: PlotScale, _ y: PlotScale, _ plot: Frame, _ drawing: inout Drawing) {
    guard let choice, xAxis.shows(choice.x) else { return }
    let place = x[choice.x]
    drawing.line(place, plot.top - 4, place, plot.bottom, "qc-rule")
    for sample in curves.first.map(placed)?.compactMap({ $0 }) ?? [] where sample.x == choice.x {
      drawing.ring(x: place, y: y[sample.y], radius: 8)
    }
    let half = min(TextWidth.of(choice.name, size: 13), Drawing.width - 20) / 2
    drawing.text(
      choice.name, cutTo: Drawing.width - 20, size: 13, x: min(max(place, half + 8), Drawing.width - half - 8),
      y: plot.top - 8, "qc-strong", anchor: .middle)
  }

  /// A band belongs to the curve of its name; others stand in the quiet tone.
  private func bandHue(_ index: Int) -> Int? {
    curves.firstIndex { $0.name == bands[index].name }
  }

  private static func dashText(_ index: Int) -> String? {
    let dash = dash(index)
    return dash.isEmpty ? nil : dash.map(String.init).joined(separator: " ")
  }

  private var legend: [Drawing.LegendItem] {
    let lines = curves.enumerated().map { index, curve in
      Drawing.LegendItem(name: curve.name, hue: index, mark: .curve(dash: Self.dashText(index)))
    }
    let areas = bands.enumerated().filter { bandHue($0.offset) == nil }.map {
      Drawing.LegendItem(name: $0.element.name, hue: nil, mark: .band)
    }
    return lines.count + areas.count > 1 ? lines + areas : []
  }

  private var description: String {
    let ranges = curves.prefix(5).map { curve -> String in
      let heights = placed(curve).compactMap { $0?.y }
      guard let low = heights.min(), let high = heights.max() else { return "\(curve.name): no samples" }
      return "\(curve.name) from \(NumberText.brief(low)) to \(NumberText.brief(high))"
    }
    let chosen = choice.map { "; chosen: \($0.name)" } ?? ""
    return
      "Line chart of \(yAxis.heading) over \(xAxis.heading): \(ranges.joined(separator: "; "))\(chosen). \(caption)"
  }
}
