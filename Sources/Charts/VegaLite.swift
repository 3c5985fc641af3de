import JSON

/// What the specifications of all charts share.
enum VegaLite {
  static let schema = "https://vega.github.io/schema/vega-lite/v5.json"

  static func specification(
    title: String, caption: String, values: [JSON], width: JSON? = 520, height: JSON? = nil,
    _ members: JSON.Object
  ) -> JSON {
    var specification: JSON.Object = ["$schema": .string(schema), "title": self.title(title, caption)]
    specification["data"] = ["values": .array(values)]
    specification["width"] = width
    specification["height"] = height
    for member in members.members { specification[member.key] = member.value }
    return .object(specification)
  }

  private static func title(_ title: String, _ caption: String) -> JSON {
    var object: JSON.Object = ["text": .string(title), "anchor": "start"]
    if !caption.isEmpty { object["subtitle"] = .string(caption) }
    return .object(object)
  }

  /// A quantitative channel on an axis.
  static func channel(_ field: String, _ axis: Axis?, zero: Bool) -> JSON {
    guard let axis else {
      return ["field": .string(field), "type": "quantitative", "axis": nil, "scale": ["zero": false]]
    }
    var scale: JSON.Object = axis.scale == .logarithmic ? ["type": "log"] : ["zero": .bool(zero)]
    if let domain = axis.domain { scale["domain"] = .array([.real(domain.lowerBound), .real(domain.upperBound)]) }
    var channel: JSON.Object = [
      "field": .string(field), "type": "quantitative", "title": .string(axis.heading), "scale": .object(scale),
    ]
    if let step = axis.leastStep { channel["axis"] = ["tickMinStep": .real(step)] }
    return .object(channel)
  }

  /// A nominal channel whose colours are those of the SVG on light ground.
  static func colors(_ field: String, _ names: [String], title: String?) -> JSON {
    let hues = names.indices.map { ChartColors.light.hues[$0 % ChartColors.hueCount] }
    return [
      "field": .string(field), "type": "nominal", "title": title.map(JSON.string) ?? .null,
      "scale": ["domain": JSON(names), "range": JSON(hues)],
    ]
  }

  /// A dashed rule and its name for each reference value along one channel (`x` or `y`).
  static func references(_ references: [ReferenceLine], along channel: String) -> [JSON] {
    references.enumerated().flatMap { index, reference in
      rule(at: reference.value, named: reference.label, along: channel, row: index)
    }
  }

  /// - Parameter row: names of vertical rules stand above each other from the upper edge.
  static func rule(at value: Double, named name: String, along channel: String, row: Int = 0) -> [JSON] {
    // One row of its own: a layer without data would draw the rule once for each row of the chart.
    let data: JSON = ["values": [["value": .real(value), "name": .string(name)]]]
    let place: JSON = ["field": "value", "type": "quantitative"]
    let text: JSON =
      channel == "x"
      ? ["type": "text", "baseline": "bottom", "y": JSON(-4 - 13 * row)]
      : ["type": "text", "align": "left", "dx": 4, "x": "width"]
    return [
      ["data": data, "mark": ["type": "rule", "strokeDash": [5, 4]], "encoding": .object([channel: place])],
      [
        "data": data, "mark": text,
        "encoding": .object([channel: place, "text": ["field": "name", "type": "nominal"]]),
      ],
    ]
  }

  static func field(_ name: String, _ type: String, title: String? = nil) -> JSON {
    var object: JSON.Object = ["field": .string(name), "type": .string(type)]
    if let title { object["title"] = .string(title) }
    return .object(object)
  }
}
