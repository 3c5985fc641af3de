import Kernel

/// Which tools are offered: words of `--tools`, separated by commas.
public struct ToolChoice: Sendable, Equatable {
  var hasCore = false
  var hasAll = false
  /// Plugins, and the namespaces of the kernel's own methods.
  var families: Set<String> = []

  /// The dozen through which every method can be found, described and called.
  public static let core = ToolChoice(hasCore: true)

  private init(hasCore: Bool) { self.hasCore = hasCore }

  /// - Throws: `params.value` for a word that is no family of this kernel.
  public init(_ text: String, _ kernel: Kernel) throws(Fault) {
    let known = Set(kernel.methodNames.map(Self.family))
    for word in text.split(separator: ",").map(String.init) {
      switch word {
      case "core": hasCore = true
      case "all": hasAll = true
      case _ where known.contains(word): families.insert(word)
      default:
        throw Fault(
          -32602, "params.value", "--tools: no family '\(word.prefix(60))'",
          hint: "core, all, or one of \(known.sorted().joined(separator: ", "))")
      }
    }
    if !hasAll, families.isEmpty { hasCore = true }
  }

  func includes(_ method: String) -> Bool { hasAll || families.contains(Self.family(method)) }

  /// `probe.logistic` → `probe`, `cell/run` → `cell`.
  static func family(_ method: String) -> String {
    String(method.prefix { $0 != "." && $0 != "/" })
  }
}
