import JSON

/// A table of numbers, shaded by their size: cosines between directions, correlations of items.
///
/// Numbers below 0 are of another hue than those above. A number that is not finite leaves its cell empty.
public struct HeatMap: Chart, Equatable {
  public var title: String
  public var rowTitle: String
  public var columnTitle: String
  public var rowNames: [String]
  public var columnNames: [String]
  /// One list for each row, one number for each column; what is missing is not drawn.
  public var values: [[Double]]
  /// The size that has the full shade; nil for the largest there is.
  public var full: Double?
  public var note: String?

  public init(
    title: String, rowTitle: String = "", columnTitle: String = "", rowNames: [String], columnNames: [String],
    values: [[Double]], full: Double? = nil, note: String? = nil
  ) {
    self.title = title
    self.rowTitle = rowTitle
    self.columnTitle = columnTitle
    self.rowNames = rowNames
    self.columnNames = columnNames
    self.values = values
    self.full = full
    self.note = note
  }

  /// Rows and columns past this number are left out and counted in the caption.
  public static let sizeLimit = 60

  public var plainText: String {
    let rows = drawnRows.map { row in
      "\(rowNames[row]): " + drawnColumns.map { NumberText.brief(value(row, $0)) }.joined(separator: ", ")
    }
    return ([title, drawnColumns.map { columnNames[$0] }.joined(separator: ", ")] + rows + [caption])
      .filter { !$0.isEmpty }.joined(separator: "\n")
  }
}

extension HeatMap {
  private var drawnRows: Range<Int> { 0..<min(rowNames.count, Self.sizeLimit) }
  private var drawnColumns: Range<Int> { 0..<min(columnNames.count, Self.sizeLimit) }

  private func value(_ row: Int, _ column: Int) -> Double {
    guard values.indices.contains(row), values[row].indices.contains(column) else { return .nan }
    return values[row][column].isDrawable ? values[row][column] : .nan
  }

  private var fullSize: Double {
    if let full, full > 0 { return full }
    let sizes = drawnRows.flatMap { row in drawnColumns.map { value(row, $0).magnitude } }.filter(\.isFinite)
    return max(sizes.max() ?? 1, 1e-300)
  }

  private var caption: String {
    let isCut = rowNames.count > Self.sizeLimit || columnNames.count > Self.sizeLimit
    return captionText(
      count: nil, "full shade: \(NumberText.brief(fullSize))",
      isCut ? "first \(Self.sizeLimit) of \(rowNames.count) × \(columnNames.count) drawn" : nil, note)
  }

  public var svg: String {
    let longestRow = rowNames[drawnRows].map { TextWidth.of($0, size: 12.5) }.max() ?? 0
    let left = min(max(longestRow, TextWidth.of(rowTitle, size: 13)), 150) + 16
    var drawing = Drawing(width: left + 12 * Double(drawnColumns.count) + 16)
    let top = drawing.heading(title)
    let cell = min(56, (drawing.width - left - 16) / Double(max(drawnColumns.count, 1)))
    let height = min(max(cell, 12), 32)
    let longestColumn = columnNames[drawnColumns].map { TextWidth.of($0, size: 12.5) }.max() ?? 0
    let isTurned = longestColumn > cell - 4
    let plotTop = top + 22 + (isTurned ? min(longestColumn, 130) + 10 : 22)
    drawing.text(columnTitle, cutTo: drawing.width - left - 16, size: 13, x: left, y: top + 14, "qc-quiet")
    drawing.text(rowTitle, cutTo: left - 12, size: 13, x: 8, y: plotTop - 8, "qc-quiet")
    for column in drawnColumns {
      let middle = left + cell * (Double(column) + 0.5)
      if isTurned {
        drawing.text(
          columnNames[column], cutTo: 130, size: 12.5, x: middle + 4, y: plotTop - 6, cell < 14 ? "qc-small" : "",
          rotation: -90)
      } else {
        drawing.text(columnNames[column], x: middle, y: plotTop - 8, anchor: .middle)
      }
    }
    let scale = fullSize
    for row in drawnRows {
      let y = plotTop + height * Double(row)
      drawing.text(
        rowNames[row], cutTo: left - 16, size: 12.5, x: left - 8, y: y + height / 2 + 4,
        height < 14 ? "qc-small" : "", anchor: .end)
      for column in drawnColumns {
        let x = left + cell * Double(column)
        draw(
          row, column, Frame(left: x + 0.5, top: y + 0.5, right: x + cell - 0.5, bottom: y + height - 0.5), scale,
          &drawing)
      }
    }
    let (right, bottom) = (left + cell * Double(drawnColumns.count), plotTop + height * Double(drawnRows.count))
    drawing.curve([(left, plotTop), (right, plotTop), (right, bottom), (left, bottom), (left, plotTop)], "qc-axis")
    let end = drawing.caption(caption, below: bottom + 4)
    let description = "Table of numbers, \(rowNames.count) × \(columnNames.count). \(caption)"
    return drawing.document(title: title, description: description, height: end)
  }

  private func draw(_ row: Int, _ column: Int, _ frame: Frame, _ scale: Double, _ drawing: inout Drawing) {
    let value = value(row, column)
    guard value.isFinite else { return }
    let text = NumberText.brief(value)
    let title = "\(rowNames[row]), \(columnNames[column]): \(text)"
    let shade = ChartColors.heatLimit * min(1, value.magnitude / scale)
    if value < 0 {
      drawing.inHue(1) { $0.rectangle(frame, "qc-fill", opacity: shade * 0.6, title: title) }
    } else {
      drawing.rectangle(frame, "qc-heat", opacity: shade, title: title)
    }
    let (width, height) = (frame.right - frame.left, frame.bottom - frame.top)
    guard TextWidth.of(text, size: 12.5) <= width - 2, height >= 14 else { return }
    drawing.text(text, x: (frame.left + frame.right) / 2, y: frame.top + height / 2 + 4.5, anchor: .middle)
  }

  public var vegaLite: JSON {
    let cells = drawnRows.flatMap { row in
      drawnColumns.compactMap { column -> JSON? in
        guard value(row, column).isFinite else { return nil }
        return [
          "row": .string(rowNames[row]), "column": .string(columnNames[column]), "value": .real(value(row, column)),
          "size": .real(min(1, value(row, column).magnitude / fullSize)),
        ]
      }
    }
    func names(_ names: [String], _ range: Range<Int>, _ field: String, _ title: String, _ axis: JSON) -> JSON {
      [
        "field": .string(field), "type": "nominal", "title": title.isEmpty ? nil : .string(title),
        "sort": JSON(Array(names[range])), "axis": axis,
      ]
    }
    return VegaLite.specification(
      title: title, caption: caption, values: cells, width: ["step": 32], height: ["step": 24],
      [
        "encoding": [
          "x": names(columnNames, drawnColumns, "column", columnTitle, ["orient": "top"]),
          "y": names(rowNames, drawnRows, "row", rowTitle, [:]),
        ],
        "layer": [
          [
            "mark": ["type": "rect", "tooltip": true],
            "encoding": [
              "color": [
                "condition": ["test": "datum.value < 0", "value": .string(ChartColors.light.hues[1])],
                "value": .string(ChartColors.light.heat),
              ],
              "opacity": [
                "field": "size", "type": "quantitative", "legend": nil,
                "scale": ["domain": [0, 1], "range": [0, .real(ChartColors.heatLimit)]],
              ],
            ],
          ],
          [
            "mark": "text",
            "encoding": ["text": ["field": "value", "type": "quantitative", "format": ".2f"]],
          ],
        ],
      ])
  }
}
