import JSON

/// Curves over a common axis, with bands behind them and one point that was chosen.
public struct LineChart: Chart, Equatable {
  public struct Sample: Sendable, Equatable {
    public var x: Double
    /// A value that is not finite breaks the curve.
    public var y: Double

    public init(_ x: Double, _ y: Double) {
      self.x = x
      self.y = y
    }
  }

  public struct Curve: Sendable, Equatable {
    public var name: String
    public var samples: [Sample]

    public init(_ name: String, _ samples: [Sample]) {
      self.name = name
      self.samples = samples
    }
  }

  /// An interval for each x, such as the spread of null sets.
  public struct Band: Sendable, Equatable {
    public struct Edge: Sendable, Equatable {
      public var x: Double
      public var low: Double
      public var high: Double

      public init(_ x: Double, _ low: Double, _ high: Double) {
        self.x = x
        self.low = low
        self.high = high
      }
    }

    public var name: String
    public var edges: [Edge]

    public init(_ name: String, _ edges: [Edge]) {
      self.name = name
      self.edges = edges
    }
  }

  /// A place on the x axis that a method or a person chose.
  public struct Choice: Sendable, Equatable {
    public var name: String
    public var x: Double

    public init(_ name: String, x: Double) {
      self.name = name
      self.x = x
    }
  }

  public var title: String
  public var xAxis: Axis
  public var yAxis: Axis
  public var curves: [Curve]
  public var bands: [Band]
  public var choice: Choice?
  public var references: [ReferenceLine]
  public var count: Int?
  public var note: String?

  public init(
    title: String, xAxis: Axis, yAxis: Axis, curves: [Curve], bands: [Band] = [], choice: Choice? = nil,
    references: [ReferenceLine] = [], count: Int? = nil, note: String? = nil
  ) {
    self.title = title
    self.xAxis = xAxis
    self.yAxis = yAxis
    self.curves = curves
    self.bands = bands
    self.choice = choice
    self.references = references
    self.count = count
    self.note = note
  }

  public var plainText: String {
    var lines = [title, "\(yAxis.heading) over \(xAxis.heading)"]
    for curve in curves {
      lines.append(
        "\(curve.name): "
          + curve.samples.map { "\(NumberText.brief($0.x)) \(NumberText.brief($0.y))" }.joined(separator: ", "))
    }
    for band in bands {
      lines.append(
        "\(band.name): "
          + band.edges.map {
            "\(NumberText.brief($0.x)) [\(NumberText.brief($0.low)), \(NumberText.brief($0.high))]"
          }.joined(separator: ", "))
    }
    if let choice { lines.append("chosen: \(choice.name)") }
    for reference in references { lines.append(reference.label) }
    return (lines + [caption]).filter { !$0.isEmpty }.joined(separator: "\n")
  }
}

extension LineChart {
  var caption: String { captionText(count: count, note) }

  /// Samples that have a place on both axes; `nil` where the curve breaks.
  func placed(_ curve: Curve) -> [Sample?] {
    curve.samples.map { xAxis.shows($0.x) && yAxis.shows($0.y) ? $0 : nil }
  }

  func placed(_ band: Band) -> [Band.Edge] {
    band.edges.filter { xAxis.shows($0.x) && yAxis.holds($0.low) && yAxis.holds($0.high) }
  }

  /// The dash pattern that sets curve `index` apart without its colour.
  static func dash(_ index: Int) -> [Int] {
    [[], [7, 4], [2, 3], [10, 3, 2, 3]][index % 4]
  }

  public var vegaLite: JSON {
    let names = curves.map(\.name)
    let values = curves.flatMap { curve in
      placed(curve).compactMap { $0 }.map { sample -> JSON in
        ["x": .real(sample.x), "y": .real(sample.y), "curve": .string(curve.name)]
      }
    }
    let x = VegaLite.channel("x", xAxis, zero: false)
    let y = VegaLite.channel("y", yAxis, zero: false)
    var layers: [JSON] = bands.map { band in
      let edges = placed(band).map { edge -> JSON in
        ["x": .real(edge.x), "low": .real(edge.low), "high": .real(edge.high)]
      }
      return [
        "data": ["values": .array(edges)], "mark": ["type": "area", "opacity": 0.25],
        "encoding": [
          "x": x, "y": VegaLite.channel("low", yAxis, zero: false), "y2": ["field": "high"],
          "tooltip": ["value": .string(band.name)],
        ],
      ]
    }
    let dashes = names.indices.map { index in JSON.array(Self.dash(index).map { JSON($0) }) }
    layers.append([
      "mark": ["type": "line", "point": .bool(values.count <= 200), "tooltip": true],
      "encoding": [
        "x": x, "y": y, "color": VegaLite.colors("curve", names, title: nil),
        "strokeDash": [
          "field": "curve", "type": "nominal", "title": nil,
          "scale": ["domain": JSON(names), "range": .array(dashes)],
        ],
      ],
    ])
    if let choice, xAxis.shows(choice.x) {
      layers += VegaLite.rule(at: choice.x, named: choice.name, along: "x")
    }
    layers += VegaLite.references(references.filter { yAxis.shows($0.value) }, along: "y")
    return VegaLite.specification(
      title: title, caption: caption, values: values, height: 300, ["layer": .array(layers)])
  }
}
