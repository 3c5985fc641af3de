import JSON
import Linear
import MethodTestSupport
import Testing

@testable import Geometry

@Suite struct GalaxyTests {
  @Test func aSteepSpectrumIsSteeperThanTheGaussianCloudBeside() throws {
    let bench = try geometryBench()
    var atoms = gaussians(600, 12, seed: 1)
    atoms.scaleColumns(by: (1...12).map { 1 / Double($0) })
    let layer = try #require(try bench.call("geometry.galaxy", ["layers": [try bench.matrix(atoms)]])["layers"]?[0])
    #expect(near(layer["slope"], 2, 0.15), "variances fall as rank^-2")
    #expect((layer["gaussianSlope"]?.double ?? 9) < 0.3)
    #expect((layer["low"]?.double ?? 9) < (layer["high"]?.double ?? 0))
    // Points of a Gaussian law are no more clumped than those of another, whatever its axes.
    let gap = (layer["clusteringEntropy"]?.double ?? 9) - (layer["gaussianClusteringEntropy"]?.double ?? 0)
    #expect(abs(gap) < 0.3)
  }

  @Test func clumpedAtomsHaveLessEntropyThanTheirGaussian() throws {
    let bench = try geometryBench()
    var atoms = gaussians(500, 4, seed: 2)
    atoms.scale(by: 0.05)
    let centres = gaussians(10, 4, seed: 3)
    for i in 0..<500 {
      for j in 0..<4 { atoms[i, j] += 3 * centres[i % 10, j] }
    }
    let result = try bench.call("geometry.galaxy", ["layers": [try bench.matrix(atoms)]])["layers"]?[0]
    #expect((result?["clusteringEntropy"]?.double ?? 0) > 2)
    #expect(abs(result?["gaussianClusteringEntropy"]?.double ?? 9) < 0.5)
  }

  /// The paper's code takes the last rank of the first layer for all.
  @Test func theLastRankIsEachLayersOwn() throws {
    let bench = try geometryBench()
    let layers = JSON.array([
      try bench.matrix(gaussians(50, 3, seed: 4), name: "a.npz"),
      try bench.matrix(gaussians(50, 8, seed: 5), name: "b.npz"),
    ])
    let result = try bench.call("geometry.galaxy", ["layers": layers])["layers"]
    #expect(result?[0]?["ranks"] == 3 && result?[1]?["ranks"] == 8)
  }

  /// In one dimension of n even spacings the estimate is known: ψ(n) − ψ(1) + ln 2 + ln r.
  @Test func neighbourEntropyHasTheVolumeOfTheUnitBall() {
    #expect(abs(NeighbourEntropy.logGammaOfHalf(4)) < 1e-15)
    #expect(abs(NeighbourEntropy.logGammaOfHalf(3) - (-0.1207822376)) < 1e-9, "ln Γ(3/2)")
    #expect(abs(NeighbourEntropy.logGammaOfHalf(10) - 3.1780538303) < 1e-9, "ln 4!")
    let entropy = NeighbourEntropy.value([0.5, 0.5], columns: 1, floor: 0.01)
    #expect(abs(entropy - 1) < 1e-10, "ψ(2) − ψ(1) = 1, and ln 2 + ln ½ = 0")
  }

  @Test func aZeroEigenvalueHasNoLogarithm() throws {
    let bench = try geometryBench()
    let layer = try bench.call("geometry.galaxy", ["eigenvalues": [4, 2, 1, 0]])["layers"]?[0]
    #expect(layer?["logDeterminant"] == nil && layer?["ranks"] == 3)
    #expect(bench.fault("geometry.galaxy", [:])?.path == "/layers")
  }
}
