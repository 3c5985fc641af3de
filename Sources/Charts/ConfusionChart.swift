import JSON

/// How often each class (rows) got each answer (columns), shaded by the share of the row.
public struct ConfusionChart: Chart, Equatable {
  public var title: String
  /// What the rows are (`true class`), and what the columns are (`predicted class`).
  public var rowTitle: String
  public var columnTitle: String
  public var rowNames: [String]
  public var columnNames: [String]
  /// One list for each row, one number for each column; what is missing counts as 0.
  public var counts: [[Int]]
  public var note: String?

  public init(
    title: String, rowTitle: String = "true class", columnTitle: String = "predicted class", rowNames: [String],
    columnNames: [String], counts: [[Int]], note: String? = nil
  ) {
    self.title = title
    self.rowTitle = rowTitle
    self.columnTitle = columnTitle
    self.rowNames = rowNames
    self.columnNames = columnNames
    self.counts = counts
    self.note = note
  }

  /// Rows and columns past this number are left out and counted in the caption.
  public static let sizeLimit = 100

  public var plainText: String {
    let rows = rowNames.indices.map { row in
      let cells = columnNames.indices.compactMap { column in
        count(row, column) == 0 ? nil : "\(columnNames[column]) \(count(row, column))"
      }
      return "\(rowNames[row]) → \(cells.isEmpty ? "none" : cells.joined(separator: ", "))"
    }
    return ([title, "\(rowTitle) → \(columnTitle)"] + rows + [caption]).joined(separator: "\n")
  }
}

extension ConfusionChart {
  private func count(_ row: Int, _ column: Int) -> Int {
    guard counts.indices.contains(row), counts[row].indices.contains(column) else { return 0 }
    return max(counts[row][column], 0)
  }

  private var drawnRows: Range<Int> { 0..<min(rowNames.count, Self.sizeLimit) }
  private var drawnColumns: Range<Int> { 0..<min(columnNames.count, Self.sizeLimit) }

  private func total(ofRow row: Int) -> Int {
    columnNames.indices.reduce(0) { $0.addingReportingOverflow(count(row, $1)).partialValue }
  }

  private var total: Int { rowNames.indices.reduce(0) { $0.addingReportingOverflow(total(ofRow: $1)).partialValue } }

  private func share(_ row: Int, _ column: Int) -> Double {
    let total = total(ofRow: row)
    return total > 0 ? min(Double(count(row, column)) / Double(total), 1) : 0
  }

  private var caption: String {
    let isCut = rowNames.count > Self.sizeLimit || columnNames.count > Self.sizeLimit
    return captionText(
      count: total, "shade: share of the row",
      isCut ? "first \(Self.sizeLimit) of \(rowNames.count) × \(columnNames.count) drawn" : nil, note)
  }

  public var svg: String {
    let longestRow = rowNames[drawnRows].map { TextWidth.of($0, size: 12.5) }.max() ?? 0
    let left = min(max(longestRow, TextWidth.of("\(rowTitle) ↓", size: 13)), 150) + 16
    // Names of columns need a line of text each.
    var drawing = Drawing(width: left + 12 * Double(drawnColumns.count) + 16)
    let top = drawing.heading(title)
    let cell = min(56, (drawing.width - left - 16) / Double(max(drawnColumns.count, 1)))
    let height = min(max(cell, 12), 40)
    let isTurned = columnNames[drawnColumns].contains { TextWidth.of($0, size: 12.5) > cell - 4 }
    let longestColumn = columnNames[drawnColumns].map { TextWidth.of($0, size: 12.5) }.max() ?? 0
    let headings = isTurned ? min(longestColumn, 130) + 10 : 22
    let plotTop = top + 22 + headings
    drawing.text(
      "\(columnTitle) →", cutTo: drawing.width - left - 16, size: 13, x: left, y: top + 14, "qc-quiet")
    drawing.text("\(rowTitle) ↓", cutTo: left - 12, size: 13, x: 8, y: plotTop - 8, "qc-quiet")

    for column in drawnColumns {
      let middle = left + cell * (Double(column) + 0.5)
      if isTurned {
        drawing.text(
          columnNames[column], cutTo: 130, size: 12.5, x: middle + 4, y: plotTop - 6, labelStyle(cell),
          rotation: -90)
      } else {
        drawing.text(columnNames[column], x: middle, y: plotTop - 8, anchor: .middle)
      }
    }
    for row in drawnRows {
      let y = plotTop + height * Double(row)
      drawing.text(
        rowNames[row], cutTo: left - 16, size: 12.5, x: left - 8, y: y + height / 2 + 4, labelStyle(height),
        anchor: .end)
      for column in drawnColumns {
        draw(row, column, x: left + cell * Double(column), y: y, width: cell, height: height, &drawing)
      }
    }
    let right = left + cell * Double(drawnColumns.count)
    let bottom = plotTop + height * Double(drawnRows.count)
    drawing.curve(
      [(left, plotTop), (right, plotTop), (right, bottom), (left, bottom), (left, plotTop)], "qc-axis")
    let end = drawing.caption(caption, below: bottom + 4)
    return drawing.document(title: title, description: description, height: end)
  }

  private func draw(
    _ row: Int, _ column: Int, x: Double, y: Double, width: Double, height: Double, _ drawing: inout Drawing
  ) {
    let count = count(row, column)
    guard count > 0 else { return }
    let share = share(row, column)
    let title = "\(rowNames[row]) → \(columnNames[column]): \(count) (\(NumberText.fixed(share * 100, places: 0)) %)"
    let text = String(count)
    let hasText = TextWidth.of(text, size: 12.5) <= width - 2 && height >= 14
    // Even one case in many is seen; a cell without a number may take the full strength of a hue.
    let shade = 0.06 + 0.94 * share
    let frame = Frame(left: x + 0.5, top: y + 0.5, right: x + width - 0.5, bottom: y + height - 0.5)
    guard hasText else {
      drawing.inHue(0) { $0.rectangle(frame, "qc-fill", opacity: shade, title: title) }
      return
    }
    drawing.rectangle(frame, "qc-heat", opacity: shade * ChartColors.heatLimit, title: title)
    drawing.text(text, x: x + width / 2, y: y + height / 2 + 4.5, anchor: .middle)
  }

  private func labelStyle(_ room: Double) -> String { room < 14 ? "qc-small" : "" }

  private var description: String {
    let mistakes = drawnRows.flatMap { row in
      drawnColumns.filter { $0 < rowNames.count && rowNames[row] != columnNames[$0] && count(row, $0) > 0 }.map {
        (row, $0)
      }
    }.sorted { (-count($0.0, $0.1), $0.0, $0.1) < (-count($1.0, $1.1), $1.0, $1.1) }
    let named = mistakes.prefix(4).map { "\(rowNames[$0]) → \(columnNames[$1]): \(count($0, $1))" }
    let list = named.isEmpty ? "" : " Largest off the diagonal: \(named.joined(separator: "; "))."
    return "Table of \(rowTitle) by \(columnTitle), \(rowNames.count) × \(columnNames.count).\(list) \(caption)"
  }

  public var vegaLite: JSON {
    let values = drawnRows.flatMap { row in
      drawnColumns.map { column -> JSON in
        [
          "row": .string(rowNames[row]), "column": .string(columnNames[column]), "count": JSON(count(row, column)),
          "share": .real(share(row, column)),
        ]
      }
    }
    let x: JSON = [
      "field": "column", "type": "nominal", "title": .string(columnTitle), "sort": JSON(Array(columnNames)),
      "axis": ["orient": "top"],
    ]
    let y: JSON = ["field": "row", "type": "nominal", "title": .string(rowTitle), "sort": JSON(Array(rowNames))]
    return VegaLite.specification(
      title: title, caption: caption, values: values, width: ["step": 32], height: ["step": 24],
      [
        "encoding": ["x": x, "y": y],
        "layer": [
          [
            "mark": ["type": "rect", "tooltip": true],
            "encoding": [
              "color": ["value": .string(ChartColors.light.heat)],
              "opacity": [
                "field": "share", "type": "quantitative", "legend": nil,
                "scale": ["domain": [0, 1], "range": [0, .real(ChartColors.heatLimit)]],
              ],
            ],
          ],
          [
            "transform": [["filter": "datum.count > 0"]], "mark": "text",
            "encoding": ["text": ["field": "count", "type": "quantitative"]],
          ],
        ],
      ])
  }
}
