import JSON

/// Points in the plane, coloured by category, with each category's name at its medoid.
public struct ScatterChart: Chart, Equatable {
  public struct Point: Sendable, Equatable {
    public var x: Double
    public var y: Double
    /// `nil`: the point belongs to no category and is drawn in a quiet tone.
    public var category: String?
    /// Shown on hover, before the category and the note.
    public var title: String
    public var note: String?
    /// 0 … 1; the less sure, the paler the point (its outline keeps its strength).
    public var confidence: Double

    public init(
      x: Double, y: Double, category: String? = nil, title: String, note: String? = nil, confidence: Double = 1
    ) {
      self.x = x
      self.y = y
      self.category = category
      self.title = title
      self.note = note
      self.confidence = confidence
    }
  }

  public var title: String
  /// `nil` for both axes where position has no unit, as in a t-SNE layout: no ticks are drawn.
  public var xAxis: Axis?
  public var yAxis: Axis?
  public var points: [Point]
  /// The order in which categories take hues; those not named follow in the order of their appearance.
  public var categories: [String]
  /// What a category is (`topic`); it heads the legend.
  public var categoryTitle: String
  /// Follows the count below the picture.
  public var note: String?

  public init(
    title: String, points: [Point], xAxis: Axis? = nil, yAxis: Axis? = nil, categories: [String] = [],
    categoryTitle: String = "category", note: String? = nil
  ) {
    self.title = title
    self.points = points
    self.xAxis = xAxis
    self.yAxis = yAxis
    self.categories = categories
    self.categoryTitle = categoryTitle
    self.note = note
  }

  /// More points than this are thinned evenly in their order, so that the picture stays a picture.
  public static let pointLimit = 4000

  public var plainText: String {
    let layout = Layout(self)
    var lines = [title, layout.caption]
    for (index, name) in layout.categories.names.enumerated() {
      lines.append("\(name): \(layout.counts[index])")
    }
    if layout.uncategorised > 0 { lines.append("no \(categoryTitle): \(layout.uncategorised)") }
    return lines.joined(separator: "\n")
  }
}

extension ScatterChart {
  /// What both renderings need: the points that have a place, their categories and medoids.
  struct Layout {
    let points: [Point]
    let categories: Categories
    /// How many points each category has, drawn or not.
    let counts: [Int]
    let uncategorised: Int
    /// For each category the position in `points` of its medoid.
    let medoids: [Int?]
    let caption: String

    init(_ chart: ScatterChart) {
      let placed = chart.points.filter {
        (chart.xAxis?.shows($0.x) ?? $0.x.isDrawable) && (chart.yAxis?.shows($0.y) ?? $0.y.isDrawable)
      }
      let drawn = Self.thinned(placed)
      let categories = Categories(order: chart.categories, appearing: placed.lazy.compactMap(\.category))
      var counts = [Int](repeating: 0, count: categories.names.count)
      var members = [[Int]](repeating: [], count: categories.names.count)
      for point in placed { if let index = categories[point.category] { counts[index] += 1 } }
      for (position, point) in drawn.enumerated() {
        if let index = categories[point.category] { members[index].append(position) }
      }
      let missing = chart.points.count - placed.count
      points = drawn
      self.categories = categories
      self.counts = counts
      uncategorised = placed.count - counts.reduce(0, +)
      medoids = members.map { Self.medoid($0, of: drawn) }
      caption = captionText(
        count: placed.count, drawn.count < placed.count ? "\(drawn.count) drawn" : nil,
        missing > 0 ? "\(missing) outside the picture" : nil, chart.note)
    }

    private static func thinned(_ points: [Point]) -> [Point] {
      guard points.count > pointLimit else { return points }
      return (0..<pointLimit).map { points[$0 * points.count / pointLimit] }
    }

    /// The member with the least sum of distances to the others.
    private static func medoid(_ members: [Int], of points: [Point]) -> Int? {
      var best: (position: Int, sum: Double)?
      for candidate in members {
        var sum = 0.0
        for other in members {
          let (x, y) = (points[candidate].x - points[other].x, points[candidate].y - points[other].y)
          sum += (x * x + y * y).squareRoot()
        }
        if sum < best?.sum ?? .infinity { best = (candidate, sum) }
      }
      return best?.position ?? members.first
    }
  }

  public var vegaLite: JSON {
    let layout = Layout(self)
    let names = layout.categories.names
    let values = layout.points.map { point -> JSON in
      var row: JSON.Object = ["x": .real(point.x), "y": .real(point.y), "title": .string(point.title)]
      if let category = point.category { row["category"] = .string(category) }
      if let note = point.note { row["note"] = .string(note) }
      row["confidence"] = .real(point.confidence)
      return .object(row)
    }
    let labels = layout.medoids.indices.compactMap { index -> JSON? in
      guard let medoid = layout.medoids[index] else { return nil }
      return ["x": .real(layout.points[medoid].x), "y": .real(layout.points[medoid].y), "name": .string(names[index])]
    }
    let shapes = names.indices.map { Symbol(category: $0).vegaName }
    let x = VegaLite.channel("x", xAxis, zero: false)
    let y = VegaLite.channel("y", yAxis, zero: false)
    return VegaLite.specification(
      title: title, caption: layout.caption, values: values, height: 420,
      [
        "layer": [
          [
            "mark": ["type": "point", "filled": true, "size": 60],
            "encoding": [
              "x": x, "y": y,
              "color": categorised(
                VegaLite.colors("category", names, title: categoryTitle), otherwise: ChartColors.light.quiet),
              "shape": categorised(
                [
                  "field": "category", "type": "nominal", "title": .string(categoryTitle),
                  "scale": ["domain": JSON(names), "range": JSON(shapes)],
                ], otherwise: "circle"),
              "opacity": [
                "field": "confidence", "type": "quantitative", "legend": nil,
                "scale": ["domain": [0, 1], "range": [0.3, 1]],
              ],
              "tooltip": [
                VegaLite.field("title", "nominal"), VegaLite.field("category", "nominal", title: categoryTitle),
                VegaLite.field("note", "nominal"), VegaLite.field("confidence", "quantitative"),
              ],
            ],
          ],
          [
            "data": ["values": .array(labels)],
            "mark": ["type": "text", "fontWeight": "bold", "dy": -10],
            "encoding": ["x": x, "y": y, "text": ["field": "name", "type": "nominal"]],
          ],
        ]
      ])
  }

  private func categorised(_ channel: JSON, otherwise value: String) -> JSON {
    var condition = channel
    condition["test"] = "isValid(datum.category)"
    return ["condition": condition, "value": .string(value)]
  }
}
