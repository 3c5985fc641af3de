import JSON
import Linear
import MethodTestSupport
import PluginKit
import Statistics
import TestSupport
import Testing

@testable import Erase

@Suite struct KernelTests {
  private static let kernels: [Kernel] = Kernel.Kind.allCases.map {
    Kernel(kind: $0, gamma: 0.3, degree: 2, coef0: 1)
  }

  @Test(arguments: kernels) func valuesAreTheKernels(kernel: Kernel) {
    let (x, y) = (Matrix([[1.0, 2], [0, -1]]), Matrix([[0.5, 0.5], [2, 0], [1, 2]]))
    let found = kernel.values(x, y)
    for i in 0..<2 {
      for j in 0..<3 {
        let (a, b) = (x.row(i), y.row(j))
        let dot = a.dot(b)
        let squares = zip(a, b).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
        let taxi = zip(a, b).reduce(0) { $0 + ($1.0 - $1.1).magnitude }
        let wanted =
          switch kernel.kind {
          case .linear: dot
          case .polynomial: (0.3 * dot + 1) * (0.3 * dot + 1)
          case .rbf: exponential(-0.3 * squares)
          case .laplacian: exponential(-0.3 * taxi)
          }
        #expect((found[i, j] - wanted).magnitude < 1e-12)
      }
    }
  }

  /// With every row a landmark the features' inner products are the kernel.
  @Test func featuresMultiplyToTheKernel() throws {
    let (rows, _) = correlatedRows(25, 3, classes: 2)
    let kernel = Kernel(kind: .rbf, gamma: 0.05, degree: 1, coef0: 0)
    let features = try NystromFeatures(kernel: kernel, landmarks: rows).features(rows)
    let difference = features.outerGram().adding(kernel.values(rows, rows), times: -1)
    #expect(difference.elements.allSatisfy { $0.magnitude < 1e-8 })
  }

  /// What is linear in the kernel's features finds nothing on the fitted rows, where before it found the concept.
  @Test(.needsSharedData) func theKernelsOwnPredictorsFindNothing() throws {
    let oracle = try OracleCase("xor")
    let bench = try MethodBench([ErasePlugin.self])
    var params = try bench.oracle("xor")
    params["test"] = nil
    params["landmarks"] = 60
    let fit = try bench.call("erase.kernel", params)
    #expect((fit["featureCorrelations"]?.doubles.first ?? 0) > 0.5)
    #expect((fit["canonicalCorrelations"]?.doubles.first ?? 1) < 0.2, "nothing linear was there")
    #expect(fit.warningCodes.contains("one-kernel"))
    let applied = try bench.call(
      "erase.apply", ["features": params["features"] ?? nil, "eraser": fit["eraser"] ?? nil])
    #expect(applied["columns"] == 60)
    let erased = try bench.matrix(applied["matrix"]).rows(at: oracle.train)
    let left = try largestCanonicalCorrelation(
      erased, oracle.concept.rows(at: oracle.train), scale: ColumnScaling(erased).scale, cut: 1e-5)
    #expect(left < 1e-6)
    #expect(try bench.call("erase.kernel", params) == fit, "the landmarks are the seed's")
  }
}

private func exponential(_ x: Double) -> Double {
  // An independent series is enough for the small arguments here.
  var (sum, term) = (1.0, 1.0)
  for k in 1..<60 {
    term *= x / Double(k)
    sum += term
  }
  return sum
}
