import Glibc
import Linear
import Statistics

/// Times logistic fits alone: `probe-bench fit|path|stream X.npy y.npy [name=value …]` prints one JSON line.
///
/// `rows` are the first rows that are fitted; `tol`, `C`, `threads`, `precision`, `standardize` and `repeat` are what they
/// say. `path` takes ten values of C from 1e-4 to 1e4 and five folds, row i in fold i mod 5.
@main
struct ProbeBench {
  static func main() throws {
    let arguments = CommandLine.arguments
    if arguments.dropFirst().first == "rates" { return rates() }
    guard arguments.count > 3 else {
      print("usage: probe-bench fit|path|stream X.npy y.npy [name=value …], or probe-bench rates")
      exit(2)
    }
    var options: [String: String] = [:]
    for argument in arguments.dropFirst(4) {
      let parts = argument.split(separator: "=", maxSplits: 1).map(String.init)
      if parts.count == 2 { options[parts[0]] = parts[1] }
    }
    let array = try ArrayFile(FileBytes(path: arguments[2])).reader()
    let rows = min(array.rowCount, options["rows"].flatMap { Int($0) } ?? array.rowCount)
    let labels = try ArrayFile(FileBytes(path: arguments[3])).reader().readRows(0..<rows, as: Double.self)
      .elements.map { Int($0) }
    if arguments[1] == "stream" {
      try measure("stream", array.rowCount * array.columnCount * 4, (rows, array.columnCount), options) {
        settings, workers in
        let fit = try settings.fit(
          reading: array, labels: labels, classes: (labels.max() ?? 0) + 1, workers: workers)
        return text(fit)
      }
    } else if options["dtype"] == "float32" {
      try run(arguments[1], array.readRows(0..<rows, as: Float.self), labels, options)
    } else {
      try run(arguments[1], array.readRows(0..<rows, as: Double.self), labels, options)
    }
  }

  private static func run<S: Scalar>(
    _ mode: String, _ features: Matrix<S>, _ labels: [Int], _ options: [String: String]
  ) throws {
    let classes = (labels.max() ?? 0) + 1
    let bytes = features.rows * features.columns * MemoryLayout<S>.stride
    try measure(mode, bytes, (features.rows, features.columns), options) { settings, workers in
      if mode == "path" { return try path(features, labels, classes, settings, workers) }
      return text(try settings.fit(features, labels: labels, classes: classes, workers: workers))
    }
  }

  private static func text(_ fit: LogisticFit) -> String {
    "\"objective\":\(fit.objective),\"gapBound\":\(fit.gapBound ?? .nan),\"iterations\":\(fit.iterations),"
      + "\"passes\":\(fit.passes),\"converged\":\(fit.converged)"
  }

  private static func measure(
    _ mode: String, _ bytes: Int, _ shape: (rows: Int, columns: Int), _ options: [String: String],
    _ body: (_ settings: LogisticRegression, _ workers: Workers) throws -> String
  ) throws {
    func number(_ name: String, _ value: Double) -> Double { options[name].flatMap { Double($0) } ?? value }
    let workers = Workers(jobs: Int(number("threads", 1)))
    let settings = LogisticRegression(
      C: number("C", 1), standardize: options["standardize"] == "true", tolerance: number("tol", 1e-8),
      maximumIterations: Int(number("maxIter", 1000)),
      precision: options["precision"].flatMap { .init(rawValue: $0) } ?? .float64)
    var seconds: [Double] = []
    var processor: [Double] = []
    var found = ""
    for _ in 0..<max(1, Int(number("repeat", 5))) {
      let began = (now(CLOCK_MONOTONIC), now(CLOCK_PROCESS_CPUTIME_ID))
      found = try body(settings, workers)
      seconds.append(now(CLOCK_MONOTONIC) - began.0)
      processor.append(now(CLOCK_PROCESS_CPUTIME_ID) - began.1)
    }
    var usage = rusage()
    getrusage(Int32(RUSAGE_SELF.rawValue), &usage)
    print(
      "{\"mode\":\"\(mode)\",\"n\":\(shape.rows),\"d\":\(shape.columns),\"tol\":\(settings.tolerance),"
        + "\"precision\":\"\(settings.precision.rawValue)\",\"threads\":\(workers.jobs),"
        + "\"median_s\":\(median(seconds)),\"cpu_s\":\(median(processor)),"
        + "\"data_MB\":\(Double(bytes) / 1e6),\"peak_MB\":\(Double(usage.ru_maxrss) * 1024 / 1e6),\(found)}")
  }

  private static func path<S: Scalar>(
    _ features: Matrix<S>, _ labels: [Int], _ classes: Int, _ settings: LogisticRegression, _ workers: Workers
  ) throws -> String {
    let folds = try (0..<5).map { fold in
      try Split(
        train: labels.indices.filter { $0 % 5 != fold }, test: labels.indices.filter { $0 % 5 == fold },
        rows: labels.count)
    }
    let walks = Counter()
    let result = try PenaltyPath(Cs: (0..<10).map { pow(10, -4 + Double($0) * 8 / 9) }, settings: settings).fit(
      features, labels: labels, classes: classes, folds: folds, workers: workers
    ) { done, total, _ in
      walks.left += total - done
    }
    var settings = settings
    settings.C = result.chosen.C
    let fit = try settings.fit(features, labels: labels, classes: classes, workers: workers)
    return "\"C\":\(result.chosen.C),\"losses\":\(result.points.map(\.logLoss)),"
      + "\"notConverged\":\(result.points.map(\.notConverged)),\"objective\":\(fit.objective),"
      + "\"columns\":\(walks.left + 50)"
  }

  /// The columns of all walks: of each, the fits that had not ended.
  private final class Counter {
    var left = 0
  }

  /// What the machine gives one thread: reading once (GB/s), and products of large squares (GFlop/s).
  private static func rates() {
    func rate<S: Scalar>(_: S.Type) -> Double {
      let side = 1536
      let (a, b) = (
        Matrix<S>(rows: side, columns: side, repeating: 1), Matrix<S>(rows: side, columns: side, repeating: 2)
      )
      let seconds = best { _ = a.times(b) }
      return 2 * pow(Double(side), 3) / seconds / 1e9
    }
    let tall = Matrix<Double>(rows: 40_000, columns: 512, repeating: 1)
    let ones = [Double](repeating: 1, count: 512)
    let seconds = best { _ = tall.times(ones) }
    print(
      "{\"GB_per_s\":\(Double(tall.rows * tall.columns * 8) / seconds / 1e9),\"GFlop_float64\":\(rate(Double.self)),"
        + "\"GFlop_float32\":\(rate(Float.self))}")
  }

  private static func best(_ body: () -> Void) -> Double {
    (0..<5).map { _ in
      let began = now(CLOCK_MONOTONIC)
      body()
      return now(CLOCK_MONOTONIC) - began
    }.min() ?? .nan
  }

  private static func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

  private static func now(_ clock: clockid_t) -> Double {
    var time = timespec()
    clock_gettime(clock, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}
