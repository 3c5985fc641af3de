import Erase
import Glibc
import Linear

/// Times erasers alone, on one thread: `erasing-bench METHOD ROWS.npy LABELS.npy NUMBER RUNS [ERASED.npy]` prints one
/// JSON line with processor seconds of the fit and of the erased rows (their memory included), the median of the runs.
///
/// METHOD is `leace` (NUMBER is not read), `inlp` (NUMBER of iterations) or `rlace` (NUMBER is the rank). Rows in 32 bits
/// stay so.
@main
struct ErasingBench {
  static func main() throws {
    let arguments = CommandLine.arguments
    guard arguments.count > 5, let number = Int(arguments[4]), let runs = Int(arguments[5]) else {
      print("usage: erasing-bench leace|inlp|rlace ROWS.npy LABELS.npy NUMBER RUNS [ERASED.npy]")
      exit(2)
    }
    let file = try ArrayFile(FileBytes(path: arguments[2]))
    let isSinglePrecision = try file.array().info.type == .float32
    let reader = try file.reader()
    let labels = try ArrayFile(FileBytes(path: arguments[3])).array().readIntegers()
    let task = Task(
      method: arguments[1], labels: labels, classes: (labels.max() ?? 0) + 1, number: number, runs: max(1, runs),
      output: arguments.count > 6 ? arguments[6] : nil)
    if isSinglePrecision {
      try task.run(reader.readRows(0..<reader.rowCount, as: Float.self))
    } else {
      try task.run(reader.readRows(0..<reader.rowCount, as: Double.self))
    }
  }
}

private struct Task {
  let method: String
  let labels: [Int]
  let classes: Int
  let number: Int
  let runs: Int
  let output: String?

  func run<S: Scalar>(_ rows: Matrix<S>) throws {
    var fits: [Double] = []
    var applications: [Double] = []
    var whole: [Double] = []
    var found: EraserFits.Search?
    var erased = rows
    for _ in 0..<runs {
      let began = now()
      let search = try fit(rows)
      let fitted = now()
      erased = try search.eraser.erased(rows)
      let ended = now()
      fits.append(fitted - began)
      applications.append(ended - fitted)
      whole.append(ended - began)
      found = search
    }
    if let output { try write(erased, to: output) }
    let accuracies = (found?.accuracies ?? []).map { "\($0)" }.joined(separator: ",")
    print(
      "{\"cpu_s\":\(median(whole)),\"fit_s\":\(median(fits)),\"apply_s\":\(median(applications)),"
        + "\"rank\":\(found?.eraser.rank ?? 0),\"closedForm\":\(found?.closedForm ?? false),"
        + "\"accuracies\":[\(accuracies)]}")
  }

  private func fit<S: Scalar>(_ rows: Matrix<S>) throws -> EraserFits.Search {
    switch method {
    case "inlp":
      return try EraserFits.nullspace(rows, labels: labels, classes: classes, iterations: number)
    case "rlace":
      return try EraserFits.minimax(rows, labels: labels, classes: classes, rank: number)
    default:
      return try EraserFits.leace(rows, labels: labels, classes: classes)
    }
  }

  private func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

  private func write<S: Scalar>(_ rows: Matrix<S>, to path: String) throws {
    guard let file = fopen(path, "wb") else { throw ArrayFault(.missingArray, "\(path) cannot be written") }
    defer { fclose(file) }
    try ArrayWriter.npy(.matrix(rows)) { bytes in fwrite(bytes.baseAddress, 1, bytes.count, file) }
  }

  private func now() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}
