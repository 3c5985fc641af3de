extension BarChart {
  public var svg: String {
    var drawing = Drawing()
    let top = drawing.heading(title)
    let end =
      direction == .horizontal ? drawHorizontal(below: top, &drawing) : drawVertical(below: top, &drawing)
    let names = series.names
    let items = names.count < 2 ? [] : names.enumerated().map { Drawing.LegendItem(name: $1, hue: $0, mark: .bar) }
    let height = drawing.caption(caption, below: drawing.legend(items, below: end))
    return drawing.document(title: title, description: description, height: height)
  }

  private var description: String {
    let shown = drawnBars.prefix(8).map { bar in
      "\(bar.name) \(NumberText.brief(bar.value))"
    }
    let lines = drawnReferences.isEmpty ? "" : "; reference " + drawnReferences.map(\.label).joined(separator: ", ")
    let more = bars.count > shown.count ? " and \(bars.count - shown.count) more" : ""
    return "Bar chart of \(axis.heading): \(shown.joined(separator: "; "))\(more)\(lines). \(caption)"
  }

  /// Everything that must lie inside the axis.
  private var extremes: [Double] {
    drawnBars.flatMap { [$0.value, $0.whisker?.lowerBound ?? $0.value, $0.whisker?.upperBound ?? $0.value] }
      + drawnReferences.map(\.value)
  }

  /// The bars of each label in the order of the series.
  private var groups: [(label: String, bars: [Bar])] {
    let labels = labels
    var groups = labels.names.map { (label: $0, bars: [Bar]()) }
    for bar in drawnBars { if let index = labels[bar.label] { groups[index].bars.append(bar) } }
    return groups
  }

  // MARK: - Horizontal

  private func drawHorizontal(below top: Double, _ drawing: inout Drawing) -> Double {
    let groups = groups
    let longest = groups.map { TextWidth.of($0.label, size: 13) }.max() ?? 0
    let thickness = bars.count > 60 ? 12.0 : 16.0
    let gap = bars.count > 60 ? 3.0 : 8.0
    let left = min(max(longest, 20), 165) + 18
    var plot = Frame(left: left, top: top, right: Drawing.width - 52, bottom: 0)
    let scale = PlotScale(
      extremes, axis: valueAxis, from: plot.left, to: plot.right, margin: .ticksAndZero, tickCount: 5)
    plot.top += referenceNames(scale, top: top, &drawing) + 2
    plot.bottom = plot.top + gap + groups.reduce(0) { $0 + Double($1.bars.count) * (thickness + 1) + gap }
    drawing.horizontalAxis(scale, axis, in: plot)

    let zero = scale[min(max(0, scale.lower), scale.upper)]
    let series = series
    var y = plot.top + gap
    for group in groups {
      let height = Double(group.bars.count) * (thickness + 1) - 1
      drawing.text(
        group.label, cutTo: plot.left - 16, size: 13, x: plot.left - 8, y: y + height / 2 + 4.5, anchor: .end)
      for bar in group.bars {
        drawHorizontal(bar, hue: series[bar.series] ?? 0, y: y, thickness: thickness, zero: zero, scale, &drawing)
        y += thickness + 1
      }
      y += gap
    }
    drawing.line(zero, plot.top, zero, plot.bottom, "qc-axis")
    for reference in drawnReferences where scale.shows(reference.value) {
      let x = scale[reference.value]
      drawing.line(x, plot.top - 2, x, plot.bottom, "qc-rule")
    }
    return plot.bottom + Drawing.horizontalAxisHeight
  }

  private func drawHorizontal(
    _ bar: Bar, hue: Int, y: Double, thickness: Double, zero: Double, _ scale: PlotScale, _ drawing: inout Drawing
  ) {
    guard bar.value.isDrawable else {
      drawing.text("–", x: zero + 4, y: y + thickness / 2 + 4.5, "qc-quiet", title: "\(bar.name): no value")
      return
    }
    let end = scale[bar.value]
    drawing.inHue(hue) {
      $0.rectangle(
        x: min(zero, end), y: y, width: abs(end - zero), height: thickness, "qc-fill", opacity: 0.85,
        title: bar.summary)
    }
    var tip = bar.value < 0 ? min(zero, end) : max(zero, end)
    if let interval = bar.whisker {
      let (low, high) = (scale[interval.lowerBound], scale[interval.upperBound])
      let middle = y + thickness / 2
      for style in ["qc-halo", "qc-mark"] {
        drawing.line(low, middle, high, middle, style)
        drawing.line(low, middle - 4, low, middle + 4, style)
        drawing.line(high, middle - 4, high, middle + 4, style)
      }
      tip = bar.value < 0 ? min(tip, low) : max(tip, high)
    }
    let text = NumberText.brief(bar.value).replacingMinus
    // Left of a negative bar the names of the bars may leave no room.
    let isLeft = bar.value < 0 && tip - 5 - TextWidth.of(text, size: 12) >= scale[scale.lower]
    if bar.value < 0, !isLeft { tip = max(zero, scale[bar.whisker?.upperBound ?? bar.value]) }
    drawing.text(
      text, x: isLeft ? tip - 5 : tip + 5, y: y + thickness / 2 + 4, "qc-quiet qc-halo", anchor: isLeft ? .end : .start)
  }

  /// Writes the names of the reference values above the plot; the result is the height they take.
  private func referenceNames(_ scale: PlotScale, top: Double, _ drawing: inout Drawing) -> Double {
    let shown = drawnReferences.filter { scale.shows($0.value) }.sorted { $0.value < $1.value }
    let labels = shown.map { reference in
      let width = min(TextWidth.of(reference.label, size: 12), Drawing.width - 20)
      let middle = min(max(scale[reference.value], width / 2 + 8), Drawing.width - width / 2 - 8)
      return (x: middle, width: width)
    }
    let rows = Drawing.rows(for: labels)
    let count = (rows.max() ?? -1) + 1
    for (index, reference) in shown.enumerated() {
      drawing.text(
        reference.label, cutTo: Drawing.width - 16, size: 12, x: labels[index].x,
        y: top + 13 + 15 * Double(count - 1 - rows[index]), "qc-quiet", anchor: .middle)
    }
    return 15 * Double(count) + (count > 0 ? 5 : 0)
  }

  // MARK: - Vertical

  private func drawVertical(below top: Double, _ drawing: inout Drawing) -> Double {
    let groups = groups
    var plot = Frame(left: 0, top: top + 24, right: Drawing.width - 8, bottom: top + 24 + 240)
    plot.right -= Drawing.referenceWidth(drawnReferences)
    let scale = PlotScale(
      extremes, axis: valueAxis, from: plot.bottom, to: plot.top, margin: .ticksAndZero, tickCount: 6)
    plot.left = Drawing.labelWidth(scale)
    drawing.verticalAxis(scale, axis, in: plot)
    let slot = (plot.right - plot.left) / Double(max(groups.count, 1))
    let widest = groups.map(\.bars.count).max() ?? 1
    let thickness = min(40, slot * 0.8 / Double(widest))
    let zero = scale[min(max(0, scale.lower), scale.upper)]
    let series = series
    let isTurned = groups.contains { TextWidth.of($0.label, size: 12.5) > slot - 6 }
    // Numbers stand on all bars or on none.
    let isLabelled = drawnBars.allSatisfy { TextWidth.of(NumberText.brief($0.value), size: 11) <= thickness + 4 }
    var labelHeight = 22.0
    for (index, group) in groups.enumerated() {
      let middle = plot.left + slot * (Double(index) + 0.5)
      var x = middle - thickness * Double(group.bars.count) / 2
      for bar in group.bars {
        drawVertical(
          bar, hue: series[bar.series] ?? 0, x: x, thickness: thickness, zero: zero, isLabelled: isLabelled, scale,
          &drawing)
        x += thickness
      }
      if isTurned {
        let room = min(140, middle * 1.25)
        labelHeight = max(labelHeight, min(TextWidth.of(group.label, size: 12.5), room) * 0.72 + 22)
        drawing.text(
          group.label, cutTo: room, size: 12.5, x: middle + 4, y: plot.bottom + 15, anchor: .end, rotation: -42)
      } else {
        drawing.text(group.label, x: middle, y: plot.bottom + 17, anchor: .middle)
      }
    }
    drawing.line(plot.left, zero, plot.right, zero, "qc-axis")
    drawing.horizontalReferences(drawnReferences, scale, in: plot)
    return plot.bottom + labelHeight + 4
  }

  private func drawVertical(
    _ bar: Bar, hue: Int, x: Double, thickness: Double, zero: Double, isLabelled: Bool, _ scale: PlotScale,
    _ drawing: inout Drawing
  ) {
    let middle = x + thickness / 2
    guard bar.value.isDrawable else {
      drawing.text("–", x: middle, y: zero - 5, "qc-quiet", anchor: .middle, title: "\(bar.name): no value")
      return
    }
    let end = scale[bar.value]
    drawing.inHue(hue) {
      $0.rectangle(
        x: x + 0.5, y: min(zero, end), width: thickness - 1, height: abs(end - zero), "qc-fill", opacity: 0.85,
        title: bar.summary)
    }
    var tip = bar.value < 0 ? max(zero, end) : min(zero, end)
    if let interval = bar.whisker {
      let (low, high) = (scale[interval.lowerBound], scale[interval.upperBound])
      let half = min(4, thickness / 3)
      for style in ["qc-halo", "qc-mark"] {
        drawing.line(middle, low, middle, high, style)
        drawing.line(middle - half, low, middle + half, low, style)
        drawing.line(middle - half, high, middle + half, high, style)
      }
      tip = bar.value < 0 ? max(tip, low) : min(tip, high)
    }
    guard isLabelled else { return }
    drawing.text(
      NumberText.brief(bar.value).replacingMinus, x: middle, y: bar.value < 0 ? tip + 13 : tip - 4,
      "qc-quiet qc-small qc-halo", anchor: .middle)
  }
}
