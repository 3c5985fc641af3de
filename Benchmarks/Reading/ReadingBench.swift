import Glibc
import Linear
import Papers
import XML

/// Times the readers of papers alone: `reading-bench FILE [RUNS] [FORMAT]` prints one JSON line.
///
/// The format `atom-fields` takes of each entry of a feed what the peer takes and nothing else: id, title with its white
/// space folded, summary, date, names and categories, as texts.
///
/// The format `bibtex-spans` is BibTeX cut into fields and not decoded.
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
        switch format {
        case "atom-fields"?: try atomFields(in: source)
        case "bibtex-spans"?: try ReadingCount.bibTeXSpans(in: source)
        default: try ReadingCount.records(in: source, format: format)
        }
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

  private static func atomFields(in source: FileBytes) throws -> Int {
    var cutter = XMLCutter(
      shape: .init(records: ["entry"], namespace: "http://www.w3.org/2005/Atom", feed: "feed"), offset: 0)
    var entries = 0
    var letters = 0
    func take(_ cuts: [XMLCutter.Cut]) {
      for case .record(let fragment) in cuts {
        var texts: [String] = []
        var names: [String] = []
        var categories: [String] = []
        texts.reserveCapacity(4)
        names.reserveCapacity(8)
        categories.reserveCapacity(4)
        fragment.root.forEachChild { child in
          switch child.name {
          case "id", "summary", "published": texts.append(String(decoding: child.text, as: UTF8.self))
          case "title": texts.append(folded(child.text))
          case "author": if let name = child.first("name") { names.append(String(decoding: name.text, as: UTF8.self)) }
          case "category": if let term = child.attribute("term") { categories.append(term) }
          default: break
          }
        }
        entries += 1
        letters += texts.count + names.count + categories.count
      }
    }
    var offset = 0
    while offset < source.count {
      let piece = try source.bytes(at: offset, count: min(1 << 16, source.count - offset))
      offset += piece.count
      take(cutter.read(piece))
    }
    take(cutter.finish())
    return letters > 0 ? entries : 0
  }

  /// Words with one blank between them.
  private static func folded(_ text: ArraySlice<UInt8>) -> String {
    String(unsafeUninitializedCapacity: text.count) { buffer in
      var count = 0
      for byte in text {
        if byte > 0x20 {
          buffer[count] = byte
          count += 1
        } else if count > 0, buffer[count - 1] != 0x20 {
          buffer[count] = 0x20
          count += 1
        }
      }
      return count > 0 && buffer[count - 1] == 0x20 ? count - 1 : count
    }
  }

  private static func now() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}
