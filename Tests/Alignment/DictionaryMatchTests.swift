import JSON
import Linear
import MethodTestSupport
import Testing

@testable import Alignment

@Suite struct DictionaryMatchTests {
  /// The same dictionary, permuted and turned.
  @Test func aPermutedAndTurnedDictionaryIsFoundAgain() throws {
    let bench = try alignmentBench()
    var numbers = RandomNumbers(seed: 1)
    let order = numbers.permutation(30)
    let (codes, atoms) = (gaussians(200, 30, seed: 2), gaussians(30, 4, seed: 3))
    let turned = atoms.times(try QR(gaussians(4, 4, seed: 4)).q).rows(at: order)
    for matching in ["highest", "assignment"] {
      let result = try bench.call(
        "alignment.dictionary_match",
        [
          "firstCodes": try bench.given(codes, "a"), "secondCodes": try bench.given(codes.columns(at: order), "b"),
          "firstAtoms": try bench.given(atoms, "d1"), "secondAtoms": try bench.given(turned, "d2"),
          "matching": .string(matching), "randomPairings": 40,
        ])
      #expect(result["matched"]?.array?.allSatisfy { order[$0[1]?.int ?? 0] == $0[0]?.int } == true)
      let score = try #require(result["score"])
      #expect(near(score["svcca"], 1, 1e-9) && near(score["rsa"], 1, 1e-9))
      #expect((score["svccaZ"]?.double ?? 0) > 3 && abs(score["randomRSA"]?.double ?? 1) < 0.05)
      #expect(near(score["rsaP"], 1.0 / 41, 1e-12))
    }
  }

  @Test func atomsThatNeverFireAreLeftOut() throws {
    let bench = try alignmentBench()
    var codes = gaussians(50, 4, seed: 5)
    for i in 0..<50 { codes[i, 2] = 0.1 }
    let atoms = gaussians(4, 2, seed: 6)
    let params: JSON = [
      "firstCodes": try bench.given(codes, "a"), "secondCodes": try bench.given(codes, "b"),
      "firstAtoms": try bench.given(atoms, "d"), "secondAtoms": try bench.given(atoms, "d"),
    ]
    let result = try bench.call("alignment.dictionary_match", params)
    #expect(result["highest"] == [0, 1, nil, 3] && result["assignment"] == [0, 1, nil, 3])
    #expect(result["inactiveFirst"]?.ints == [2] && result.warningCodes == ["few-pairs", "silent-atoms"])
  }

  @Test func sharedPartnersAreSaidAndDroppedOnRequest() throws {
    let bench = try alignmentBench()
    let codes = gaussians(80, 3, seed: 7)
    // The second dictionary has one atom for the first two.
    let first = Matrix<Double>(rows: 80, columns: 3) { buffer in
      for i in 0..<80 {
        buffer[i * 3] = codes[i, 0]
        buffer[i * 3 + 1] = codes[i, 0] + 0.3 * codes[i, 1]
        buffer[i * 3 + 2] = codes[i, 2]
      }
    }
    let second = codes.columns(at: [2, 0])
    var params: JSON = [
      "firstCodes": try bench.given(first, "a"), "secondCodes": try bench.given(second, "b"),
      "firstAtoms": [[1, 0], [1, 0.1], [0, 1]], "secondAtoms": [[0, 1], [1, 0]], "groups": ["x", "x", "y"],
    ]
    let shared = try bench.call("alignment.dictionary_match", params)
    #expect(shared["matched"] == [[0, 1], [1, 1], [2, 0]] && shared.warningCodes.contains("many-to-one"))
    #expect(shared["groups"]?[0]?["score"]?["pairs"] == 2)
    params["oneToOne"] = true
    #expect(try bench.call("alignment.dictionary_match", params)["matched"] == [[0, 1], [2, 0]])
    params["firstAtoms"] = [[1, 0]]
    #expect(bench.fault("alignment.dictionary_match", params)?.path == "/firstAtoms")
  }
}
