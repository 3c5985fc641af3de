import Linear
import Testing

@testable import Statistics

@Suite struct SplitTests {
  private func labels(_ counts: [Int], seed: UInt64 = 1) -> [Int] {
    var all = counts.enumerated().flatMap { Array(repeating: $0.offset, count: $0.element) }
    var numbers = RandomNumbers(seed: seed)
    numbers.shuffle(&all)
    return all
  }

  private func isPartition(_ split: Split, _ rows: Int) -> Bool {
    (split.train + split.test).sorted() == Array(0..<rows)
  }

  @Test func eachClassKeepsItsShare() throws {
    let labels = labels([600, 301, 97, 2])
    for seed in 0..<20 {
      let split = try Split.random(rows: 1000, labels: labels, seed: UInt64(seed))
      #expect(isPartition(split, 1000))
      let counts = try classCounts(split.test.map { labels[$0] }, classes: 4)
      // 150, 75.25, 24.25 and .5: the last one's half is the largest part lost.
      #expect(counts == [150, 75, 24, 1])
      #expect(split.train == split.train.sorted() && split.test == split.test.sorted())
    }
  }

  @Test func theSeedDecidesTheRows() throws {
    let labels = labels([50, 50])
    let first = try Split.random(rows: 100, labels: labels, seed: 1)
    #expect(try Split.random(rows: 100, labels: labels, seed: 1) == first)
    #expect(try Split.random(rows: 100, labels: labels, seed: 2) != first)
    // Other classes' rows do not change which rows of this one are drawn.
    let more = labels + Array(repeating: 2, count: 40)
    let wider = try Split.random(rows: 140, labels: more, seed: 1)
    #expect(wider.test.filter { $0 < 100 } == first.test)
  }

  @Test func eachRowIsDrawnEquallyOften() throws {
    var counts = [Int](repeating: 0, count: 40)
    for seed in 0..<4000 { for row in try Split.random(rows: 40, seed: UInt64(seed)).test { counts[row] += 1 } }
    // 1000 ± 27 each; five deviations.
    #expect(counts.allSatisfy { abs($0 - 1000) < 137 })
  }

  @Test func rareClassesAreOnBothSides() throws {
    let split = try Split.random(rows: 100, labels: labels([97, 3]), share: 0.1, seed: 0)
    let labels = labels([97, 3])
    #expect(Set(split.test.map { labels[$0] }) == [0, 1] && Set(split.train.map { labels[$0] }) == [0, 1])
  }

  @Test func noGroupIsOnBothSides() throws {
    var numbers = RandomNumbers(seed: 3)
    let groups = (0..<400).map { _ in numbers.below(60) * 7 - 3 }
    let labels = labels([300, 100])
    for seed in 0..<20 {
      let split = try Split.grouped(groups: groups, labels: labels, seed: UInt64(seed))
      #expect(isPartition(split, 400))
      #expect(Set(split.train.map { groups[$0] }).isDisjoint(with: split.test.map { groups[$0] }))
      let counts = try classCounts(split.test.map { labels[$0] }, classes: 2)
      // Groups have about seven rows and both classes count alike: a twentieth of each class is one group or two.
      #expect(abs(counts[0] - 75) <= 15 && abs(counts[1] - 25) <= 5, "\(counts)")
    }
    let two = try Split.grouped(groups: [1, 1, 1, 2, 2], seed: 5)
    #expect(two.test == [3, 4], "the smaller of two groups that are both too large")
    #expect(throws: StatisticsError.self) { try Split.grouped(groups: [4, 4, 4], seed: 0) }
  }

  @Test func foldsAreEachRowsTestOnce() throws {
    let labels = labels([52, 31, 17])
    let folds = try Split.folds(5, rows: 100, labels: labels, seed: 7)
    #expect(folds.flatMap(\.test).sorted() == Array(0..<100))
    for fold in folds {
      #expect(isPartition(fold, 100) && fold.test.count == 20)
      let counts = try classCounts(fold.test.map { labels[$0] }, classes: 3)
      for (count, whole) in zip(counts, [52, 31, 17]) { #expect(abs(Double(count) - Double(whole) / 5) < 1) }
    }
    #expect(throws: StatisticsError.self) { try Split.folds(1, rows: 10, seed: 0) }
    #expect(throws: StatisticsError.self) { try Split.folds(11, rows: 10, seed: 0) }
  }

  @Test func foldsKeepGroupsWhole() throws {
    var numbers = RandomNumbers(seed: 3)
    let groups = (0..<300).map { _ in numbers.below(40) }
    let labels = labels([200, 100])
    let folds = try Split.folds(4, rows: 300, labels: labels, groups: groups, seed: 1)
    #expect(folds.flatMap(\.test).sorted() == Array(0..<300))
    for fold in folds {
      #expect(Set(fold.train.map { groups[$0] }).isDisjoint(with: fold.test.map { groups[$0] }))
      let counts = try classCounts(fold.test.map { labels[$0] }, classes: 2)
      #expect(abs(counts[0] - 50) <= 10 && abs(counts[1] - 25) <= 8, "\(counts)")
    }
  }

  @Test func givenListsAreChecked() throws {
    #expect(try Split(train: [3, 0], test: [1], rows: 4).train == [3, 0])
    #expect(throws: StatisticsError.badRow(list: "train and test", row: 1, rows: 4)) {
      try Split(train: [0, 1], test: [1], rows: 4)
    }
    #expect(throws: StatisticsError.badRow(list: "test", row: 4, rows: 4)) {
      try Split(train: [0, 1], test: [4], rows: 4)
    }
    #expect(throws: StatisticsError.self) { try Split(train: [], test: [1], rows: 4) }
    #expect(try Split.random(rows: 10, share: 0.01, seed: 0).test.count == 1)
    #expect(throws: StatisticsError.self) { try Split.random(rows: 10, share: 1, seed: 0) }
    #expect(throws: StatisticsError.self) { try Split.random(rows: 3, labels: [0, 1], seed: 0) }
  }

  @Test func plantedCopiesAreFound() throws {
    var numbers = RandomNumbers(seed: 8)
    var features: Matrix<Double> = numbers.gaussians(rows: 300, columns: 50)
    features.addToRows([Double](repeating: 40, count: 50))
    let split = try Split.random(rows: 300, seed: 1)
    #expect(try Leaks(features, split).isEmpty)
    // An equal row, a row a little off, and one that is near only before the mean is taken away.
    features.replaceRows(from: split.test[4], with: features.rows(at: [split.train[17]]))
    var near = features.rows(at: [split.train[30]])
    for j in 0..<50 { near[0, j] += 0.05 * numbers.gaussian() }
    features.replaceRows(from: split.test[9], with: near)
    let single: Matrix<Float> = features.converted()
    for leaks in [
      try Leaks(features, split), try Leaks(single, split), try Leaks(features, split, workers: Workers(jobs: 2)),
    ] {
      #expect(leaks.equalRows == 1 && leaks.nearRows == 2)
      #expect(leaks.pairs.map(\.train) == [split.train[17], split.train[30]])
      #expect(leaks.pairs.map(\.test) == [split.test[4], split.test[9]])
      #expect(leaks.pairs[0].cosine == 1 && leaks.pairs[1].cosine > 0.98)
    }
    let groups = (0..<300).map { $0 == split.train[0] || $0 == split.test[0] ? 1000 : $0 }
    #expect(try Leaks(features, split, groups: groups).sharedGroups == 1)
  }

  @Test func equalRowsAtTheMeanAreFoundToo() throws {
    let features = Matrix<Double>([[1.0], [3], [2], [2], [-0.0], [4]])
    let leaks = try Leaks(features, Split(train: [0, 1, 2], test: [3], rows: 6))
    #expect(leaks.equalRows == 1 && leaks.pairs == [.init(train: 2, test: 3, cosine: 1)])
  }
}
