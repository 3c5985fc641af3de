import Linear
import Synchronization
import Testing

private struct Failure: Error, Equatable { let block: Int }

@Suite struct WorkersTests {
  @Test(arguments: [0, 1, 2, 4095, 4096, 4097, 40_000], [1, 3, 8])
  func eachRowIsWorkedOnOnce(rows: Int, jobs: Int) throws {
    let counter = Counter(rows)
    try Workers(jobs: jobs).forEachBlock(of: rows) { range in counter.add(range) }
    #expect(counter.counts == [Int](repeating: 1, count: rows))
  }

  @Test func resultsKeepTheOrderOfTheirNumbers() throws {
    #expect(try Workers(jobs: 4).map(100) { $0 * $0 } == (0..<100).map { $0 * $0 })
    #expect(try Workers(jobs: 4).map(0) { $0 }.isEmpty)
  }

  /// A merge that records its shape: the tree must be the same for any number of threads.
  @Test(arguments: 0..<20) func theTreeDependsOnTheNumberOfBlocksAlone(blocks: Int) throws {
    func shape(_ jobs: Int) throws -> String? {
      try Workers(jobs: jobs).sum(over: blocks, size: 1) {
        "\($0.lowerBound)"
      } merge: {
        $0 = "(\($0) \($1))"
      }
    }
    let alone = try shape(1)
    for jobs in [2, 4, 7] { #expect(try shape(jobs) == alone) }
    if blocks == 0 { #expect(alone == nil) }
    if blocks == 5 { #expect(alone == "(((0 1) (2 3)) 4)") }
    if blocks == 7 { #expect(alone == "(((0 1) (2 3)) ((4 5) 6))") }
  }

  @Test func partsMayComeInAnyOrder() {
    var numbers = RandomNumbers(seed: 1)
    for _ in 0..<20 {
      var tree = BlockTree<String> { $0 = "(\($0) \($1))" }
      for block in numbers.permutation(11) { tree.add("\(block)", at: block) }
      #expect(tree.total == "((((0 1) (2 3)) ((4 5) (6 7))) ((8 9) 10))")
    }
    var joined = BlockTree<String> { $0 = "(\($0) \($1))" }
    joined.add("b", level: 2, at: 1)
    joined.add("a", level: 2, at: 0)
    joined.add("8", at: 8)
    #expect(joined.total == "((a b) 8)")
  }

  @Test(arguments: [1, 4]) func theLowestErrorIsThrown(jobs: Int) {
    for _ in 0..<50 {
      #expect(throws: Failure(block: 3)) {
        try Workers(jobs: jobs).forEach(64) { i in
          if i >= 3 { throw Failure(block: i) }
        }
      }
    }
  }

  @Test(arguments: [1, 4]) func cancellationStopsBetweenBlocks(jobs: Int) {
    let done = Counter(1000)
    let workers = Workers(jobs: jobs, pool: ThreadPool(threads: jobs)) {
      if done.total >= 10 { throw CancellationError() }
    }
    #expect(throws: CancellationError.self) { try workers.forEach(1000) { done.add($0..<$0 + 1) } }
    #expect(done.total >= 10 && done.total < 10 + jobs)
  }

  @Test func aPoolServesManyCallersAndNestedCalls() async throws {
    let pool = ThreadPool(threads: 3)
    try await withThrowingTaskGroup(of: Int.self) { group in
      for _ in 0..<6 {
        group.addTask {
          let outer = Workers(jobs: 3, pool: pool)
          return try outer.map(5) { i in
            try outer.sum(over: 1000, size: 10) {
              $0.reduce(0, +)
            } merge: {
              $0 += $1
            } ?? -i
          }.reduce(0, +)
        }
      }
      for try await sum in group { #expect(sum == 5 * 499_500) }
    }
  }

  @Test func rowsAreFilledInPlace() throws {
    var a = Matrix<Double>.zeros(10_000, 3)
    let shared = a
    try Workers(jobs: 4).fill(&a, size: 100) { rows, buffer in
      for (k, i) in rows.enumerated() {
        for j in 0..<3 { buffer[k * 3 + j] = Double(i * 3 + j) }
      }
    }
    #expect(a.elements == (0..<30_000).map(Double.init))
    #expect(shared == Matrix.zeros(10_000, 3))
  }
}

private final class Counter: Sendable {
  private let state: Mutex<[Int]>

  init(_ count: Int) { state = Mutex([Int](repeating: 0, count: count)) }

  func add(_ range: Range<Int>) { state.withLock { counts in range.forEach { counts[$0] += 1 } } }
  var counts: [Int] { state.withLock { $0 } }
  var total: Int { counts.reduce(0, +) }
}
