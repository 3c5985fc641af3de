import JSON
import Linear
import Testing

@testable import Statistics

@Suite struct ClusterIndexTests {
  @Test(.needsSharedData) func agreementsAreTheOracles() throws {
    let cases = try #require(try sharedJSON("oracle/features/external_indices.json")["values"]?.array)
    #expect(cases.count == 8)
    for item in cases {
      let (truth, found) = (try #require(item["truth"]?.ints), try #require(item["pred"]?.ints))
      let agreement = try PartitionAgreement(truth, found)
      for (name, value) in [
        ("nmi_arithmetic", agreement.normalizedMutualInformation),
        ("nmi_geometric", agreement.geometricMutualInformation), ("ami", agreement.adjustedMutualInformation),
        ("ari", agreement.adjustedRand), ("rand", agreement.rand), ("homogeneity", agreement.homogeneity),
        ("completeness", agreement.completeness), ("v_measure", agreement.vMeasure),
        ("fowlkes_mallows", agreement.fowlkesMallows), ("mutual_info_nats", agreement.mutualInformation),
      ] {
        let expected = try item.number(name)
        #expect((value - expected).magnitude < 1e-12, "\(name) of \(truth.count) rows: \(value), \(expected)")
      }
    }
  }

  @Test func namesOfGroupsDoNotMatter() throws {
    var numbers = RandomNumbers(seed: 4)
    let first = (0..<120).map { _ in numbers.below(6) }
    let second = (0..<120).map { _ in numbers.below(4) }
    let plain = try PartitionAgreement(first, second)
    let renamed = try PartitionAgreement(first.map { 17 - 5 * $0 }, second.map { $0 * 1_000_003 })
    #expect((plain.adjustedMutualInformation - renamed.adjustedMutualInformation).magnitude < 1e-14)
    #expect(plain.adjustedRand == renamed.adjustedRand)
    let same = try PartitionAgreement(first, first.map { 9 - $0 })
    #expect(same.adjustedRand == 1 && same.adjustedMutualInformation == 1 && same.normalizedMutualInformation == 1)
  }

  /// The expectation of MI is its mean over shuffles.
  @Test func chanceAgreementIsZeroOnAverage() throws {
    var numbers = RandomNumbers(seed: 6)
    let first = (0..<60).map { _ in numbers.below(5) }
    var second = (0..<60).map { _ in numbers.below(7) }
    let expected = ContingencyTable(first, second).expectedMutualInformation
    var (information, adjusted, rand) = (0.0, 0.0, 0.0)
    for _ in 0..<2000 {
      numbers.shuffle(&second)
      let agreement = try PartitionAgreement(first, second)
      information += agreement.mutualInformation / 2000
      adjusted += agreement.adjustedMutualInformation / 2000
      rand += agreement.adjustedRand / 2000
    }
    #expect((information - expected).magnitude < 0.005)
    #expect(adjusted.magnitude < 0.005 && rand.magnitude < 0.005)
  }

  @Test func trivialGroupingsAgreeOnlyWhenEqual() throws {
    let alone = Array(0..<7)
    let together = [Int](repeating: 0, count: 7)
    #expect(try PartitionAgreement(alone, alone.reversed()).adjustedMutualInformation == 1)
    #expect(try PartitionAgreement(together, together).adjustedRand == 1)
    #expect(try PartitionAgreement(alone, together).adjustedMutualInformation == 0)
    #expect(try PartitionAgreement(alone, [0, 0, 0, 1, 1, 1, 1]).adjustedMutualInformation == 0)
    #expect(throws: StatisticsError.self) { try PartitionAgreement([], []) }
    #expect(throws: StatisticsError.self) { try PartitionAgreement([1], [1, 2]) }
  }

  @Test(.needsSharedData, arguments: ["iris", "blobs60"]) func qualitiesAreTheOracles(name: String) throws {
    let oracle = try #require(try sharedJSON("oracle/features/internal_indices.json")["values"]?[name])
    let data = try #require(try sharedJSON("oracle/features/datasets.json")[name]?["rows"]?.array)
    let rows = Matrix(data.map { $0.doubles ?? [] })
    let labels = try #require(oracle["labels"]?.ints)
    let each = try ClusterQuality.silhouettes(rows, labels: labels, metric: .euclidean)
    for (mine, theirs) in zip(each, try #require(oracle["silhouette_per_point_first20"]?.doubles)) {
      #expect((mine - theirs).magnitude < 1e-10)
    }
    for (key, value) in [
      ("silhouette_euclidean", try ClusterQuality.silhouette(rows, labels: labels, metric: .euclidean)),
      ("silhouette_cosine", try ClusterQuality.silhouette(rows, labels: labels, metric: .cosine)),
      ("davies_bouldin", try ClusterQuality.daviesBouldin(rows, labels: labels)),
      ("calinski_harabasz", try ClusterQuality.calinskiHarabasz(rows, labels: labels)),
    ] {
      #expect(relative(value, try oracle.number(key)) < 1e-10, "\(key)")
    }
  }

  /// Four points on a line, by hand: 0 and 1 in one group, 4 in another alone.
  @Test func silhouettesByHand() throws {
    let rows = Matrix<Double>([[0.0], [1], [4]])
    let found = try ClusterQuality.silhouettes(rows, labels: [5, 5, -2], metric: .euclidean)
    let expected: [Double] = [(4 - 1) / 4, (3 - 1) / 3, 0]
    #expect(zip(found, expected).allSatisfy { ($0 - $1).magnitude < 1e-15 })
    #expect(throws: StatisticsError.tooFewClasses(found: 1)) {
      try ClusterQuality.silhouettes(rows, labels: [1, 1, 1], metric: .cosine)
    }
    #expect(throws: StatisticsError.self) { try ClusterQuality.calinskiHarabasz(rows, labels: [0, 1, 2]) }
  }
}
