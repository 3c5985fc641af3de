import Linear
import Statistics

/// How far the place of an atom tells its lobe.
struct LobeScore: Sendable {
  let atoms: Matrix<Double>
  /// Groups by place.
  let near: [Int]
  let classes: Int
  /// A fifth of the atoms, drawn at random: atoms stand in the order of training runs or files, so that the last fifth
  /// would be no sample.
  let test: [Int]
  private let train: [Int]

  init(atoms: Matrix<Double>, near: [Int], classes: Int, seed: UInt64) {
    (self.atoms, self.near, self.classes) = (atoms, near, classes)
    var numbers = RandomNumbers(seed: seed, step: "lobe split")
    let order = numbers.permutation(atoms.rows)
    test = order.prefix(atoms.rows / 5).sorted()
    train = order.dropFirst(atoms.rows / 5).sorted()
  }

  /// The agreement with the groups by place, and the balanced accuracy on the held-out atoms of a logistic map from place
  /// to lobe; nil where one side has no two lobes.
  func of(_ labels: [Int], workers: Workers) throws -> (information: Double, accuracy: Double?) {
    let information = try PartitionAgreement(labels, near).adjustedMutualInformation
    let present = Set(train.map { labels[$0] }).sorted()
    let number = Dictionary(present.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    let scored = test.filter { number[labels[$0]] != nil }
    guard present.count > 1, Set(scored.map { labels[$0] }).count > 1 else { return (information, nil) }
    let fit = try LogisticRegression(C: 1).fit(
      atoms.rows(at: train), labels: train.map { number[labels[$0]] ?? 0 }, classes: present.count, workers: workers)
    let predicted = try fit.probe.logProbabilities(atoms, rows: scored).largestColumns()
    let confusion = try Confusion(
      truth: scored.map { number[labels[$0]] ?? 0 }, predicted: predicted, classes: present.count)
    return (information, confusion.balancedAccuracy)
  }
}
