import JSON
import Linear
import TestSupport
import Testing

@Suite struct RandomNumbersTests {
  @Test(.needsSharedData, arguments: ["0", "42", "2024"])
  func outputsAreThoseOfTheOracle(seed: String) throws {
    let values = try #require(try Oracle.json("oracle/features/rng.json")["values"]?["xoshiro256starstar"]?[seed])
    let number = try #require(UInt64(seed))
    var numbers = RandomNumbers(seed: number)
    let words = try #require(values["u64"]?.array).compactMap { $0.string.flatMap { UInt64($0, radix: 16) } }
    #expect(words.count == 5)
    #expect(words.map { _ in numbers.next() } == words)
    var units = RandomNumbers(seed: number)
    let expected = try #require(values["unit"]?.doubles)
    #expect(expected.map { _ in units.unit() } == expected)
  }

  @Test(.needsSharedData) func theFirstCentreIsTheUnitTimesTheRows() throws {
    let cases = try #require(try Oracle.json("oracle/features/rng.json")["values"]?["kmeanspp"]?.array)
    #expect(cases.count == 6)
    for item in cases {
      let rows = item["dataset"]?.string == "iris" ? 150.0 : 60
      var numbers = RandomNumbers(seed: UInt64(try #require(item["seed"]?.int)))
      #expect(Int(numbers.unit() * rows) == item["rows"]?[0]?.int)
    }
  }

  /// The rule by hand, with the oracle's SplitMix64: SplitMix64(42) = bdd732262feb6e95, and FNV-1a of "a" as its
  /// authors print it.
  @Test func subStreamsFollowTheRule() {
    #expect(fnv1a64("".utf8) == 0xcbf2_9ce4_8422_2325)
    #expect(fnv1a64("a".utf8) == 0xaf63_dc4c_8601_ec8c)
    #expect(fnv1a64("foobar".utf8) == 0x8594_4171_f739_67e8)
    let step = "kmeans"
    var named = RandomNumbers(seed: 42 ^ fnv1a64(step.utf8), step: step)
    var direct = RandomNumbers(seed: 0xbdd7_3226_2feb_6e95)
    #expect(named.next() == direct.next())
    var indexed = RandomNumbers(
      seed: 42 ^ fnv1a64(step.utf8), step: step, index: Int(bitPattern: 0xbdd7_3226_2feb_6e95))
    var zero = RandomNumbers(seed: 0xe220_a839_7b1d_cdaf)
    #expect(indexed.next() == zero.next())
  }

  @Test func eachNumberBelowABoundIsEquallyLikely() {
    var numbers = RandomNumbers(seed: 7)
    var counts = [Int](repeating: 0, count: 6)
    for _ in 0..<60_000 { counts[numbers.below(6)] += 1 }
    // χ² with 5 degrees of freedom is above 20.5 once in a thousand seeds.
    let chi = counts.reduce(0.0) { $0 + ($1.double - 10_000) * ($1.double - 10_000) / 10_000 }
    #expect(chi < 20.5)
    #expect(numbers.below(1) == 0)
    // A bound just above half of 2⁶⁴ would be rejected every other time.
    let large = Int.max
    #expect((0..<100).allSatisfy { _ in (0..<large).contains(numbers.below(large)) })
  }

  @Test func shufflingKeepsTheElementsAndReachesEveryOrder() {
    var numbers = RandomNumbers(seed: 3)
    #expect(numbers.permutation(100).sorted() == Array(0..<100))
    let orders = (0..<600).map { _ in numbers.permutation(3) }
    #expect(Set(orders).count == 6)
    #expect(numbers.permutation(0).isEmpty)
  }

  @Test func samplesHaveNoRepetitions() {
    var numbers = RandomNumbers(seed: 3)
    var counts = [Int](repeating: 0, count: 10)
    for _ in 0..<10_000 {
      let sample = numbers.sample(3, of: 10)
      #expect(sample.count == 3 && sample == Set(sample).sorted())
      for i in sample { counts[i] += 1 }
    }
    // Each is drawn 3000 times on average, with deviation 46.
    #expect(counts.allSatisfy { abs($0 - 3000) < 230 })
    #expect(numbers.sample(4, of: 4) == [0, 1, 2, 3])
  }

  @Test func gaussiansHaveTheNormalMoments() {
    var numbers = RandomNumbers(seed: 9)
    let n = 100_000
    let sample = (0..<n).map { _ in numbers.gaussian() }
    let moments = (1...4).map { power in
      sample.reduce(0.0) { sum, x in sum + (0..<power).reduce(1.0) { product, _ in product * x } } / Double(n)
    }
    // Standard errors of the first four moments are √(1, 2, 15, 96)/√n; five of them are allowed.
    #expect(abs(moments[0]) < 0.016)
    #expect(abs(moments[1] - 1) < 0.023)
    #expect(abs(moments[2]) < 0.062)
    #expect(abs(moments[3] - 3) < 0.155)
  }

  @Test func gaussianMatricesAreDrawnByColumns() {
    var one = RandomNumbers(seed: 5)
    var two = RandomNumbers(seed: 5)
    let a: Matrix<Double> = one.gaussians(rows: 3, columns: 2)
    #expect(a.column(0) + a.column(1) == (0..<6).map { _ in two.gaussian() })
  }
}

extension Int {
  fileprivate var double: Double { Double(self) }
}
