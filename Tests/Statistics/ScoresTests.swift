import Linear
import TestSupport
import Testing

@testable import Statistics

@Suite struct ScoresTests {
  @Test(.needsSharedData, arguments: OracleCase.names) func intervalsAreTheOracles(name: String) throws {
    let oracle = try OracleCase(name)
    let interval = try #require(oracle.probe["ci"])
    let accuracy = try interval.number("accuracy")
    let n = oracle.test.count
    let right = Int((accuracy * Double(n)).rounded())
    let wilson = try Proportion.wilson(right: right, of: n)
    let expected = try #require(interval["wilson"]?.doubles)
    #expect(wilson.value == accuracy)
    #expect((wilson.low - expected[0]).magnitude < 1e-13)
    #expect((wilson.high - expected[1]).magnitude < 1e-13)
    let quantiles = try #require(interval["percentile_bootstrap_limit"]?.doubles)
    let binomial = try Proportion.binomial(right: right, of: n)
    #expect([binomial.low, binomial.high] == quantiles)
  }

  @Test(.needsSharedData, arguments: OracleCase.names) func majorityIsTheOracles(name: String) throws {
    let oracle = try OracleCase(name)
    let majority = try #require(oracle.probe["majority"])
    let baselines = try Baselines(
      train: oracle.train.map { oracle.labels[$0] }, test: oracle.test.map { oracle.labels[$0] },
      classes: oracle.classes)
    #expect(baselines.majorityClass == majority["label"]?.int)
    #expect(baselines.majority == (try majority.number("test_accuracy")))
    #expect((baselines.logLoss - (try majority.number("test_log_loss_nats"))).magnitude < 1e-12)
  }

  /// Wilson 1927 as Brown, Cai & DasGupta 2001 print it: 0 of 10 gives 0 … .2775.
  @Test func intervalsAtTheEndsStayInside() throws {
    let none = try Proportion.wilson(right: 0, of: 10)
    #expect(none.low == 0 && (none.high - 0.2775).magnitude < 1e-4)
    let all = try Proportion.wilson(right: 10, of: 10)
    #expect(all.high == 1 && (all.low - (1 - none.high)).magnitude < 1e-14)
    #expect(try Proportion.binomial(right: 0, of: 7).high == 0)
    #expect(throws: StatisticsError.empty("rows to score")) { try Proportion.wilson(right: 0, of: 0) }
    #expect(throws: StatisticsError.self) { try Proportion.wilson(right: 3, of: 2) }
    #expect(throws: StatisticsError.self) { try Proportion.wilson(right: 1, of: 2, level: 1) }
  }

  @Test func quantilesInvertTheNormalLaw() {
    #expect((Normal.quantile(0.975) - 1.959963984540054).magnitude < 1e-14)
    #expect((Normal.quantile(0.995) - 2.5758293035489004).magnitude < 1e-14)
    #expect(Normal.quantile(0.5).magnitude < 1e-16)
    #expect(Normal.quantile(0) == -.infinity && Normal.quantile(1) == .infinity && Normal.quantile(2).isNaN)
    for exponent in stride(from: -300.0, through: -1, by: 13) {
      let p = power(10, exponent)
      #expect(relative(Normal.probability(Normal.quantile(p)), p) < 1e-11)
    }
  }

  @Test func binomialSumsAreThoseOfPascalsTriangle() {
    let n = 12
    let p = 0.3
    var row = [1.0]
    for _ in 0..<n {
      var next = [Double](repeating: 0, count: row.count + 1)
      for (k, probability) in row.enumerated() {
        next[k] += probability * (1 - p)
        next[k + 1] += probability * p
      }
      row = next
    }
    var sum = 0.0
    for k in 0...n {
      sum += row[k]
      #expect((Binomial.cumulative(k, n: n, p: p) - sum).magnitude < 1e-13)
    }
    #expect(Binomial.quantile(0.5, n: n, p: p) == 4)
  }

  /// A table worked by hand.
  @Test func scoresOfATableAreItsShares() throws {
    //            predicted 0  1  2
    let table = [[5, 1, 0], [2, 2, 0], [1, 0, 1]]
    var (truth, predicted) = ([Int](), [Int]())
    for (t, row) in table.enumerated() {
      for (p, count) in row.enumerated() {
        truth += Array(repeating: t, count: count)
        predicted += Array(repeating: p, count: count)
      }
    }
    let confusion = try Confusion(truth: truth, predicted: predicted, classes: 4)
    #expect(confusion.n == 12 && confusion.right == 8)
    #expect(confusion.accuracy == 8.0 / 12)
    let recalls: [Double?] = [5.0 / 6, 0.5, 0.5, nil]
    #expect(confusion.recalls == recalls)
    let meanRecall: Double = (5.0 / 6 + 0.5 + 0.5) / 3
    #expect((confusion.balancedAccuracy - meanRecall).magnitude < 1e-15)
    let f1: [Double?] = [10.0 / 14, 4.0 / 7, 2.0 / 3, nil]
    #expect(confusion.f1 == f1)
    let meanF1: Double = (10.0 / 14 + 4.0 / 7 + 2.0 / 3) / 3
    #expect((confusion.macroF1 - meanF1).magnitude < 1e-15)
    // 6·8 + 4·3 + 2·1 of 144.
    #expect((confusion.shuffledAccuracy - 62.0 / 144).magnitude < 1e-15)
  }

  @Test func shuffledAccuracyIsTheMeanOverShuffles() throws {
    var numbers = RandomNumbers(seed: 1)
    let truth = (0..<200).map { _ in numbers.below(10) < 6 ? 0 : numbers.below(3) }
    let predicted = (0..<200).map { _ in numbers.below(10) < 3 ? 2 : numbers.below(3) }
    let expected = try Confusion(truth: truth, predicted: predicted, classes: 3).shuffledAccuracy
    var shuffled = truth
    var sum = 0.0
    for _ in 0..<4000 {
      numbers.shuffle(&shuffled)
      sum += try Confusion(truth: shuffled, predicted: predicted, classes: 3).accuracy
    }
    // One shuffle's deviation is about .03, so the mean's is .0005.
    #expect((sum / 4000 - expected).magnitude < 0.002)
  }

  @Test func baselinesOfSharesAreTheirProducts() throws {
    let baselines = try Baselines(train: [0, 0, 0, 1], test: [0, 1, 1, 1, 1], classes: 2)
    #expect(baselines.majorityClass == 0 && baselines.majority == 0.2)
    let chance: Double = 0.75 * 0.2 + 0.25 * 0.8
    #expect((baselines.stratified - chance).magnitude < 1e-15)
    let loss: Double = 0.2 * 0.2876820724517809 + 0.8 * 1.3862943611198906
    #expect((baselines.logLoss - loss).magnitude < 1e-15)
    #expect(try Baselines(train: [0, 0], test: [1], classes: 2).logLoss == .infinity)
    #expect(throws: StatisticsError.self) { try Baselines(train: [], test: [1], classes: 2) }
  }

  @Test func extremeScoresStayFinite() throws {
    let probe = try LinearProbe(weights: Matrix([[1e300]]), bias: [0], mean: [0], scale: [1])
    let found = try probe.logProbabilities(Matrix<Double>([[1], [-1], [0]]))
    #expect(found.row(0) == [-1e300, 0] && found.row(1) == [0, -1e300])
    #expect(found.row(2).allSatisfy { ($0 + 0.6931471805599453).magnitude < 1e-15 })
    let softmax = LinearProbe.logProbabilities(scores: Matrix([[1e4, 0, -1e4]]))
    #expect(softmax.row(0) == [0, -1e4, -2e4])
    #expect(throws: StatisticsError.notFinite(row: 1, column: 0)) {
      try probe.scores(Matrix<Double>([[1], [.infinity]]))
    }
  }

  @Test func probesRefuseSizesThatDoNotFit() throws {
    #expect(throws: StatisticsError.self) {
      try LinearProbe(weights: .zeros(2, 3), bias: [0, 0], mean: [0, 0, 0], scale: [1, 1, 1])
    }
    #expect(throws: StatisticsError.lengthMismatch(what: "means", expected: 3, found: 2)) {
      try LinearProbe(weights: .zeros(1, 3), bias: [0], mean: [0, 0], scale: [1, 1, 1])
    }
    #expect(throws: StatisticsError.self) {
      try LinearProbe(weights: .zeros(1, 1), bias: [0], mean: [0], scale: [0])
    }
    let probe = try LinearProbe(weights: .zeros(1, 3), bias: [0], mean: [0, 0, 0], scale: [1, 1, 1])
    #expect(throws: StatisticsError.lengthMismatch(what: "columns", expected: 3, found: 2)) {
      try probe.scores(Matrix<Double>.zeros(2, 2))
    }
    #expect(throws: StatisticsError.badRow(list: "scored", row: 2, rows: 2)) {
      try probe.scores(Matrix<Double>.zeros(2, 3), rows: [0, 2])
    }
  }

  @Test func scalingIsThatOfTheDefinition() throws {
    var numbers = RandomNumbers(seed: 9)
    var features: Matrix<Double> = numbers.gaussians(rows: 1000, columns: 4)
    for i in 0..<1000 {
      features[i, 1] = 1e9 + 1e-4 * features[i, 1]
      features[i, 2] = 0.1
    }
    let scaling = try ColumnScaling(features)
    for j in 0..<4 {
      let column = features.column(j)
      // About the first value, so that the plain sums lose nothing.
      let moved = column.map { $0 - column[0] }
      let mean = moved.reduce(0, +) / 1000
      let variance = moved.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 1000
      let expected = column[0] + mean
      #expect((scaling.mean[j] - expected).magnitude <= 1e-15 * max(1, expected.magnitude))
      #expect((scaling.deviation[j] - variance.squareRoot()).magnitude <= 1e-12 * variance.squareRoot())
    }
    #expect(scaling.isConstant == [false, true, true, false])
    #expect(scaling.scale[2] == 1)
    let single: Matrix<Float> = features.converted()
    #expect(try ColumnScaling(single).isConstant == [false, true, true, false])
    features[3, 3] = .infinity
    #expect(throws: StatisticsError.notFinite(row: 3, column: 3)) { try ColumnScaling(features) }
    #expect(throws: StatisticsError.notFinite(row: 3, column: 3)) { try ColumnScaling(features, rows: [5, 3, 1]) }
  }

  private func power(_ x: Double, _ y: Double) -> Double { Double("1e\(Int(y))") ?? .nan }
}
