import Linear

/// Rows to fit on and rows to score on.
public struct Split: Sendable, Equatable, Codable {
  /// Ascending row numbers.
  public let train: [Int]
  /// Ascending row numbers, none of them in `train`.
  public let test: [Int]

  /// - Throws: `StatisticsError` for an empty side, a row number out of 0 ..< rows, or one that stands twice.
  public init(train: [Int], test: [Int], rows: Int) throws(StatisticsError) {
    guard !train.isEmpty else { throw .empty("train rows") }
    guard !test.isEmpty else { throw .empty("test rows") }
    try checkRows(train, of: rows, list: "train")
    try checkRows(test, of: rows, list: "test")
    try checkRows(train + test, of: rows, list: "train and test")
    self.train = train
    self.test = test
  }

  private init(isTest: [Bool]) throws(StatisticsError) {
    train = isTest.indices.filter { !isTest[$0] }
    test = isTest.indices.filter { isTest[$0] }
    guard !train.isEmpty else { throw .empty("train rows; make the test share smaller") }
    guard !test.isEmpty else { throw .empty("test rows; make the test share larger") }
  }

  /// Draws the test rows, a share of each class when labels are given.
  ///
  /// Of n rows ⌊n·share + ½⌋ are tested. Classes get their shares rounded down, and what is left goes to those that
  /// lost most by it, the lowest first; a class of two rows or more has one on each side. The rows of class c come
  /// from the sub-stream (seed, "split", c).
  /// - Parameters:
  ///   - rows: n, at least 2.
  ///   - labels: n whole numbers from 0, to keep the shares of classes; nil to draw from all rows alike.
  ///   - share: of the test rows, between 0 and 1.
  /// - Throws: `StatisticsError` for a share that leaves one side empty, or labels that do not fit.
  public static func random(
    rows: Int, labels: [Int]? = nil, share: Double = 0.25, seed: UInt64
  ) throws(StatisticsError) -> Split {
    try check(rows, share, labels)
    let labels = labels ?? [Int](repeating: 0, count: rows)
    let counts = try classCounts(labels, classes: (labels.max() ?? 0) + 1)
    let wanted = testCounts(counts, share: share)
    var isTest = [Bool](repeating: false, count: rows)
    for (label, count) in wanted.enumerated() where count > 0 {
      var members = labels.indices.filter { labels[$0] == label }
      var numbers = RandomNumbers(seed: seed, step: "split", index: label)
      numbers.shuffle(&members)
      for row in members.prefix(count) { isTest[row] = true }
    }
    return try Split(isTest: isTest)
  }

  /// Draws whole groups for the test side, so that no group is on both.
  ///
  /// Groups are taken in random order (sub-stream (seed, "groups")) as long as they bring the number of test rows, and
  /// with labels the number of each class, nearer to the share. The test side of few or large groups can therefore be
  /// off the share.
  /// - Parameter groups: the group of each row, any whole numbers; at least two different ones.
  /// - Throws: as `random`.
  public static func grouped(
    groups: [Int], labels: [Int]? = nil, share: Double = 0.25, seed: UInt64
  ) throws(StatisticsError) -> Split {
    try check(groups.count, share, labels)
    let labels = labels ?? [Int](repeating: 0, count: groups.count)
    let counts = try classCounts(labels, classes: (labels.max() ?? 0) + 1)
    let members = membersOfGroups(groups)
    guard members.count > 1 else {
      throw .parameter(name: "the number of groups", expected: "at least 2", found: "\(members.count)")
    }
    var order = Array(0..<members.count)
    var numbers = RandomNumbers(seed: seed, step: "groups")
    numbers.shuffle(&order)
    // Classes weigh alike, so that a rare one is not lost among the rows of the others.
    let wanted = counts.map { share * Double($0) }
    let weights = counts.map { $0 == 0 ? 0 : 1 / Double($0 * $0) }
    var taken = [Double](repeating: 0, count: counts.count)
    var isTest = [Bool](repeating: false, count: groups.count)
    var left = members.count
    var isEmpty = true
    for group in order where left > 1 {
      var added = taken
      for row in members[group] { added[labels[row]] += 1 }
      guard distance(added, wanted, weights) < distance(taken, wanted, weights) else { continue }
      taken = added
      isEmpty = false
      left -= 1
      for row in members[group] { isTest[row] = true }
    }
    if isEmpty {
      // Each group is more than twice too large: the smallest one, the first in the order.
      let smallest = order.min { members[$0].count < members[$1].count } ?? 0
      for row in members[smallest] { isTest[row] = true }
    }
    return try Split(isTest: isTest)
  }

  /// Puts the latest rows on the test side: ⌊n·share + ½⌋ of them, and as many fewer as keep rows of one time together.
  ///
  /// Where all of these are of one time, they are all tested.
  /// - Throws: as `random`; and when all rows are of one time.
  public static func latest(times: [Double], share: Double = 0.25) throws(StatisticsError) -> Split {
    try check(times.count, share, nil)
    if let row = times.firstIndex(where: { !$0.isFinite }) { throw .notFinite(row: row, column: 0) }
    let order = times.indices.sorted { (times[$0], $0) < (times[$1], $1) }
    let wanted = min(times.count - 1, max(1, Int((Double(times.count) * share + 0.5).rounded(.down))))
    let border = times[order[times.count - wanted]]
    let latest = times[order[times.count - 1]]
    // Rows of the border's own time go to train with the earlier ones of it, unless none would be left.
    let splitsBorder = times[order[times.count - wanted - 1]] == border
    let isTest = times.map { splitsBorder && border < latest ? $0 > border : $0 >= border }
    return try Split(isTest: isTest)
  }

  private static func distance(_ counts: [Double], _ wanted: [Double], _ weights: [Double]) -> Double {
    zip(zip(counts, wanted), weights).reduce(0) { sum, next in
      let difference = next.0.0 - next.0.1
      return sum + difference * difference * next.1
    }
  }

  private static func check(_ rows: Int, _ share: Double, _ labels: [Int]?) throws(StatisticsError) {
    guard rows > 1 else { throw .empty("two rows to split") }
    guard share > 0, share < 1 else {
      throw .parameter(name: "the share of test rows", expected: "between 0 and 1", found: "\(share)")
    }
    if let labels, labels.count != rows {
      throw .lengthMismatch(what: "labels", expected: rows, found: labels.count)
    }
  }

  /// Test rows of each class.
  private static func testCounts(_ counts: [Int], share: Double) -> [Int] {
    let total = counts.reduce(0, +)
    var wanted = counts.map { Int((Double($0) * share).rounded(.down)) }
    let lost = zip(counts, wanted).map { Double($0) * share - Double($1) }
    let order = counts.indices.sorted { (-lost[$0], $0) < (-lost[$1], $1) }
    var missing = Int((Double(total) * share + 0.5).rounded(.down)) - wanted.reduce(0, +)
    for c in order where missing > 0 && wanted[c] < counts[c] {
      wanted[c] += 1
      missing -= 1
    }
    return zip(wanted, counts).map { count, all in all < 2 ? count : min(max(count, 1), all - 1) }
  }

  /// Cuts rows into folds, each a test side once: classes spread evenly, groups kept whole.
  ///
  /// Rows (sub-stream (seed, "folds", c) for class c) go round the folds one after the other, one class going on where
  /// the last one ended. Groups, the largest first and in random order among equals, go to the fold that has the fewest
  /// rows of their classes.
  /// - Throws: `StatisticsError` for fewer than 2 folds, or more than rows or groups.
  public static func folds(
    _ count: Int, rows: Int, labels: [Int]? = nil, groups: [Int]? = nil, seed: UInt64
  ) throws(StatisticsError) -> [Split] {
    try check(rows, 0.5, labels)
    if let groups, groups.count != rows {
      throw .lengthMismatch(what: "groups", expected: rows, found: groups.count)
    }
    let labels = labels ?? [Int](repeating: 0, count: rows)
    let counts = try classCounts(labels, classes: (labels.max() ?? 0) + 1)
    let members = groups.map { membersOfGroups($0) }
    guard count > 1, count <= members?.count ?? rows else {
      let limit = members.map { "the \($0.count) groups" } ?? "the \(rows) rows"
      throw .parameter(name: "folds", expected: "2 to \(limit)", found: "\(count)")
    }
    var fold = [Int](repeating: 0, count: rows)
    if var members {
      var numbers = RandomNumbers(seed: seed, step: "folds")
      numbers.shuffle(&members)
      let order = members.indices.sorted { (-members[$0].count, $0) < (-members[$1].count, $1) }
      let weights = counts.map { $0 == 0 ? 0 : 1 / Double($0) }
      var filled = [[Double]](repeating: [Double](repeating: 0, count: counts.count), count: count)
      for group in order {
        var own = [Double](repeating: 0, count: counts.count)
        for row in members[group] { own[labels[row]] += 1 }
        let costs = filled.map { held in
          zip(zip(held, own), weights).reduce(0) { $0 + $1.0.0 * $1.0.1 * $1.1 * $1.1 }
        }
        let sizes = filled.map { $0.reduce(0, +) }
        let best = (0..<count).min { (costs[$0], sizes[$0], $0) < (costs[$1], sizes[$1], $1) } ?? 0
        for (c, value) in own.enumerated() { filled[best][c] += value }
        for row in members[group] { fold[row] = best }
      }
    } else {
      var next = 0
      for label in counts.indices {
        var rowsOfClass = labels.indices.filter { labels[$0] == label }
        var numbers = RandomNumbers(seed: seed, step: "folds", index: label)
        numbers.shuffle(&rowsOfClass)
        for row in rowsOfClass {
          fold[row] = next
          next = (next + 1) % count
        }
      }
    }
    var result: [Split] = []
    for f in 0..<count { result.append(try Split(isTest: fold.map { $0 == f })) }
    return result
  }

  /// The rows of each group, groups in the order of their first rows.
  private static func membersOfGroups(_ groups: [Int]) -> [[Int]] {
    var number: [Int: Int] = [:]
    var members: [[Int]] = []
    for (row, group) in groups.enumerated() {
      if let known = number[group] {
        members[known].append(row)
      } else {
        number[group] = members.count
        members.append([row])
      }
    }
    return members
  }
}
