import Foundation
import JSON
import Linear
import MethodTestSupport
import TestSupport
import Testing

@testable import Features

@Suite struct EmbedFeaturesTests {
  /// The tiny encoder of the schema's example: its params, after its files were stored.
  private func example(_ bench: MethodBench) throws -> JSON {
    let file = SharedData.packageRoot.appendingPathComponent("Schemas/features/embed.json")
    let example = try #require(try JSON.parse(Array(Data(contentsOf: file)))["examples"]?.array?.first)
    for step in example["before"]?.array ?? [] {
      _ = try bench.call(step["method"]?.string ?? "", step["params"] ?? [:])
    }
    return try #require(example["params"])
  }

  /// From a forward pass in doubles that was written apart from this one.
  private let known: [String: [Double]] = [
    "a": [-0.37607425000234396, -0.2120926702843166, -0.2718735588241419, 0.8600404791108024],
    "b": [-0.5263710309681285, -0.07413901009306713, -0.2179779339562382, 0.8184879750174339],
    "short": [-0.4952050326228653, -0.07196529527758276, -0.25897906336081344, 0.8261493912612615],
  ]

  private func expect(_ row: [Double], _ name: String) throws {
    for (x, y) in zip(row, try #require(known[name])) { #expect(abs(x - y) < 2e-6) }
  }

  @Test func vectorsAreThoseOfAPlainForwardPass() throws {
    let bench = try bench()
    let params = try example(bench)
    let value = try bench.call("features.embed", params)
    let matrix = try bench.matrix(value["matrix"])
    try expect(matrix.row(0), "a")
    try expect(matrix.row(1), "b")
    #expect(try bench.rowIDs(value["matrix"]) == ["a", "b"] && value["dims"] == 4 && value["tokens"] == 10)
    #expect(value["truncated"] == [])
    var short = params
    short["maxTokens"] = 4
    let cut = try bench.call("features.embed", short)
    try expect(try bench.matrix(cut["matrix"]).row(0), "short")
    #expect(cut["truncated"] == ["a", "b"])
  }

  @Test func windowsAreAddedByTheirLength() throws {
    let bench = try bench()
    var params = try example(bench)
    params["papers"] = [["id": "x", "title": "Probes probes"]]
    params["maxTokens"] = 4
    params["chunk"] = "window"
    let value = try bench.call("features.embed", params)
    #expect(value["tokens"] == 8 && value["truncated"] == [])
    // Both windows are "probe ##s", so their mean is one of them.
    try expect(try bench.matrix(value["matrix"]).row(0), "short")
  }

  @Test func anEmptyTextHasAVectorAndIsNamed() throws {
    let bench = try bench()
    var params = try example(bench)
    params["papers"] = [["id": "x", "title": ""], ["id": "y", "title": "probe"]]
    let value = try bench.call("features.embed", params)
    let row = try bench.matrix(value["matrix"]).row(0)
    #expect(abs(row.reduce(0) { $0 + $1 * $1 } - 1) < 1e-5 && codes(value) == ["empty-rows"])
  }

  @Test func theOrderOfPapersAndTheThreadsChangeNoVector() throws {
    let words = ["probe", "probes", "erase", "concept", "the"]
    var numbers = RandomNumbers(seed: 1)
    let papers = (0..<40).map { i -> JSON in
      let text = (0..<1 + numbers.below(8)).map { _ in words[numbers.below(5)] }.joined(separator: " ")
      return ["id": .string("p\(10 + i)"), "title": .string(text)]
    }
    var known: [String: [Double]] = [:]
    for round in 0..<4 {
      let bench = try bench(jobs: round % 2 == 0 ? 1 : 4)
      var params = try example(bench)
      params["papers"] = .array(numbers.permutation(40).map { papers[$0] })
      let value = try bench.call("features.embed", params)
      let (matrix, ids) = (try bench.matrix(value["matrix"]), try #require(try bench.rowIDs(value["matrix"])))
      for (row, id) in ids.enumerated() {
        if round == 0 { known[id] = matrix.row(row) }
        #expect(known[id] == matrix.row(row))
      }
    }
  }

  @Test func filesThatDoNotBelongTogetherAreRefusedWhereTheyStand() throws {
    let bench = try bench()
    let params = try example(bench)
    func fault(_ name: String, _ text: String) throws -> String {
      var changed = params
      changed[name] = try bench.file("\(name).other", Array(text.utf8))
      let fault = bench.fault("features.embed", changed)
      return "\(fault?.path ?? "") \(fault?.kind ?? "")"
    }
    #expect(try fault("vocabulary", "a\nb\n") == "/vocabulary file.format")
    #expect(try fault("config", "{}") == "/config file.format")
    #expect(try fault("config", "no JSON") == "/config file.format")
    #expect(try fault("weights", "no tensors") == "/weights file.format")
    let wide = """
      {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 4,
       "max_position_embeddings": 12, "vocab_size": 8}
      """
    #expect(try fault("config", wide) == "/weights math.shape")
    var long = params
    long["maxTokens"] = 13
    #expect(bench.fault("features.embed", long)?.path == "/maxTokens")
  }

  @Test func aTextIsEncodedOnceForAModel() throws {
    let bench = try bench()
    var params = try example(bench)
    func call(_ papers: [JSON]) throws -> (rows: [[Double]], encodes: Bool) {
      params["papers"] = .array(papers)
      let (value, messages) = try bench.reporting("features.embed", params)
      let matrix = try bench.matrix(value["matrix"])
      return ((0..<matrix.rows).map(matrix.row), messages.contains("encoding"))
    }
    let (a, b, new): (JSON, JSON, JSON) = ("Probes probe", "Erase the concept", "A concept")
    let first = try call([["id": "a", "title": a], ["id": "b", "title": b]])
    #expect(first.encodes)
    // Other papers in another order with texts that are known, one of them twice.
    let known = try call([["id": "x", "title": b], ["id": "y", "title": a], ["id": "z", "title": a]])
    #expect(!known.encodes && known.rows == [first.rows[1], first.rows[0], first.rows[0]])
    let mixed = try call([["id": "m", "title": new], ["id": "n", "title": a]])
    #expect(mixed.encodes && mixed.rows[1] == first.rows[0])
    params["maxTokens"] = 4
    #expect(try call([["id": "a", "title": a]]).encodes)
  }

  // MARK: - all-MiniLM-L6-v2

  @Test(
    .enabled(if: SharedData.isPresent, Comment(rawValue: SharedData.absence)),
    .enabled(if: SentenceEncoderFiles.arePresent, Comment(rawValue: SentenceEncoderFiles.absence)))
  func vectorsOfMiniLMAreTheOracles() throws {
    let bench = try bench(jobs: 4)
    func file(_ name: String) throws -> JSON {
      try bench.file(name, Array(Data(contentsOf: SentenceEncoderFiles.folder.appendingPathComponent(name))))
    }
    let value = try bench.call(
      "features.embed",
      [
        "papers": try bench.papers(try FeatureOracle.papers()), "weights": try file("model.safetensors"),
        "vocabulary": try file("vocab.txt"), "config": try file("config.json"),
      ])
    let found = try bench.matrix(value["matrix"])
    let wanted = try bench.matrix(
      bench.call(
        "artifact/put",
        [
          "data": .string(Data(SharedData.bytes("oracle/features/minilm_embeddings.npy")).base64EncodedString()),
          "media": "application/x-npy",
        ])["hash"].map { ["$artifact": $0] })
    #expect(found.rows == 44 && found.columns == 384 && wanted.rows == 44)
    let worst = zip(found.elements, wanted.elements).map { abs($0 - $1) }.max() ?? 1
    #expect(worst <= 2e-6)
    // The same pieces from tokenizer.json.
    let other = try bench.call(
      "features.embed",
      [
        "papers": [["id": "x", "title": "Probing naïve embeddings"]], "weights": ["$file": "model.safetensors"],
        "vocabulary": try file("tokenizer.json"), "config": ["$file": "config.json"],
      ])
    #expect(other["tokens"] == 8)
  }
}
