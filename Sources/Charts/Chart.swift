import JSON

/// A picture as plain data, from which come a Vega-Lite 5 specification, a static SVG and plain text.
///
///     let chart = BarChart(
///       title: "Accuracy", axis: Axis("accuracy"),
///       bars: [.init("linear probe", 0.84, interval: 0.80...0.88)],
///       references: [ReferenceLine("majority", 0.61)], count: 119)
///     chart.svg
///
/// The same data give the same bytes. The SVG holds no script and refers to nothing outside itself; it follows the
/// reader's light or dark scheme, and a page that inlines it can set its colours by the variables named in
/// ``ChartColors``.
public protocol Chart: Sendable {
  /// What the chart shows, in a few words; it heads the picture.
  var title: String { get }
  /// A Vega-Lite 5 specification with the data inline.
  var vegaLite: JSON { get }
  /// The picture as one `<svg>` element that stands alone or inside a page.
  var svg: String { get }
  /// The numbers of the picture as lines of text.
  var plainText: String { get }
}

/// What one axis measures, and how it is scaled.
public struct Axis: Sendable, Equatable {
  public enum Scale: Sendable, Equatable {
    case linear
    /// Base 10. Values at or below zero have no place on it and are left out.
    case logarithmic
  }

  public var title: String
  /// Written behind the title in brackets.
  public var unit: String?
  public var scale: Scale
  /// The interval to show; `nil` takes it from the data.
  public var domain: ClosedRange<Double>?
  /// Marks of a linear axis are no closer: 1 for what is numbered.
  public var leastStep: Double?

  public init(
    _ title: String, unit: String? = nil, scale: Scale = .linear, domain: ClosedRange<Double>? = nil,
    leastStep: Double? = nil
  ) {
    self.title = title
    self.unit = unit
    self.scale = scale
    self.domain = domain
    self.leastStep = leastStep
  }

  var heading: String {
    guard let unit, !unit.isEmpty else { return title }
    return "\(title) (\(unit))"
  }

  /// Whether a value has a place on this axis.
  func holds(_ value: Double) -> Bool {
    value.isDrawable && (scale == .linear || value > 0)
  }

  /// Whether a point at this value is inside the picture.
  func shows(_ value: Double) -> Bool {
    holds(value) && (domain?.contains(value) ?? true)
  }
}

/// A named value that is drawn across the plot, such as the majority rate beside accuracies.
public struct ReferenceLine: Sendable, Equatable {
  public var name: String
  public var value: Double

  public init(_ name: String, _ value: Double) {
    self.name = name
    self.value = value
  }

  /// The name with its value, `majority 0.61`.
  var label: String { "\(name) \(NumberText.brief(value))" }
}

extension Double {
  /// Finite and small enough that differences of two such numbers stay finite.
  var isDrawable: Bool { isFinite && magnitude < 1e300 }
}

/// The line below a picture: the number of observations, then what the author adds.
func captionText(count: Int?, _ parts: String?...) -> String {
  var all = parts.compactMap { $0 }.filter { !$0.isEmpty }
  if let count { all.insert("n = \(count)", at: 0) }
  return all.joined(separator: " · ")
}
