import JSON
import Linear
import MethodTestSupport
import PluginKit
import TestSupport
import Testing

@testable import Features
@testable import Topics

func bench(jobs: Int = 1) throws -> MethodBench {
  try MethodBench([FeaturesPlugin.self, TopicsPlugin.self], jobs: jobs)
}

func paper(_ id: String, _ title: String, _ abstract: String? = nil) -> JSON {
  var paper: JSON = ["id": .string(id), "title": .string(title)]
  if let abstract { paper["abstract"] = .string(abstract) }
  return paper
}

/// The codes of the warnings in a value.
func codes(_ value: JSON) -> [String] { (value["warnings"]?.array ?? []).compactMap { $0["code"]?.string } }

extension JSON {
  var doubles: [Double]? { array.map { $0.compactMap(\.double) } }
  var ints: [Int]? { array.map { $0.compactMap(\.int) } }
  var strings: [String]? { array.map { $0.compactMap(\.string) } }

  func with(_ more: JSON) -> JSON {
    var result = self
    for member in more.object?.members ?? [] { result[member.key] = member.value }
    return result
  }
}

extension Trait where Self == ConditionTrait {
  static var needsSharedData: Self { .enabled(if: SharedData.isPresent, Comment(rawValue: SharedData.absence)) }
}

/// Random rows around as many means as there are topics.
func clouds(_ n: Int, _ d: Int, topics: Int, distance: Double, seed: UInt64 = 1) -> Matrix<Double> {
  var numbers = RandomNumbers(seed: seed)
  let means: Matrix<Double> = numbers.gaussians(rows: topics, columns: d)
  var rows: Matrix<Double> = numbers.gaussians(rows: n, columns: d)
  for i in 0..<n {
    for j in 0..<d { rows[i, j] += distance * means[i % topics, j] }
  }
  return rows
}

/// The example papers as vectors: TF-IDF, then LSA.
struct ExampleVectors {
  let papers: JSON
  let scores: JSON

  init(_ bench: MethodBench, rank: Int = 8) throws {
    papers = try bench.papers(try examplePapers())
    let tfidf = try bench.call("features.tfidf", ["papers": papers])
    let lsa = try bench.call("features.lsa", ["matrix": tfidf["matrix"] ?? nil, "rank": JSON(rank)])
    scores = lsa["scores"] ?? nil
  }
}

extension MethodBench {
  /// An artifact of one JSON value a line.
  func lines(_ artifact: JSON?) throws -> [JSON] {
    try bytes(artifact).split(separator: 0x0A).map { try JSON.parse(Array($0)) }
  }
}
