import JSON
import Kernel

/// `methods_find`: methods by the words of their pages; a word in a name counts most.
struct MethodSearch {
  private let methods: [(name: String, summary: String, text: String)]

  init(_ kernel: Kernel, _ allows: (String) throws(Fault) -> Bool) throws(Fault) {
    let document = try kernel.perform("rpc.discover", [:], Caller(roots: []))
    let offered = Set(kernel.methodNames)
    var found: [(name: String, summary: String, text: String)] = []
    for method in document["methods"]?.array ?? [] {
      guard let name = method["name"]?.string, offered.contains(name), try allows(name) else { continue }
      let summary = method["summary"]?.string ?? ""
      found.append((name, summary, "\(summary) \(method["description"]?.string ?? "")".lowercased()))
    }
    methods = found
  }

  func items(_ words: String, limit: Int) -> JSON {
    let wanted = words.lowercased().split { !$0.isLetter && !$0.isNumber }.map(String.init)
    let scored = methods.map { method -> (score: Int, name: String, summary: String) in
      let score = wanted.reduce(0) { sum, word in
        // A plural finds its singular.
        let stem = word.count > 4 && word.hasSuffix("s") ? String(word.dropLast()) : word
        let inName = method.name.contains(stem) ? 5 : 0
        let inSummary = method.summary.lowercased().contains(stem) ? 3 : 0
        return sum + inName + inSummary + (method.text.contains(stem) ? 1 : 0)
      }
      return (score, method.name, method.summary)
    }
    let best = scored.filter { wanted.isEmpty || $0.score > 0 }.sorted { (-$0.score, $0.name) < (-$1.score, $1.name) }
    return [
      "items": .array(
        best.prefix(limit).map { ["name": .string($0.name), "summary": .string($0.summary)] })
    ]
  }
}
