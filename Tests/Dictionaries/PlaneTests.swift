import JSON
import Linear
import MethodTestSupport
import Testing

import func Glibc.cos
import func Glibc.sin

@testable import Dictionaries

@Suite struct PlaneTests {
  private func scores(_ n: Int, _ point: (Int, inout RandomNumbers) -> (Double, Double)) -> PlaneScores {
    var numbers = RandomNumbers(seed: 3)
    let points = (0..<n).map { point($0, &numbers) }
    return PlaneScores(x: points.map(\.0), y: points.map(\.1), bins: 10, epsilon: 0.1)
  }

  /// On a circle both coordinates tell 1.5008 bits of each other, however it is turned.
  @Test func aCircleCannotBeTurnedApart() {
    let circle = scores(4000) { i, _ in
      let angle = 2 * Double.pi * Double(i) / 4000
      return (cos(angle), sin(angle))
    }
    for angle in [0, 0.2, 0.5, 0.785, 1.1] { #expect(abs(circle.information(angle: angle) - 1.5008) < 0.01) }
    #expect((circle.circleDeviation ?? 1) < 1e-12)
  }

  /// What a histogram of independent coordinates has is its bias alone.
  @Test func aGaussianCloudHasNoInformation() {
    let cloud = scores(4000) { _, numbers in (numbers.gaussian(), numbers.gaussian()) }
    let bias: Double = 81 / (8000 * 0.693)
    #expect(cloud.information(angle: 0.3) < 3 * bias)
    // 2Φ(0.1) − 1 = 0.0797 at the middle; the best of all lines is a little more.
    let mixture = cloud.bestMixture().share
    #expect(mixture > 0.075 && mixture < 0.11)
  }

  @Test func pointsOnTwoAxesAreAMixture() {
    let cross = scores(2000) { i, numbers in i.isMultiple(of: 2) ? (numbers.gaussian(), 0) : (0, numbers.gaussian()) }
    #expect(abs(cross.bestMixture().share - 0.53) < 0.03)
  }

  /// One start may stop short: half of the points lie on a line far from the middle.
  @Test func theBestLineIsFoundAwayFromTheMiddle() {
    let line = scores(1000) { i, numbers in
      let (x, y) = (numbers.gaussian(), numbers.gaussian())
      return i < 500 ? (x, 1.7 + 0.3 * x) : (x, y - 1)
    }
    #expect(line.bestMixture().share > 0.48)
  }

  @Test func aSinglePlaceHasNoInformation() {
    let place = PlaneScores(x: [1, 1, 1], y: [2, 2, 2], bins: 5, epsilon: 0.1)
    #expect(place.information(angle: 0.4) == 0 && place.circleDeviation == nil)
    #expect(PlaneScores(x: [0, 0], y: [0, 0], bins: 5, epsilon: 0.1).mixture((1, 0), 0) == nil)
  }
}

@Suite struct MultidimensionalFeatureTests {
  /// Two atoms that are a circle together, two that fire apart, one alone.
  private func planted() -> (atoms: JSON, codes: Matrix<Double>) {
    let atoms: JSON = [
      [1, 0.1, 0, 0, 0], [0.8, 0.7, 0, 0, 0], [0, 0, 1, 0.1, 0], [0, 0, 0.8, 0.7, 0], [0, 0, 0, 0, 1],
    ]
    var numbers = RandomNumbers(seed: 1)
    let codes = Matrix<Double>(rows: 600, columns: 5) { buffer in
      for row in 0..<600 {
        let angle = 2 * Double.pi * numbers.unit()
        if row < 300 {
          buffer[row * 5] = 3 + cos(angle)
          buffer[row * 5 + 1] = 3 + sin(angle)
        } else {
          buffer[row * 5 + 2 + row % 2] = 1 + numbers.unit()
        }
        buffer[row * 5 + 4] = numbers.unit()
      }
    }
    return (atoms, codes)
  }

  @Test func theCircleIsRankedFirst() throws {
    let bench = try MethodBench([DictionariesPlugin.self])
    let (atoms, codes) = planted()
    let result = try bench.call(
      "dictionary.multidim", ["atoms": atoms, "codes": try bench.matrix(codes), "cutoff": 0.6])
    #expect(result["labels"]?.ints == [0, 0, 1, 1, 2])
    let clusters = try #require(result["clusters"]?.array)
    #expect(clusters.map { $0["cluster"]?.int } == [0, 1])
    let (circle, mixed) = (clusters[0]["planes"]?[0], clusters[1]["planes"]?[0])
    #expect((circle?["separability"]?.double ?? 0) > 0.8 && (circle?["mixture"]?.double ?? 1) < 0.35)
    #expect((mixed?["mixture"]?.double ?? 0) > 0.4)
    #expect(clusters[0]["rows"] == 300)
  }

  @Test func spectralClustersAreThoseOfTheGraphWhereAtomsAreApart() throws {
    let bench = try MethodBench([DictionariesPlugin.self])
    let (atoms, codes) = planted()
    let result = try bench.call(
      "dictionary.multidim",
      ["atoms": atoms, "codes": try bench.matrix(codes), "clustering": "spectral", "clusters": 3])
    let labels = try #require(result["labels"]?.ints)
    #expect(labels[0] == labels[1] && labels[2] == labels[3] && Set(labels).count == 3)
  }

  @Test func theLastRowIsReadToo() throws {
    let bench = try MethodBench([DictionariesPlugin.self])
    let result = try bench.call(
      "dictionary.multidim",
      ["atoms": [[1, 0], [0.9, 0.1], [0, 1]], "codes": [[1, 0, 0], [0, 0, 1], [0, 2, 0]], "cluster": 0])
    #expect(result["reconstructedRows"]?.ints == [0, 2])
    #expect(bench.fault("dictionary.multidim", ["atoms": [[1, 0]], "codes": [[1, 2]]])?.path == "/codes")
    #expect(bench.fault("dictionary.multidim", ["atoms": [[1, 0]]])?.path == "/points")
  }
}
