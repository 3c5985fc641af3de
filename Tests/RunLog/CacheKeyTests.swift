import JSON
import TestSupport
import Testing

@testable import RunLog

struct CacheKeyTests {
  private static let numeric = NumericLibrary(library: "openblas", version: "0.3.21", core: "Haswell", threads: 1)

  @Test(.enabled(if: SharedData.isPresent, Comment(rawValue: SharedData.absence)))
  func keysAreThoseOfTheVectors() throws {
    let file = try JSON.parse(try SharedData.bytes("vectors/cache_keys.json"))
    let vectors = try #require(file["keys"]?.array)
    #expect(vectors.count == 8)
    for vector in vectors {
      let parts = try #require(vector["parts"])
      let inputs = parts["inputs"]?.object?.members.map { (name: $0.key, identity: $0.value.string ?? "") } ?? []
      let key = CacheKey(
        method: parts["method"]?.string ?? "",
        plugin: PluginIdentity(
          id: parts["plugin"]?["id"]?.string ?? "", version: parts["plugin"]?["version"]?.string ?? "", build: "x"),
        params: parts["params"] ?? .null, inputs: inputs, seed: parts["seed"]?.int,
        numeric: parts["num"].flatMap(NumericLibrary.init))
      #expect(String(decoding: try key.parts.canonicalBytes(), as: UTF8.self) == vector["canonical"]?.string)
      #expect(try key.hash().hex == vector["key"]?.string)
    }
  }

  @Test func seedAndLibraryAreNullWhereTheyDoNotMatter() throws {
    let key = CacheKey(method: "papers.parse", plugin: Workspace.plugin, params: [:])
    #expect(
      String(decoding: try key.parts.canonicalBytes(), as: UTF8.self)
        == #"{"inputs":{},"k":1,"method":"papers.parse","num":null,"params":{},"#
        + #""plugin":{"id":"probe","version":"1.0.0"},"seed":null}"#)
  }

  @Test func theBuildOfAPluginIsNoPartOfTheKey() throws {
    var key = CacheKey(method: "a.b", plugin: Workspace.plugin, params: [:], numeric: CacheKeyTests.numeric)
    let before = try key.hash()
    key.plugin.build = "another"
    #expect(try key.hash() == before)
    key.numeric?.threads = 2
    #expect(try key.hash() != before)
  }

  @Test func inputsAreTakenOutOfParams() {
    let params: JSON = [
      "features": ["$file": "data/x.npz#array"], "C": 1.0, "labels": ["rows": [1, 2]],
      "matrices": [["$artifact": "sha256:00"], 5, ["$file": "y.npy"]], "a/b~c": ["deep": ["$file": "z"]],
    ]
    let (rest, inputs) = CacheKey.takeInputs(from: params)
    #expect(rest == ["C": 1.0, "labels": ["rows": [1, 2]], "matrices": [nil, 5, nil], "a/b~c": .object([:])])
    #expect(inputs.map(\.name) == ["features", "matrices/0", "matrices/2", "a~1b~0c/deep"])
    #expect(inputs.map(\.part) == ["array", nil, nil, nil])
    #expect(inputs[0].source == .file(path: "data/x.npz"))
    #expect(inputs[1].source == .artifact(reference: "sha256:00"))
    let hash = ContentHash(of: [])
    #expect(CacheKey.identity(hash, part: "array") == hash.hex + "#array")
  }

  @Test func anIntegerThatNoDoubleHoldsIsRefusedWithItsPlace() {
    let key = CacheKey(method: "a.b", plugin: Workspace.plugin, params: ["n": [9_007_199_254_740_993]])
    #expect {
      try key.hash()
    } throws: { error in
      let error = error as? RunLogError
      return error?.kind == .value && error?.message.contains("/params/n/0") == true
    }
  }
}
