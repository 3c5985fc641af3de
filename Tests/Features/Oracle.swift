import JSON
import Linear
import MethodTestSupport
import PluginKit
import TestSupport
import Testing

@testable import Features

/// A matrix of the feature oracle with its vocabulary and idf.
struct FeatureOracle {
  let vocabulary: [String]
  let idf: [Double]
  let rowPointers: [Int]
  let columns: [Int]
  let values: [Double]

  init(_ name: String) throws {
    let json = try JSON.parse(SharedData.bytes("oracle/features/\(name).json"))
    func list(_ value: JSON?) throws -> [JSON] { try #require(value?.array) }
    vocabulary = try list(json["vocabulary"]).compactMap(\.string)
    idf = (json["idf"]?.array ?? []).compactMap(\.double)
    rowPointers = try list(json["matrix"]?["indptr"]).compactMap(\.int)
    columns = try list(json["matrix"]?["indices"]).compactMap(\.int)
    values = try list(json["matrix"]?["data"]).compactMap(\.double)
  }

  /// The texts as papers that have nothing but a title.
  static func papers() throws -> [JSON] {
    let texts = try #require(JSON.parse(SharedData.bytes("oracle/features/texts.json"))["texts"]?.array)
    return texts.enumerated().map { ["id": .string("paper:\(100 + $0)"), "title": $1] }
  }
}

extension Trait where Self == ConditionTrait {
  static var needsSharedData: Self { .enabled(if: SharedData.isPresent, Comment(rawValue: SharedData.absence)) }
}

func paper(_ id: String, _ title: String, _ abstract: String? = nil) -> JSON {
  var paper: JSON = ["id": .string(id), "title": .string(title)]
  if let abstract { paper["abstract"] = .string(abstract) }
  return paper
}

func bench(jobs: Int = 1) throws -> MethodBench { try MethodBench([FeaturesPlugin.self], jobs: jobs) }

/// The codes of the warnings in a value.
func codes(_ value: JSON) -> [String] { (value["warnings"]?.array ?? []).compactMap { $0["code"]?.string } }
