import Linear
import Testing

@testable import Statistics

@Suite struct GraphGroupsTests {
  private func clouds(_ n: Int, _ topics: Int, seed: UInt64 = 1) -> (rows: Matrix<Double>, truth: [Int]) {
    var numbers = RandomNumbers(seed: seed)
    let means: Matrix<Double> = numbers.gaussians(rows: topics, columns: 8)
    var rows: Matrix<Double> = numbers.gaussians(rows: n, columns: 8)
    for i in 0..<n { for j in 0..<8 { rows[i, j] = 0.25 * rows[i, j] + means[i % topics, j] } }
    return (rows, (0..<n).map { $0 % topics })
  }

  @Test func weightsAreSymmetricAndSumToOne() throws {
    let (rows, _) = clouds(40, 3)
    let graph = try NeighbourGraph(FactorOperand(rows), neighbours: 5)
    #expect(abs(graph.weights.values.reduce(0, +) - 1) < 1e-12)
    #expect(graph.weights == graph.weights.transposed())
    // The definition, number by number.
    var unit = rows
    unit.normaliseRows()
    let cosines = unit.timesTransposed(unit)
    let nearest = (0..<40).map { i in
      Set((0..<40).filter { $0 != i && cosines[i, $0] > 0 }.sorted { cosines[i, $0] > cosines[i, $1] }.prefix(5))
    }
    for i in 0..<40 {
      for j in 0..<40 { #expect((graph.weights[i, j] > 0) == (nearest[i].contains(j) || nearest[j].contains(i))) }
    }
    let sparse = try NeighbourGraph(FactorOperand(SparseMatrix(rows)), neighbours: 5)
    #expect(zip(sparse.weights.values, graph.weights.values).allSatisfy { abs($0 - $1) < 1e-12 })
  }

  @Test func spectralGroupsAndCommunitiesFindClouds() throws {
    let (rows, truth) = clouds(90, 4)
    let graph = try NeighbourGraph(FactorOperand(rows), neighbours: 8)
    #expect(try PartitionAgreement(try graph.spectralGroups(4, seed: 0), truth).adjustedRand == 1)
    let found = try graph.communities(resolution: 1, seed: 0)
    #expect(graph.modularity(found, resolution: 1) >= graph.modularity(truth, resolution: 1) - 1e-12)
    #expect(try PartitionAgreement(found, truth).homogeneity == 1)
    #expect(try graph.spectralGroups(4, seed: 0, workers: Workers(jobs: 4)) == graph.spectralGroups(4, seed: 0))
  }

  /// Two cliques of five joined by one edge: the modularity of the cut is 20/21 − 1/2 by hand.
  @Test func twoCliquesAreTwoCommunities() throws {
    var dense = Matrix<Double>.zeros(10, 10)
    for i in 0..<10 { for j in 0..<10 where i != j && i / 5 == j / 5 { dense[i, j] = 1 } }
    (dense[4, 5], dense[5, 4]) = (1, 1)
    let graph = NeighbourGraph(weights: SparseMatrix(dense))
    for seed in 0..<10 {
      let groups = Partition(try graph.communities(resolution: 1, seed: UInt64(seed))).labels
      #expect(groups == [0, 0, 0, 0, 0, 1, 1, 1, 1, 1])
      #expect(abs(graph.modularity(groups, resolution: 1) - (40.0 / 42 - 0.5)) < 1e-12)
    }
    #expect(Set(try graph.communities(resolution: 0.01, seed: 0)).count == 1)
    #expect(Set(try graph.communities(resolution: 20, seed: 0)).count == 10)
  }

  @Test func everyCommunityIsConnected() throws {
    let (rows, _) = clouds(120, 12, seed: 3)
    let graph = try NeighbourGraph(FactorOperand(rows), neighbours: 3)
    let groups = try graph.communities(resolution: 2, seed: 1)
    for group in Set(groups) {
      let members = Set(groups.indices.filter { groups[$0] == group })
      var reached: Set<Int> = []
      var open = [members.min() ?? 0]
      while let node = open.popLast() {
        guard reached.insert(node).inserted else { continue }
        graph.weights.withRow(node) { columns, _ in
          open += columns.map { Int($0) }.filter { members.contains($0) && !reached.contains($0) }
        }
      }
      #expect(reached == members)
    }
  }

  @Test func rowsWithoutNeighboursAreToldApart() throws {
    let graph = try NeighbourGraph(FactorOperand(Matrix([[1.0, 0], [1, 0.1], [0, 0], [0.9, 0]])), neighbours: 2)
    #expect(try graph.spectralGroups(1, seed: 0) == [0, 0, -1, 0])
    #expect(throws: StatisticsError.self) { try graph.spectralGroups(4, seed: 0) }
  }

  @Test func theBestMatchingIsThatOfAllPermutations() {
    var numbers = RandomNumbers(seed: 1)
    for _ in 0..<20 {
      let gains = (0..<4).map { _ in (0..<4).map { _ in numbers.unit() } }
      func best(_ row: Int, _ used: Set<Int>) -> Double {
        row == 4
          ? 0
          : (0..<4).filter { !used.contains($0) }.map { gains[row][$0] + best(row + 1, used.union([$0])) }.max() ?? 0
      }
      let found = BestMatching.columns(gains)
      #expect(Set(found).count == 4)
      #expect(abs(found.enumerated().reduce(0) { $0 + gains[$1.offset][$1.element] } - best(0, [])) < 1e-12)
    }
    #expect(BestMatching.columns([[1], [3], [2]]) == [-1, 0, -1])
  }
}
