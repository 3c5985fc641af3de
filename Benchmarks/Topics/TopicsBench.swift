import Glibc
import Linear
import Statistics
import Text

/// Times what the topics of a large collection are made of: `topics-bench CORPUS THREADS CASES [RUNS]` prints one JSON
/// line a case.
///
/// CORPUS holds one text a line, and CORPUS.labels, where it is there, one number a line. CASES are `tfidf`, `lsa`,
/// `kmeans` and `ward` with commas between; each takes what those before it make.
@main
struct TopicsBench {
  private static let (rank, topics, wardRows) = (100, 50, 10_000)

  static func main() throws {
    let arguments = CommandLine.arguments
    guard arguments.count > 3, let threads = Int(arguments[2]) else {
      print("usage: topics-bench CORPUS THREADS CASES [RUNS]")
      exit(2)
    }
    let cases = Set(arguments[3].split(separator: ",").map(String.init))
    let runs = arguments.count > 4 ? max(1, Int(arguments[4]) ?? 1) : 1
    let workers = Workers(jobs: threads)
    let texts = try lines(arguments[1])
    let megabytes = Double(texts.reduce(0) { $0 + $1.utf8.count }) / 1e6
    let documents = texts.map { TextDocument(body: $0) }
    let labels = try? lines(arguments[1] + ".labels").compactMap { Int($0) }

    func measured<R>(_ name: String, _ isWanted: Bool, _ body: () throws -> R, _ note: (R, Double) throws -> String)
      throws -> R
    {
      var seconds: [Double] = []
      var result: R?
      for _ in 0..<(isWanted ? runs : 1) {
        result = nil
        let began = now()
        result = try body()
        seconds.append(now() - began)
      }
      guard let result else { throw NoRun() }
      if isWanted {
        let median = seconds.sorted()[seconds.count / 2]
        print(
          "{\"case\":\"\(name)\",\"threads\":\(threads),\"median_s\":\(median),\(try note(result, median))"
            + "\"peak_rss_mb\":\(peak())}")
      }
      return result
    }

    let weights = try measured("tfidf", cases.contains("tfidf")) {
      try matrix(of: documents, workers)
    } _: { weights, median in
      "\"rows\":\(weights.rows),\"columns\":\(weights.columns),\"nnz\":\(weights.nonZeros),"
        + "\"mb_per_s\":\(megabytes / median),"
    }
    guard !cases.isDisjoint(with: ["lsa", "kmeans", "ward"]) else { return }
    let parts = try measured("lsa", cases.contains("lsa")) {
      try TruncatedSVD(
        weights, rank: Self.rank, options: .init(), random: RandomNumbers(seed: 0, step: "lsa"), workers: workers)
    } _: { parts, _ in
      "\"energy\":\(parts.explainedEnergy),\"method\":\"\(parts.method.rawValue)\","
    }
    let points = unitRows(parts.scores)
    if cases.contains("kmeans") {
      _ = try measured("kmeans", true) {
        try KMeans(k: Self.topics, metric: .cosine, restarts: 1, seed: 0).fit(points, workers: workers)
      } _: { fit, _ in
        let agreement = try labels.map { try PartitionAgreement(fit.labels, $0) }
        return "\"iterations\":\(fit.iterations),\"nmi\":\(agreement?.normalizedMutualInformation ?? 0),"
          + "\"ari\":\(agreement?.adjustedRand ?? 0),"
      }
    }
    if cases.contains("ward") {
      let some = points.rows(0..<min(Self.wardRows, points.rows))
      _ = try measured("ward", true) {
        try Linkage(some, .ward, metric: .euclidean, workers: workers)
      } _: { tree, _ in
        "\"rows\":\(some.rows),\"root_height\":\(tree.merges.last?.height ?? 0),"
      }
    }
  }

  private struct NoRun: Error {}

  /// The weights of scikit-learn's sublinear_tf and min_df = 2, on several threads by blocks.
  private static func matrix(of documents: [TextDocument], _ workers: Workers) throws -> SparseMatrix {
    let options = TFIDF.Options(counting: .init(tokenizer: Tokenizer(), stopWords: .none), minDf: .count(2))
    guard workers.jobs > 1 else { return try TFIDF.fit(documents, options: options).matrix }
    let size = Workers.blockRows
    let blocks = (documents.count + size - 1) / size
    var total = try TermCounter(options.counting)
    for first in stride(from: 0, to: blocks, by: workers.jobs) {
      for part in try workers.map(
        min(workers.jobs, blocks - first),
        { block -> TermCounter in
          var counter = try TermCounter(options.counting)
          let start = (first + block) * size
          counter.add(documents[start..<min(documents.count, start + size)])
          return counter
        })
      {
        try total.merge(part)
      }
    }
    return try TFIDF.fit(total, options: options).matrix
  }

  private static func unitRows(_ matrix: Matrix<Double>) -> Matrix<Double> {
    var result = matrix
    for row in 0..<result.rows {
      result.withMutableRow(row) { row in
        let length = row.reduce(0) { $0 + $1 * $1 }.squareRoot()
        for j in row.indices where length > 0 { row[j] /= length }
      }
    }
    return result
  }

  private static func lines(_ path: String) throws -> [String] {
    let source = try FileBytes(path: path)
    let bytes = try source.bytes(at: 0, count: source.count)
    return bytes.split(separator: 0x0A).map { String(decoding: $0, as: UTF8.self) }
  }

  private static func now() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + 1e-9 * Double(time.tv_nsec)
  }

  private static func peak() -> Int {
    var usage = rusage()
    getrusage(Int32(RUSAGE_SELF.rawValue), &usage)
    return usage.ru_maxrss / 1024
  }
}
