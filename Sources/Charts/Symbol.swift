/// The shapes of points, in the order in which a chart takes them when its hues are used up.
enum Symbol: CaseIterable {
  case circle, square, triangle, diamond, cross, triangleDown

  /// The shape of category `index`: circles for the first twelve, then the next shape through the same hues.
  init(category index: Int) {
    self = Self.allCases[index / ChartColors.hueCount % Self.allCases.count]
  }

  /// The name of the shape in Vega.
  var vegaName: String {
    switch self {
    case .circle: "circle"
    case .square: "square"
    case .triangle: "triangle-up"
    case .diamond: "diamond"
    case .cross: "cross"
    case .triangleDown: "triangle-down"
    }
  }

  /// Path data of an outline of about the same area as the circle of that radius.
  func outline(x: Double, y: Double, radius r: Double) -> String {
    let corners: [(Double, Double)] =
      switch self {
      case .circle: []
      case .square: [(-0.89, -0.89), (0.89, -0.89), (0.89, 0.89), (-0.89, 0.89)]
      case .triangle: [(0, -1.35), (1.2, 0.9), (-1.2, 0.9)]
      case .triangleDown: [(0, 1.35), (-1.2, -0.9), (1.2, -0.9)]
      case .diamond: [(0, -1.35), (1.15, 0), (0, 1.35), (-1.15, 0)]
      case .cross:
        [
          (-0.4, -1.2), (0.4, -1.2), (0.4, -0.4), (1.2, -0.4), (1.2, 0.4), (0.4, 0.4), (0.4, 1.2), (-0.4, 1.2),
          (-0.4, 0.4), (-1.2, 0.4), (-1.2, -0.4), (-0.4, -0.4),
        ]
      }
    guard !corners.isEmpty else { return "" }
    let points = corners.map {
      NumberText.coordinate(x + $0.0 * r) + " " + NumberText.coordinate(y + $0.1 * r)
    }
    return "M" + points.joined(separator: "L") + "Z"
  }
}
