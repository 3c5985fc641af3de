import JSON
import Linear
import MethodTestSupport
import PluginKit
import Statistics
import TestSupport
import Testing

@testable import Erase

/// Inputs that an eraser of this kind is known to get wrong without a word (concept-erasure 0.2.4 among them).
@Suite struct KnownTrapsTests {
  /// Rows of two classes, and a few of a third, marked in one column.
  private func rare(_ share: Double, _ n: Int = 4000) -> (features: Matrix<Double>, labels: [Int]) {
    var (features, labels) = correlatedRows(n, 6, classes: 2, seed: 3)
    let every = Int((1 / share).rounded())
    for i in stride(from: 3, to: n, by: every) {
      labels[i] = 2
      features[i, 2] += 15
    }
    return (features, labels)
  }

  /// An absolute cut, or one that scales with the deviation of a class's column, leaves rare classes untouched.
  @Test(arguments: [0.009, 0.003, 0.001], ["leace", "orth", "mean", "oracle"])
  func rareClassesAreErased(share: Double, method: String) throws {
    let bench = try MethodBench([ErasePlugin.self])
    let (features, labels) = rare(share)
    let input = try bench.matrix(features)
    let fit = try bench.call("erase.\(method)", ["features": input, "labels": .list(labels)])
    #expect(fit["rank"] == 2)
    var apply: JSON = ["features": input, "eraser": fit["eraser"] ?? nil]
    if method == "oracle" { apply["labels"] = .list(labels) }
    let erased = try bench.matrix(bench.call("erase.apply", apply)["matrix"])
    // The one class against the rest, as one column.
    let marked = Matrix<Double>(labels.map { [$0 == 2 ? 1.0 : 0] })
    let scale = try ColumnScaling(features).scale
    #expect(try largestCanonicalCorrelation(features, marked, scale: scale) > 0.05)
    #expect(try largestCanonicalCorrelation(erased, marked, scale: scale) < 1e-10)
  }

  /// A cut on covariances as they are does nothing where all features are small.
  @Test(arguments: [1e-2, 1e-6, 1e6], ["leace", "orth", "mean"])
  func theUnitOfAllColumnsDoesNotMatter(unit: Double, method: String) throws {
    let bench = try MethodBench([ErasePlugin.self])
    var (features, labels) = correlatedRows(600, 5, classes: 3)
    features.scale(by: unit)
    let input = try bench.matrix(features)
    let fit = try bench.call("erase.\(method)", ["features": input, "labels": .list(labels)])
    #expect(fit["rank"] == 2)
    let erased = try stored(bench, fit).erased(features)
    let concept = try ConceptCoding.classes(3).columns(of: labels)
    #expect(try largestCanonicalCorrelation(erased, concept, scale: ColumnScaling(features).scale) < 1e-10)
  }

  /// A first block that is centred at 0 on one side costs all digits: floats in one piece and in pieces of 256.
  @Test(arguments: [10.0, 100, 1000, 10_000], [256, 3000])
  func floatsFarFromZeroAreErasedInPieces(offset: Double, size: Int) throws {
    var (near, labels) = gaussianRows(3000, 8, seed: 14, gap: 2)
    for i in 0..<near.rows { for j in 0..<8 { near[i, j] += offset } }
    let rows: Matrix<Float> = near.converted()
    let kept: Matrix<Double> = rows.converted()
    var fitter = LEACEFitter(columns: 8, coding: .classes(2), precision: .mixed)
    for start in stride(from: 0, to: 3000, by: size) {
      let range = start..<min(start + size, 3000)
      try fitter.add(rows.rows(range), labels: Array(labels[range]))
    }
    let moments = try #require(fitter.moments)
    let exact = try Moments(kept)
    let error = moments.covariance().adding(exact.covariance(), times: -1).frobeniusNorm
    #expect(error < 2e-6 * exact.covariance().frobeniusNorm, "\(error)")
    let concept = try ConceptCoding.classes(2).columns(of: labels)
    let erased = try fitter.fit(.single).eraser.erased(rows)
    let found = try Certificate(before: kept, after: erased.converted(), concept: concept, single: true)
    #expect(found.before > 0.6 && found.after < 1e-4, "\(found.after)")
  }

  /// Numbers of 16 bits are rows like any others.
  @Test func halfPrecisionRowsAreErased() throws {
    let bench = try MethodBench([ErasePlugin.self])
    let (features, labels) = gaussianRows(300, 4, seed: 15, gap: 2)
    // 64ths between −8 and 8 are exact in 16 bits.
    let rows = Matrix<Double>(rows: 300, columns: 4) { target in
      for i in 0..<300 {
        for j in 0..<4 { target[i * 4 + j] = max(-8, min(8, (features[i, j] * 64).rounded() / 64)) }
      }
    }
    var header = "{'descr': '<f2', 'fortran_order': False, 'shape': (300, 4), }"
    header += String(repeating: " ", count: 117 - header.utf8.count) + "\n"
    var bytes: [UInt8] = [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(header.utf8.count), 0] + Array(header.utf8)
    for value in rows.elements { withUnsafeBytes(of: Self.half(value)) { bytes.append(contentsOf: $0) } }
    let input = try bench.file("half.npy", bytes)
    let fit = try bench.call("erase.leace", ["features": input, "labels": .list(labels)])
    let applied = try bench.call("erase.apply", ["features": input, "eraser": fit["eraser"] ?? nil])
    let concept = try ConceptCoding.classes(2).columns(of: labels)
    let found = try Certificate(
      before: rows, after: bench.matrix(applied["matrix"]), concept: concept, single: true)
    #expect(found.before > 0.5 && found.after < 1e-4)
  }

  /// The bits of a multiple of 1/64 below 16 in IEEE's 16.
  private static func half(_ value: Double) -> UInt16 {
    if value == 0 { return 0 }
    let sign: UInt16 = value < 0 ? 0x8000 : 0
    let exponent = value.magnitude.exponent
    let fraction = UInt16((value.magnitude / Double(sign: .plus, exponent: Int(exponent), significand: 1) - 1) * 1024)
    return sign | UInt16(Int(exponent) + 15) << 10 | fraction
  }

  @Test func aNumberThatIsNoneIsNamedByRowAndColumn() throws {
    let bench = try MethodBench([ErasePlugin.self])
    var (features, labels) = gaussianRows(40, 3, seed: 1)
    features[17, 2] = .nan
    let input = try bench.array(.matrix(features), name: "nan.npy")
    for method in ["leace", "orth", "mean", "oracle", "quadratic", "inlp", "rlace", "kernel", "random", "direction"] {
      let fault = try #require(bench.fault("erase.\(method)", ["features": input, "labels": .list(labels)]))
      #expect(fault.kind == "math.nonFinite" && fault.path == "/features", "\(method)")
      #expect(fault.message.contains("row 17, column 2"), "\(method): \(fault.message)")
    }
  }

  /// Classes of very unequal size keep the mean of all rows.
  @Test func quadraticErasureKeepsTheMeanOfLopsidedClasses() throws {
    let bench = try MethodBench([ErasePlugin.self])
    var (features, _) = correlatedRows(1000, 4, classes: 2, seed: 8)
    let labels = (0..<1000).map { $0 % 10 == 0 ? 1 : 0 }
    for i in 0..<1000 where labels[i] == 1 { features[i, 1] += 12 }
    let input = try bench.matrix(features)
    let fit = try bench.call("erase.quadratic", ["features": input, "labels": .list(labels)])
    let erased = try bench.matrix(
      bench.call(
        "erase.apply", ["features": input, "labels": .list(labels), "eraser": fit["eraser"] ?? nil])["matrix"])
    let (before, after) = try (ColumnScaling(features), ColumnScaling(erased))
    for j in 0..<4 { #expect((before.mean[j] - after.mean[j]).magnitude < 1e-10 * before.deviation[j]) }
  }

  /// What a chain of linear maps has taken out stays out, whichever comes next.
  @Test(arguments: ["leace", "orth", "mean"], ["leace", "orth", "mean"])
  func chainsKeepTheGuaranteeOfTheirFirst(first: String, second: String) throws {
    let bench = try MethodBench([ErasePlugin.self])
    var (features, one) = correlatedRows(500, 9, classes: 3, seed: 5)
    var numbers = RandomNumbers(seed: 77)
    let two = one.map { numbers.unit() < 0.6 ? min(1, $0) : numbers.below(2) }
    for (i, label) in two.enumerated() { features[i, 4] += 3 * Double(label) }
    let input = try bench.matrix(features)
    let a = try bench.call("erase.\(first)", ["features": input, "labels": .list(one)])["eraser"] ?? nil
    let rows = try bench.call("erase.apply", ["features": input, "eraser": a])["matrix"] ?? nil
    let b = try bench.call("erase.\(second)", ["features": rows, "labels": .list(two)])["eraser"] ?? nil
    let chain = try bench.call(
      "erase.compose", ["features": input, "concepts": [.list(one), .list(two)], "erasers": [a, b]])
    let erased = try bench.matrix(
      bench.call("erase.apply", ["features": input, "eraser": chain["eraser"] ?? nil])["matrix"])
    let scale = try ColumnScaling(features).scale
    for (labels, classes) in [(one, 3), (two, 2)] {
      let concept = try ConceptCoding.classes(classes).columns(of: labels)
      #expect(try largestCanonicalCorrelation(features, concept, scale: scale) > 0.3)
      #expect(try largestCanonicalCorrelation(erased, concept, scale: scale) < 1e-10)
    }
  }
}
