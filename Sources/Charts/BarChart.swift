import JSON

/// Bars from zero, side by side for several series, with interval whiskers and named reference values.
public struct BarChart: Chart, Equatable {
  public enum Direction: Sendable, Equatable {
    case horizontal, vertical
  }

  public struct Bar: Sendable, Equatable {
    /// What the bar stands for; bars of the same label stand together.
    public var label: String
    /// Which of several series the bar belongs to (`before`, `after`); `nil` where there is only one.
    public var series: String?
    /// A value that is not finite leaves a gap marked `–`.
    public var value: Double
    /// The whisker, such as a confidence interval.
    public var interval: ClosedRange<Double>?

    public init(_ label: String, _ value: Double, series: String? = nil, interval: ClosedRange<Double>? = nil) {
      self.label = label
      self.value = value
      self.series = series
      self.interval = interval
    }
  }

  public var title: String
  /// The axis of the values. Bars begin at zero, so a logarithmic scale is taken as linear.
  public var axis: Axis
  public var bars: [Bar]
  public var references: [ReferenceLine]
  public var direction: Direction
  /// What the whiskers are (`95 % interval, Wilson`); it goes into the caption.
  public var intervalTitle: String?
  /// The number of observations behind the values.
  public var count: Int?
  public var note: String?

  public init(
    title: String, axis: Axis, bars: [Bar], references: [ReferenceLine] = [], direction: Direction = .horizontal,
    intervalTitle: String? = nil, count: Int? = nil, note: String? = nil
  ) {
    self.title = title
    self.axis = axis
    self.bars = bars
    self.references = references
    self.direction = direction
    self.intervalTitle = intervalTitle
    self.count = count
    self.note = note
  }

  /// Bars past this number are left out and counted in the caption.
  public static let barLimit = 240

  public var plainText: String {
    let rows = bars.map(\.summary)
    let lines = references.map { "\($0.name): \(NumberText.brief($0.value))" }
    return ([title, axis.heading] + rows + lines + [caption]).filter { !$0.isEmpty }.joined(separator: "\n")
  }
}

extension BarChart.Bar {
  var name: String { series.map { "\(label), \($0)" } ?? label }

  /// The interval where it has a place in the picture.
  var whisker: ClosedRange<Double>? {
    interval.flatMap { $0.lowerBound.isDrawable && $0.upperBound.isDrawable ? $0 : nil }
  }

  /// `label, series: value [low, high]`.
  var summary: String {
    let ends = whisker.map { " [\(NumberText.brief($0.lowerBound)), \(NumberText.brief($0.upperBound))]" }
    return "\(name): \(NumberText.brief(value))\(ends ?? "")"
  }
}

extension BarChart {
  var drawnBars: ArraySlice<Bar> { bars.prefix(Self.barLimit) }

  /// Labels and series in the order of their first bars.
  var labels: Categories { Categories(order: [], appearing: drawnBars.lazy.map(\.label)) }
  var series: Categories { Categories(order: [], appearing: drawnBars.lazy.compactMap(\.series)) }

  var drawnReferences: [ReferenceLine] { references.filter { $0.value.isDrawable } }

  var caption: String {
    let hasIntervals = drawnBars.contains { $0.whisker != nil }
    return captionText(
      count: count, hasIntervals ? intervalTitle.map { "whiskers: \($0)" } : nil,
      bars.count > Self.barLimit ? "\(Self.barLimit) of \(bars.count) bars drawn" : nil, note)
  }

  var valueAxis: Axis {
    var axis = axis
    axis.scale = .linear
    return axis
  }

  public var vegaLite: JSON {
    let values = drawnBars.map { bar -> JSON in
      var row: JSON.Object = ["label": .string(bar.label), "value": .real(bar.value)]
      if let series = bar.series { row["series"] = .string(series) }
      if let interval = bar.whisker {
        row["low"] = .real(interval.lowerBound)
        row["high"] = .real(interval.upperBound)
      }
      return .object(row)
    }
    let (along, across) = direction == .horizontal ? ("x", "y") : ("y", "x")
    let names = series.names
    let label: JSON = [
      "field": "label", "type": "nominal", "title": nil, "sort": nil, "scale": ["domain": JSON(labels.names)],
    ]
    let offset: JSON.Object =
      names.count > 1 ? ["\(across)Offset": ["field": "series", "sort": JSON(names)]] : [:]
    var bar: JSON.Object = [along: VegaLite.channel("value", valueAxis, zero: true), across: label]
    var whisker: JSON.Object = [
      along: ["field": "low", "type": "quantitative"], "\(along)2": ["field": "high"], across: label,
    ]
    for member in offset.members {
      bar[member.key] = member.value
      whisker[member.key] = member.value
    }
    bar["color"] =
      names.isEmpty ? ["value": .string(ChartColors.light.hues[0])] : VegaLite.colors("series", names, title: nil)
    bar["tooltip"] = [
      VegaLite.field("label", "nominal"), VegaLite.field("series", "nominal"),
      VegaLite.field("value", "quantitative"), VegaLite.field("low", "quantitative"),
      VegaLite.field("high", "quantitative"),
    ]
    var layers: [JSON] = [["mark": "bar", "encoding": .object(bar)]]
    if drawnBars.contains(where: { $0.whisker != nil }) {
      layers.append([
        "transform": [["filter": "isValid(datum.low)"]], "mark": ["type": "rule", "strokeWidth": 1.5],
        "encoding": .object(whisker),
      ])
    }
    layers += VegaLite.references(drawnReferences, along: along)
    return VegaLite.specification(
      title: title, caption: caption, values: values, width: direction == .horizontal ? 420 : nil,
      height: direction == .horizontal ? nil : 300, ["layer": .array(layers)])
  }
}
