import JSON
import Linear
import MethodTestSupport
import Testing

@testable import Geometry

@Suite struct LobeTests {
  @Test func affinitiesOfSureAndOfFreeTables() throws {
    let bench = try geometryBench()
    let result = try bench.call(
      "geometry.lobes", ["counts": [[50, 0, 0, 50], [25, 25, 25, 25], [0, 0, 0, 10], [0, 5, 0, 5]]])["affinities"]
    #expect(result?["phi"] == [1, 0, nil, nil])
    #expect(result?["jaccard"] == [1, .real(1.0 / 3), nil, 0])
    #expect(result?["overlap"]?[3]?.isNull == true && result?["simpleMatching"]?[2] == 1)
  }

  /// Atoms of two kinds, each in chunks and in a place of its own.
  private func planted(placed: Bool) throws -> (occurrences: Matrix<Double>, atoms: Matrix<Double>) {
    var numbers = RandomNumbers(seed: 5)
    let occurrences = Matrix<Double>(rows: 300, columns: 40) { buffer in
      for chunk in 0..<300 {
        for atom in 0..<40 {
          let isOwn = (chunk % 2 == 0) == (atom % 2 == 0)
          buffer[chunk * 40 + atom] = numbers.unit() < (isOwn ? 0.6 : 0.1) ? 1 : 0
        }
      }
    }
    var atoms = gaussians(40, 3, seed: 6)
    if placed { for atom in 0..<40 { atoms[atom, 0] += atom % 2 == 0 ? 5 : -5 } }
    return (occurrences, atoms)
  }

  @Test func atomsThatOccurTogetherMakeALobeAndTheirPlaceTellsIt() throws {
    let bench = try geometryBench()
    let (occurrences, atoms) = try planted(placed: true)
    let result = try bench.call(
      "geometry.lobes",
      ["occurrences": try bench.matrix(occurrences), "atoms": JSON(rows: atoms), "k": 2, "permutations": 10])
    let codes = try bench.labels(result["labels"]).codes
    #expect((0..<40).allSatisfy { codes[$0] == codes[$0 % 2] } && codes[0] != codes[1])
    let geometry = result["geometry"]
    #expect((geometry?["adjustedMutualInformation"]?.double ?? 0) > 0.9)
    #expect(near(geometry?["balancedAccuracy"], 1) && (geometry?["balancedAccuracyZ"]?.double ?? 0) > 2)
    #expect((geometry?["informationZ"]?.double ?? 0) > 5 && geometry?["heldOutAtoms"] == 8)
  }

  @Test func placesThatKnowNothingTellNothing() throws {
    let bench = try geometryBench()
    let (occurrences, atoms) = try planted(placed: false)
    let result = try bench.call(
      "geometry.lobes",
      ["occurrences": try bench.matrix(occurrences), "atoms": JSON(rows: atoms), "k": 2, "permutations": 10])
    #expect(abs(result["geometry"]?["adjustedMutualInformation"]?.double ?? 1) < 0.2)
    #expect((result["geometry"]?["informationZ"]?.double ?? 9) < 3)
  }

  @Test func atomsThatNeverOccurAreNamedAndDoNotStopIt() throws {
    let bench = try geometryBench()
    let result = try bench.call(
      "geometry.lobes", ["occurrences": [[1, 0, 1], [0, 0, 1], [1, 0, 1], [0, 0, 1]], "k": 2])
    #expect(result["undefined"]?.ints == [1, 2] && result.warningCodes == ["undefined"])
    let many = try bench.matrix(Matrix<Double>.zeros(1, 4001), name: "many.npz")
    #expect(bench.fault("geometry.lobes", ["occurrences": many])?.kind == "math.memory")
  }
}
