import JSON
import Linear
import TestSupport
import Testing

@testable import Statistics

@Suite struct LinkageTests {
  private static let cases = ["iris", "blobs60"].flatMap { data in
    Linkage.Method.allCases.map { (data, $0) }
  }

  private func rows(_ name: String) throws -> Matrix<Double> {
    let all = try JSON.parse(SharedData.bytes("oracle/features/datasets.json"))
    return Matrix(try #require(all[name]?["rows"]?.array).map { ($0.array ?? []).compactMap(\.double) })
  }

  @Test(.enabled(if: SharedData.isPresent, Comment(rawValue: SharedData.absence)), arguments: cases)
  func treesAreTheOracles(data: String, method: Linkage.Method) throws {
    let oracle = try JSON.parse(SharedData.bytes("oracle/features/linkage.json"))["values"]?[
      "\(data).\(method.rawValue)"]
    let merges = try #require(oracle?["linkage"]?.array).map { ($0.array ?? []).compactMap(\.double) }
    let tree = try Linkage(rows(data), method)
    #expect(tree.merges.count == merges.count)
    for (mine, theirs) in zip(tree.merges, merges) {
      #expect(abs(mine.height - theirs[2]) <= 1e-9 * max(1, theirs[2]))
    }
    let heights = merges.map { $0[2] }
    for (k, labels) in try #require(oracle?["labels_at_k"]?.object).members.map({ (Int($0.key) ?? 0, $0.value) }) {
      let truth = (labels.array ?? []).compactMap(\.int)
      // Where the merges on both sides of the cut have one height the cut is anyone's.
      let place = merges.count - k
      guard heights[place + 1] - heights[place] > 1e-9 else { continue }
      let mine = tree.labels(groups: k)
      #expect((mine.max() ?? 0) + 1 == k)
      #expect(try PartitionAgreement(mine, truth).adjustedRand == 1, "\(data) \(method) at \(k)")
    }
  }

  /// Merging by trying all pairs, from the definition of each distance.
  private func naive(_ x: Matrix<Double>, _ method: Linkage.Method) -> [Double] {
    func distance(_ i: Int, _ j: Int) -> Double {
      zip(x.row(i), x.row(j)).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
    }
    func mean(_ group: [Int]) -> [Double] {
      (0..<x.columns).map { j in group.reduce(0) { $0 + x[$1, j] } / Double(group.count) }
    }
    func apart(_ a: [Int], _ b: [Int]) -> Double {
      let all = a.flatMap { i in b.map { distance(i, $0) } }
      switch method {
      case .single: return all.min() ?? 0
      case .complete: return all.max() ?? 0
      case .average: return all.reduce(0, +) / Double(all.count)
      case .ward:
        let square = zip(mean(a), mean(b)).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
        return (2 * Double(a.count * b.count) / Double(a.count + b.count) * square).squareRoot()
      }
    }
    var groups = (0..<x.rows).map { [$0] }
    var heights: [Double] = []
    while groups.count > 1 {
      var best = (0, 1, Double.infinity)
      for a in groups.indices {
        for b in a + 1..<groups.count where apart(groups[a], groups[b]) < best.2 {
          best = (a, b, apart(groups[a], groups[b]))
        }
      }
      heights.append(best.2)
      groups[best.0] += groups.remove(at: best.1)
    }
    return heights
  }

  @Test(arguments: Linkage.Method.allCases) func heightsAreThoseOfTheDefinition(method: Linkage.Method) throws {
    var numbers = RandomNumbers(seed: 3)
    let x: Matrix<Double> = numbers.gaussians(rows: 23, columns: 3)
    let tree = try Linkage(x, method)
    for (mine, theirs) in zip(tree.merges.map(\.height), naive(x, method)) { #expect(abs(mine - theirs) < 1e-12) }
    #expect(tree.order.sorted() == Array(0..<23) && tree.merges.last?.size == 23)
    #expect(tree.labels(height: tree.merges[17].height) == tree.labels(groups: 5))
  }

  @Test(arguments: Linkage.Method.allCases) func theOrderOfTheRowsChangesNoGroup(method: Linkage.Method) throws {
    var numbers = RandomNumbers(seed: 4)
    let x: Matrix<Double> = numbers.gaussians(rows: 120, columns: 5)
    let labels = try Linkage(x, method, metric: .cosine).labels(groups: 7)
    for _ in 0..<10 {
      let order = numbers.permutation(120)
      let moved = try Linkage(x.rows(at: order), method, metric: .cosine).labels(groups: 7)
      #expect(try PartitionAgreement(moved, order.map { labels[$0] }).adjustedRand == 1)
    }
  }

  @Test func oneRowAndEqualRowsHaveTrees() throws {
    let one = try Linkage(Matrix([[1.0, 2]]), .ward)
    #expect(one.merges.isEmpty && one.labels(groups: 1) == [0] && one.order == [0])
    let equal = try Linkage(Matrix<Double>(rows: 6, columns: 2, repeating: 3), .ward)
    #expect(equal.merges.allSatisfy { $0.height == 0 } && equal.labels(groups: 6) == [0, 1, 2, 3, 4, 5])
  }

  @Test func floatsBeyondTheLimitGiveWardsHeightsInDoubles() throws {
    var numbers = RandomNumbers(seed: 5)
    let x: Matrix<Double> = numbers.gaussians(rows: 60, columns: 4)
    let doubles = try Linkage(x, .ward)
    let points = try KMeansPoints(x, k: 1, metric: .euclidean, workers: .serial)
    let floats = try Linkage.inFloats(points, .ward, .euclidean, .serial).map(\.height).sorted()
    for (merge, height) in zip(doubles.merges, floats) { #expect(abs(merge.height - height) < 1e-12) }
  }
}
