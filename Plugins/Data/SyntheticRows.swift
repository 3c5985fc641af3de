import Charts
import Linear
import PluginKit
import Statistics

/// Makes rows whose concept is known, to try probes and erasers on.
public struct SyntheticRows: Method {
  public static let name = "data.synthetic"

  public struct Parameters: Decodable, Sendable {
    let family: ConceptFamily
    let n, d, classes: Int
    let distance: Double
    let share: Double?
    let copies: Int
  }

  public struct Output: Encodable, Sendable {
    let matrix, labels: ArtifactReference
    let groups, direction: ArtifactReference?
    let n, d: Int
    let classes: [String]
    let classCounts: [Int]
    let bestAccuracy: Double?
    let linear: Bool
    let warnings: [Warning]
  }

  public init() {}

  public func run(_ parameters: Parameters, _ context: Context) throws -> Output {
    try context.reserve(parameters.n * parameters.d * 8 * 2, for: "the rows")
    var numbers = context.random("synthetic")
    let made = try parameters.family.make(parameters, &numbers)
    let labels = Labels(codes: made.labels, classes: (0..<made.classes).map(String.init))
    context.display(
      BarChart(
        title: "Rows of each class", axis: Axis("rows"),
        bars: zip(labels.classes, labels.classCounts).map { .init($0, Double($1)) }, count: parameters.n))
    return Output(
      matrix: try context.save(made.features, "matrix"), labels: try context.save(labels, "labels"),
      groups: try made.groups.map {
        try context.save(Labels(codes: $0, classes: (0...($0.max() ?? 0)).map(String.init)), "groups")
      }, direction: try made.direction.map { try context.save($0, "direction") }, n: parameters.n, d: parameters.d,
      classes: labels.classes, classCounts: labels.classCounts, bestAccuracy: made.bestAccuracy,
      linear: parameters.family.isLinear, warnings: [])
  }
}
