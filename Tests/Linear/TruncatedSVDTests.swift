import JSON
import Linear
import TestSupport
import Testing

private let methods: [TruncatedSVD.Method] = [.exact, .lanczos, .randomized]

private func options(_ method: TruncatedSVD.Method?, centered: Bool = false) -> TruncatedSVD.Options {
  var options = TruncatedSVD.Options()
  options.method = method
  options.centered = centered
  return options
}

/// U·diag(σ)·Vᵀ with random orthonormal U and V.
private func matrix(_ rows: Int, _ columns: Int, singularValues: [Double], seed: UInt64 = 1) throws -> Matrix<Double> {
  let k = singularValues.count
  let u = try QR(randomMatrix(rows, k, seed: seed)).q
  let v = try QR(randomMatrix(columns, k, seed: seed + 1)).q
  return u.times(Matrix.diagonal(singularValues)).timesTransposed(v)
}

@Suite struct TruncatedSVDTests {
  @Test(.needsSharedData, arguments: methods)
  func latentSemanticAnalysisHasTheOraclesSingularValues(method: TruncatedSVD.Method) throws {
    let answer = try Oracle.json("oracle/features/lsa_singular_values.json")
    let expected = try #require(answer["singular_values"]?.doubles)
    let a = try Oracle.sparse("tfidf_12_sublinear_l2")
    // These singular values hardly fall, so a random start must span all 44 rows to find them (see below).
    var fit = options(method)
    fit.oversample = 24
    let parts = try TruncatedSVD(a, rank: 20, options: fit)
    // The oracle's own tolerances: 1e-9 for dense, 1e-6 for iterative methods; it prints twelve digits.
    let tolerance = method == .exact ? 1e-9 : 1e-6
    for (x, y) in zip(parts.singularValues, expected) { #expect(abs(x - y) < tolerance * y) }
    #expect(parts.singularValues.count == 20 && parts.method == method && parts.converged)
    let energy = try #require(answer["explained_energy_20"]?.double)
    #expect(abs(parts.explainedEnergy - energy) < tolerance)
  }

  @Test(.needsSharedData) func randomisedValuesApproachFromBelow() throws {
    let answer = try Oracle.json("oracle/features/lsa_singular_values.json")
    let expected = try #require(answer["singular_values"]?.doubles)
    let a = try Oracle.sparse("tfidf_12_sublinear_l2")
    var last = 0.0
    for iterations in [0, 1, 5, 40] {
      var fit = options(.randomized)
      fit.powerIterations = iterations
      let parts = try TruncatedSVD(a, rank: 20, options: fit)
      for (x, y) in zip(parts.singularValues, expected) { #expect(x < y + 1e-11) }
      #expect(parts.explainedEnergy > last)
      last = parts.explainedEnergy
    }
    #expect(abs(last - 0.525980440818363) < 1e-4)
  }

  @Test(.needsSharedData, arguments: ["iris", "blobs60"], methods)
  func principalComponentsHaveTheOraclesSingularValues(name: String, method: TruncatedSVD.Method) throws {
    let a = try Oracle.dataset(name)
    let answers = try #require(try Oracle.json("oracle/features/svd.json")["values"]?[name])
    let tolerance = method == .exact ? 1e-9 : 1e-6
    for (centered, key) in [(false, "singular_values"), (true, "singular_values_centred")] {
      let expected = try #require(answers[key]?.doubles)
      let fit = options(method, centered: centered)
      for values in [
        try TruncatedSVD(a, rank: 4, options: fit).singularValues,
        try TruncatedSVD(SparseMatrix(a), rank: 4, options: fit).singularValues,
      ] {
        for (x, y) in zip(values, expected) { #expect(abs(x - y) < tolerance * y) }
      }
    }
    let shares = try #require(answers["explained_ratio_centred"]?.doubles)
    let first = try TruncatedSVD(a, rank: 1, options: options(method, centered: true))
    #expect(abs(first.explainedEnergy - shares[0]) < tolerance)
  }

  /// A spectrum that falls by 3 % a step, in a space far larger than Lanczos may keep: restarts are needed.
  @Test(arguments: [(900, 700), (700, 900)]) func restartsFindAKnownSpectrum(rows: Int, columns: Int) throws {
    let spectrum = (0..<700).map { (0..<$0).reduce(10.0) { value, _ in value * 0.97 } }
    let a = try matrix(rows, columns, singularValues: spectrum)
    let parts = try TruncatedSVD(a, rank: 12, options: options(.lanczos))
    #expect(parts.converged && parts.iterations > 9)
    for (x, y) in zip(parts.singularValues, spectrum) { #expect(abs(x - y) < 1e-9 * y) }
    let whole = try SVD(a)
    // Half the tolerance over the relative gap of 6 % in σ².
    #expect(largestDifference(parts.components, whole.vt.rows(0..<12)) < 1e-5)
    #expect(largestDifference(parts.components.outerGram(), .identity(12)) < 1e-12)
  }

  @Test func valuesThatAreThereSeveralTimesAreFoundSoOften() throws {
    let spectrum = [5.0, 3, 3, 3, 3, 3, 2] + (0..<500).map { 1 / (1 + Double($0) / 100) }
    let a = try matrix(600, 550, singularValues: spectrum)
    let parts = try TruncatedSVD(a, rank: 7, options: options(.lanczos))
    for (x, y) in zip(parts.singularValues, spectrum) { #expect(abs(x - y) < 1e-9) }
  }

  /// Rank 5 in a space of 300: Lanczos runs out of directions and must go on.
  @Test(arguments: methods) func moreComponentsThanRankHaveNoEnergy(method: TruncatedSVD.Method) throws {
    let a = try matrix(400, 300, singularValues: [5, 4, 3, 2, 1])
    let parts = try TruncatedSVD(a, rank: 9, options: options(method))
    for (x, y) in zip(parts.singularValues, [5.0, 4, 3, 2, 1, 0, 0, 0, 0]) { #expect(abs(x - y) < 1e-7) }
    #expect(abs(parts.explainedEnergy - 1) < 1e-12)
    #expect(largestDifference(parts.components.outerGram(), .identity(9)) < 1e-12)
    #expect(largestDifference(parts.scores.times(parts.components), a) < 1e-11)
  }

  /// Large enough for the Gram matrix instead of the matrix itself; both sides.
  @Test(arguments: [(1500, 600), (600, 1500)]) func theGramMatrixLosesNoDigits(rows: Int, columns: Int) throws {
    // σ² spans twelve orders of magnitude; from the Gram matrix alone the last value would keep four digits.
    let spectrum = [1000.0, 1, 0.5, 0.01, 0.001]
    let a = try matrix(rows, columns, singularValues: spectrum)
    let parts = try TruncatedSVD(a, rank: 5, options: options(.exact))
    for (x, y) in zip(parts.singularValues, spectrum) { #expect(abs(x - y) < 1e-9 * y) }
    #expect(largestDifference(parts.components.outerGram(), .identity(5)) < 1e-12)
  }

  @Test(arguments: [(1500, 600), (600, 1500)], [false, true])
  func sparseAndDenseGramMatricesAgree(size: (Int, Int), centered: Bool) throws {
    var a = Matrix<Double>.zeros(size.0, size.1)
    var numbers = RandomNumbers(seed: 6)
    for _ in 0..<10_000 { a[numbers.below(size.0), numbers.below(size.1)] = numbers.unit() }
    let fit = options(.exact, centered: centered)
    let sparse = try TruncatedSVD(SparseMatrix(a), rank: 6, options: fit)
    let dense = try TruncatedSVD(a, rank: 6, options: fit)
    for (x, y) in zip(sparse.singularValues, dense.singularValues) { #expect(abs(x - y) < 1e-9 * y) }
    #expect(abs(sparse.explainedEnergy - dense.explainedEnergy) < 1e-12)
    #expect(largestDifference(sparse.components, dense.components) < 1e-9)
  }

  @Test(arguments: methods) func threadsDoNotChangeABit(method: TruncatedSVD.Method) throws {
    let a = randomMatrix(9000, 30, seed: 3)
    for fit in [options(method), options(method, centered: true)] {
      let alone = try TruncatedSVD(a, rank: 3, options: fit)
      let four = try TruncatedSVD(a, rank: 3, options: fit, workers: Workers(jobs: 4))
      #expect(alone.scores == four.scores && alone.components == four.components)
      let sparse = SparseMatrix(a)
      let one = try TruncatedSVD(sparse, rank: 3, options: fit)
      let many = try TruncatedSVD(sparse, rank: 3, options: fit, workers: Workers(jobs: 4))
      #expect(one.scores == many.scores && one.components == many.components)
    }
  }

  @Test(arguments: [false, true]) func projectingTheRowsGivesTheirScores(centered: Bool) throws {
    let a = randomMatrix(50, 20, seed: 4).adding(Matrix(rows: 50, columns: 20, repeating: 3))
    let parts = try TruncatedSVD(a, rank: 6, options: options(nil, centered: centered))
    #expect(largestDifference(parts.project(a), parts.scores) < 1e-12)
    #expect(largestDifference(parts.project(SparseMatrix(a)), parts.scores) < 1e-12)
  }

  @Test func mergedPartsAreTheWhole() throws {
    let a = try matrix(80, 30, singularValues: [7, 5, 3, 2])
    let upper = try TruncatedSVD(a.rows(0..<50), rank: 4)
    let lower = try TruncatedSVD(a.rows(50..<80), rank: 4)
    let merged = try TruncatedSVD.merge(upper, lower, rank: 4)
    let whole = try TruncatedSVD(a, rank: 4)
    for (x, y) in zip(merged.singularValues, whole.singularValues) { #expect(abs(x - y) < 1e-12) }
    #expect(largestDifference(merged.components, whole.components) < 1e-12)
  }

  @Test func edgeCasesHaveAnswers() throws {
    #expect(try TruncatedSVD(Matrix<Double>.zeros(0, 5), rank: 3).singularValues.isEmpty)
    #expect(try TruncatedSVD(Matrix<Double>.zeros(4, 3), rank: 0).scores.rows == 4)
    for method in methods {
      let zero = try TruncatedSVD(Matrix<Double>.zeros(4, 3), rank: 9, options: options(method))
      #expect(zero.singularValues == [0, 0, 0] && zero.explainedEnergy == 0)
      let one = try TruncatedSVD(Matrix<Double>([[-2]]), rank: 1, options: options(method))
      #expect(abs(one.singularValues[0] - 2) < 1e-15 && abs(one.scores[0, 0] + 2) < 1e-15)
    }
    #expect(throws: NumericError.notFinite(row: 0, column: 1)) { try TruncatedSVD(Matrix([[1, .nan]]), rank: 1) }
    let sparse = SparseMatrix(rows: 2, columns: 2, rowPointers: [0, 0, 1], columnIndices: [1], values: [.infinity])
    #expect(throws: NumericError.notFinite(row: 1, column: 1)) { try TruncatedSVD(sparse, rank: 1) }
  }
}
