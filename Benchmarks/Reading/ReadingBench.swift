import Glibc
import Linear
import Papers

/// Times the readers of papers alone: `reading-bench FILE [RUNS] [FORMAT]` prints one JSON line. The format
/// `bibtex-spans` is BibTeX cut into fields and not decoded.
@main
struct ReadingBench {
  static func main() throws {
    let arguments = CommandLine.arguments
    guard arguments.count > 1 else {
      print("usage: reading-bench FILE [RUNS] [FORMAT]")
      exit(2)
    }
    let source = try FileBytes(path: arguments[1])
    let runs = arguments.count > 2 ? Int(arguments[2]) ?? 3 : 3
    var seconds: [Double] = []
    var count = 0
    for _ in 0..<max(1, runs) {
      let began = now()
      let format = arguments.count > 3 ? arguments[3] : nil
      count =
        format == "bibtex-spans"
        ? try ReadingCount.bibTeXSpans(in: source) : try ReadingCount.records(in: source, format: format)
      seconds.append(now() - began)
    }
    let median = seconds.sorted()[seconds.count / 2]
    var usage = rusage()
    getrusage(Int32(RUSAGE_SELF.rawValue), &usage)
    print(
      "{\"bytes\":\(source.count),\"records\":\(count),\"s_median\":\(median),"
        + "\"MB_per_s\":\(Double(source.count) / median / 1e6),\"records_per_s\":\(Double(count) / median),"
        + "\"peak_MB\":\(usage.ru_maxrss / 1024)}")
  }

  private static func now() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}
