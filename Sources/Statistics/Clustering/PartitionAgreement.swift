internal import Glibc

/// How well two groupings of the same rows agree.
///
///     let agreement = try PartitionAgreement(truth, found)
///     agreement.adjustedRand
///
/// Names of groups do not matter; any whole numbers serve. Information is in nats.
public struct PartitionAgreement: Sendable, Equatable {
  /// Rows.
  public let n: Int
  public let mutualInformation: Double
  /// 2·MI/(H_u + H_v); 1 when both have a single group. Not corrected for chance: it grows with the number of groups.
  public let normalizedMutualInformation: Double
  /// MI/√(H_u·H_v), with the same convention.
  public let geometricMutualInformation: Double
  /// (MI − E)/((H_u + H_v)/2 − E) with E the expectation over shuffles (Vinh, Epps & Bailey 2010); 1 when the groupings
  /// are equal up to names, 0 when only one of them has a single group or nothing but groups of one row.
  public let adjustedMutualInformation: Double
  /// MI/H of the first grouping: 1 when each group of the second lies within one of the first.
  public let homogeneity: Double
  /// MI/H of the second grouping.
  public let completeness: Double
  /// The harmonic mean of the two, equal to `normalizedMutualInformation`.
  public var vMeasure: Double { normalizedMutualInformation }
  /// Pairs of rows on which both agree, of all pairs (Rand 1971).
  public let rand: Double
  /// The same, less what chance gives (Hubert & Arabie 1985); 1 when both are trivial and equal.
  public let adjustedRand: Double
  /// √(precision · recall) of pairs (Fowlkes & Mallows 1983).
  public let fowlkesMallows: Double

  /// - Throws: `StatisticsError` for lists of different length or of no rows.
  public init(_ first: [Int], _ second: [Int]) throws(StatisticsError) {
    guard first.count == second.count else {
      throw .lengthMismatch(what: "labels in the second grouping", expected: first.count, found: second.count)
    }
    guard !first.isEmpty else { throw .empty("rows to compare") }
    let table = ContingencyTable(first, second)
    n = table.n
    let (entropyU, entropyV) = (Self.entropy(table.rowSums), Self.entropy(table.columnSums))
    let isEqual = table.isEqualUpToNames
    let information = isEqual ? entropyU : table.mutualInformation
    mutualInformation = information
    let bothTrivial = table.rowSums.count == 1 && table.columnSums.count == 1
    let oneTrivial = table.rowSums.count == 1 || table.columnSums.count == 1
    if bothTrivial || isEqual {
      normalizedMutualInformation = 1
      geometricMutualInformation = 1
    } else if oneTrivial {
      normalizedMutualInformation = 0
      geometricMutualInformation = 0
    } else {
      normalizedMutualInformation = 2 * information / (entropyU + entropyV)
      geometricMutualInformation = information / (entropyU * entropyV).squareRoot()
    }
    homogeneity = table.rowSums.count == 1 || isEqual ? 1 : oneTrivial ? 0 : information / entropyU
    completeness = table.columnSums.count == 1 || isEqual ? 1 : oneTrivial ? 0 : information / entropyV
    let pairs = PairCounts(table)
    rand = pairs.rand
    adjustedRand = pairs.adjustedRand
    fowlkesMallows = pairs.fowlkesMallows
    adjustedMutualInformation = Self.adjusted(table, information, (entropyU + entropyV) / 2, isEqual, oneTrivial)
  }

  private static func adjusted(
    _ table: ContingencyTable, _ information: Double, _ entropy: Double, _ isEqual: Bool, _ oneTrivial: Bool
  ) -> Double {
    if isEqual { return 1 }
    // Groups of one row each say nothing, as one group of all rows does.
    if oneTrivial || table.rowSums.count == table.n || table.columnSums.count == table.n { return 0 }
    let expected = table.expectedMutualInformation
    return (information - expected) / (entropy - expected)
  }

  private static func entropy(_ counts: [Int]) -> Double {
    let total = Double(counts.reduce(0, +))
    return fixedSum(counts.map { -Double($0) / total * log(Double($0) / total) })
  }
}

/// How many rows each pair of groups shares, without the zeros.
struct ContingencyTable {
  let n: Int
  let rowSums: [Int]
  let columnSums: [Int]
  /// (group of the first, group of the second, rows), ascending.
  let cells: [(row: Int, column: Int, count: Int)]

  init(_ first: [Int], _ second: [Int]) {
    n = first.count
    let (u, v) = (Self.numbered(first), Self.numbered(second))
    var rowSums = [Int](repeating: 0, count: (u.max() ?? -1) + 1)
    var columnSums = [Int](repeating: 0, count: (v.max() ?? -1) + 1)
    var cells: [(row: Int, column: Int, count: Int)] = []
    for (i, j) in zip(u, v).sorted(by: { $0 < $1 }) {
      rowSums[i] += 1
      columnSums[j] += 1
      if let last = cells.last, last.row == i, last.column == j {
        cells[cells.count - 1].count += 1
      } else {
        cells.append((i, j, 1))
      }
    }
    self.rowSums = rowSums
    self.columnSums = columnSums
    self.cells = cells
  }

  /// 0, 1, 2, … in the order of the names.
  private static func numbered(_ labels: [Int]) -> [Int] {
    let names = Set(labels).sorted()
    let number = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, $0) })
    return labels.map { number[$0] ?? 0 }
  }

  var isEqualUpToNames: Bool { cells.count == rowSums.count && cells.count == columnSums.count }

  var mutualInformation: Double {
    let total = Double(n)
    let sum = fixedSum(
      cells.map { cell in
        let count = Double(cell.count)
        return count / total
          * (log(count) + log(total) - log(Double(rowSums[cell.row])) - log(Double(columnSums[cell.column])))
      })
    return max(0, sum)
  }

  /// The mean of MI over all tables with these sums, each shuffle of the rows equally likely: the overlap of two groups
  /// follows the hypergeometric law. Groups of one size share their term.
  var expectedMutualInformation: Double {
    let logFactorials = Self.logFactorials(n)
    let total = Double(n)
    func counted(_ sums: [Int]) -> [(size: Int, groups: Double)] {
      Dictionary(grouping: sums) { $0 }.map { ($0.key, Double($0.value.count)) }.sorted { $0.size < $1.size }
    }
    var terms: [Double] = []
    for (a, groupsA) in counted(rowSums) {
      for (b, groupsB) in counted(columnSums) {
        let fixed =
          logFactorials[a] + logFactorials[b] + logFactorials[n - a] + logFactorials[n - b] - logFactorials[n]
        var sum = 0.0
        for overlap in max(1, a + b - n)...max(1, min(a, b)) where overlap <= min(a, b) {
          let chance = exp(
            fixed - logFactorials[overlap] - logFactorials[a - overlap] - logFactorials[b - overlap]
              - logFactorials[n - a - b + overlap])
          let count = Double(overlap)
          sum += count / total * (log(total) + log(count) - log(Double(a)) - log(Double(b))) * chance
        }
        terms.append(groupsA * groupsB * sum)
      }
    }
    return fixedSum(terms)
  }

  private static func logFactorials(_ n: Int) -> [Double] { (0...n).map { logFactorial($0) } }
}

/// Pairs of rows, by whether each grouping puts them together.
private struct PairCounts {
  private let both: Double
  private let first: Double
  private let second: Double
  private let all: Double

  init(_ table: ContingencyTable) {
    func pairs(_ counts: [Int]) -> Double { counts.reduce(0) { $0 + Double($1) * Double($1 - 1) / 2 } }
    both = pairs(table.cells.map(\.count))
    first = pairs(table.rowSums)
    second = pairs(table.columnSums)
    all = Double(table.n) * Double(table.n - 1) / 2
  }

  var rand: Double { all == 0 ? 1 : (all + 2 * both - first - second) / all }

  var adjustedRand: Double {
    // Equal groupings, the trivial ones among them.
    if both == first && both == second { return 1 }
    let expected = first * second / all
    return (both - expected) / ((first + second) / 2 - expected)
  }

  var fowlkesMallows: Double { both == 0 ? 0 : (both / first).squareRoot() * (both / second).squareRoot() }
}
