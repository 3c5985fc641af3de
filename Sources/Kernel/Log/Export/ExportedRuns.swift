import JSON
import RunLog

/// The runs that an export holds, with what the methods' schemas say of them.
struct ExportedRuns {
  let kernel: Kernel
  let log: LogStore
  /// Those that computed something, in the order of the log; one that was answered from the cache stands here as the
  /// run that it came from.
  let runs: [RunRecord]

  /// - Parameter notebook: only what its cells ran or were answered with.
  init(_ kernel: Kernel, notebook: String?) throws {
    self.kernel = kernel
    log = try kernel.workspace.log()
    var seen = Set<String>()
    var found: [RunRecord] = []
    var cursor: Int?
    while true {
      let page = try log.runs(notebook: notebook, cursor: cursor, limit: 1000)
      guard let last = page.last else { break }
      cursor = last.seq
      for run in page where run.state != nil {
        let id = run.state == .cached ? run.cachedFrom ?? run.run : run.run
        if seen.insert(id).inserted { found.append(try log.run(id)) }
      }
    }
    runs = found.sorted { $0.start.seq < $1.start.seq }
    guard !runs.isEmpty else {
      throw Fault(
        1502, "log.notFound", "there is no run to export", hint: "'quire log list' shows the runs and their notebooks")
    }
  }

  /// The methods of the runs, each once, in order of name and version.
  var methods: [(method: String, plugin: PluginIdentity)] {
    var seen = Set<String>()
    return runs.compactMap { run in
      let plugin = run.plugin ?? PluginIdentity(id: "unknown", version: "0")
      return seen.insert("\(run.method) \(plugin.version)").inserted ? (run.method, plugin) : nil
    }.sorted { ($0.0, $0.1.version) < ($1.0, $1.1.version) }
  }

  func document(_ method: String) -> JSON? { try? kernel.registry.descriptor(of: method).document }

  /// The papers of the methods that were run (CSL-JSON items), each once, with its identifier and the methods.
  var references: [(id: String, item: JSON, methods: [String])] {
    var found: [(id: String, item: JSON, methods: [String])] = []
    var taken = Set<String>()
    for (method, _) in methods {
      for item in document(method)?["references"]?.array ?? [] {
        if let known = found.firstIndex(where: { $0.item == item }) {
          if !found[known].methods.contains(method) { found[known].methods.append(method) }
          continue
        }
        let base = CitationKey.text(item)
        var id = base
        var suffix = UInt8(ascii: "a")
        while !taken.insert(id).inserted {
          suffix += 1
          id = base + String(Character(Unicode.Scalar(suffix)))
        }
        found.append((id, item, [method]))
      }
    }
    return found.sorted { $0.id < $1.id }
  }
}

/// `wilson1927probable`: family, year, first word of weight of the title.
enum CitationKey {
  private static let small: Set<String> = ["a", "an", "the", "on", "of", "in", "for", "and", "to", "is", "are"]

  static func text(_ item: JSON) -> String {
    let family = item["author"]?[0]?["family"]?.string ?? item["author"]?[0]?["literal"]?.string ?? "anonymous"
    let year = item["issued"]?["date-parts"]?[0]?[0]?.int.map(String.init) ?? ""
    let words = (item["title"]?.string ?? "").split { !$0.isLetter }.map { letters(String($0)) }
    let word = words.first { $0.count > 1 && !small.contains($0) } ?? ""
    return letters(family) + year + word
  }

  /// Lower-case ASCII letters, accents taken off where they can be.
  private static func letters(_ text: String) -> String {
    var letters = ""
    for scalar in text.lowercased().unicodeScalars {
      switch scalar {
      case "a"..."z": letters.unicodeScalars.append(scalar)
      case "à"..."å": letters += "a"
      case "ç", "ć", "č": letters += "c"
      case "è"..."ë", "ę", "ě": letters += "e"
      case "ì"..."ï": letters += "i"
      case "ł": letters += "l"
      case "ñ", "ń": letters += "n"
      case "ò"..."ö", "ø": letters += "o"
      case "ś", "š", "ş": letters += "s"
      case "ß": letters += "ss"
      case "ù"..."ü": letters += "u"
      case "ž", "ź", "ż": letters += "z"
      case "æ": letters += "ae"
      default: continue
      }
    }
    return letters
  }
}
