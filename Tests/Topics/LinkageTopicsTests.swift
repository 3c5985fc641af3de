import JSON
import Linear
import MethodTestSupport
import PluginKit
import Statistics
import Testing

@testable import Topics

@Suite struct LinkageTopicsTests {
  @Test(arguments: ["ward", "average", "complete", "single"])
  func everyRowHasATopicAConfidenceAndAFlagWhateverTheOrder(linkage: String) throws {
    let x = clouds(60, 4, topics: 4, distance: 2)
    let ids = (0..<60).map { "r\(10 + $0)" }
    var known: [String: Int] = [:]
    var numbers = RandomNumbers(seed: 1)
    for round in 0..<10 {
      let bench = try bench(jobs: round % 2 == 0 ? 1 : 4)
      let order = round == 0 ? Array(0..<60) : numbers.permutation(60)
      let matrix = try bench.matrix(x.rows(at: order), rowIDs: order.map { ids[$0] })
      let value = try bench.call(
        "topics.ward", ["matrix": matrix, "k": 4, "linkage": .string(linkage), "metric": "euclidean"])
      let lines = try bench.lines(value["assignments"])
      #expect(lines.count == 60 && value["rows"] == 60 && value["topics"] == 4)
      for line in lines {
        let (id, topic) = (try #require(line["id"]?.string), try #require(line["topic"]?.int))
        if round == 0 { known[id] = topic }
        #expect(known[id] == topic)
        #expect((0...1).contains(try #require(line["confidence"]?.double)) && line["weak"] != nil)
      }
      #expect(value["weak"]?.int == lines.count { $0["weak"] == true })
    }
  }

  @Test func theTreeOfTheExampleIsCutByNumberOrHeight() throws {
    let bench = try bench()
    let rows: JSON = [[0, 0], [0, 1], [1, 0], [8, 8], [8, 9]]
    let byNumber = try bench.call("topics.ward", ["matrix": rows, "k": 2, "metric": "euclidean"])
    let byHeight = try bench.call("topics.ward", ["matrix": rows, "height": 5, "metric": "euclidean"])
    #expect(byNumber["labels"] == byHeight["labels"] && byNumber["merges"] == byHeight["merges"])
    #expect(try bench.labels(byNumber["labels"]).codes == [0, 0, 0, 1, 1])
    #expect(byNumber["merges"]?.array?.count == 4)
    #expect(bench.fault("topics.ward", ["matrix": rows])?.path == "/k")
    #expect(bench.fault("topics.ward", ["matrix": rows, "k": 2, "height": 1])?.path == "/height")
    #expect(bench.fault("topics.ward", ["matrix": rows, "k": 9])?.path == "/k")
  }

  @Test func equalRowsAreSaidToTie() throws {
    let value = try bench().call("topics.ward", ["matrix": [[1, 1], [1, 1], [1, 1], [1, 1]], "k": 2])
    #expect(codes(value).contains("ties"))
  }

  @Test func factorsOfTheExampleAreFoundInAnyOrder() throws {
    var numbers = RandomNumbers(seed: 2)
    let x = Matrix((0..<60).map { i in (0..<12).map { $0 % 4 == i % 4 ? 1 + numbers.unit() : 0.3 * numbers.unit() } })
    let ids = (0..<60).map { "r\(10 + $0)" }
    let first = try bench()
    let plain = try first.call("topics.nmf", ["matrix": try first.matrix(x, rowIDs: ids), "k": 4])
    let labels = try first.labels(plain["labels"]).codes
    #expect(try PartitionAgreement(labels, (0..<60).map { $0 % 4 }).adjustedRand == 1)
    #expect(plain["converged"] == true && plain["dead"] == 0 && plain["sizes"] == [15, 15, 15, 15])
    for round in 0..<10 {
      let bench = try bench(jobs: round % 2 == 0 ? 1 : 4)
      let order = numbers.permutation(60)
      let value = try bench.call(
        "topics.nmf", ["matrix": try bench.matrix(x.rows(at: order), rowIDs: order.map { ids[$0] }), "k": 4])
      #expect(try bench.labels(value["labels"]).codes == order.map { labels[$0] })
    }
    #expect(first.fault("topics.nmf", ["matrix": [[1, -1], [1, 1]], "k": 1]) != nil)
  }
}
