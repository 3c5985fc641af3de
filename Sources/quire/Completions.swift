import ArgumentParser
import JSON
import Kernel
import Notebook

/// What a shell offers for the word at the cursor: names that are known where the command would run.
///
/// A completion never fails and never writes: what cannot be read is not offered.
enum Completions {
  static let notebooks = CompletionKind.file(extensions: ["quire.md", "md"])

  /// The methods of all plugins and the kernel's own.
  static let methods = CompletionKind.custom { words, _, _ in kernel(for: words).methodNames }

  /// Methods, and the plugins that hold them.
  static let methodsAndPlugins = CompletionKind.custom { words, _, _ in
    let kernel = kernel(for: words)
    return pluginNames(kernel) + kernel.methodNames.filter { !$0.contains("/") }
  }

  static let plugins = CompletionKind.custom { words, _, _ in pluginNames(kernel(for: words)) }

  static let builtIns = CompletionKind.list(builtInPlugins.map { $0.name })

  /// The cells of the notebook that stands earlier on the line.
  static let cells = CompletionKind.custom { words, _, _ in
    guard let path = words.first(where: { $0.hasSuffix(".quire.md") }), let bytes = try? readAll(of: path) else {
      return []
    }
    return NotebookDocument(bytes).cells.compactMap(\.id)
  }

  /// The newest runs, newest first.
  static let runs = CompletionKind.custom { words, _, _ in
    items("log/list", ["limit": 100], words).compactMap { $0["run"]?.string }
  }

  static let artifacts = CompletionKind.custom { words, _, _ in
    items("artifact/list", ["limit": 1000], words).compactMap { $0["hash"]?.string }
  }

  /// The values that a method's schema allows one of its params, or else gives as examples.
  static func values(of method: String, _ param: String) -> CompletionKind {
    .custom { words, _, _ in
      let description = try? kernel(for: words).perform("plugin/describe", ["name": .string(method)], caller)
      let schema = description?["params"]?["properties"]?[param]
      return ((schema?["enum"] ?? schema?["examples"])?.array ?? []).compactMap(\.string)
    }
  }

  private static var caller: Caller { Caller(roots: [Path.currentFolder]) }

  private static func pluginNames(_ kernel: Kernel) -> [String] {
    let plugins = try? kernel.perform("plugin/list", [:], caller)
    return (plugins?["items"]?.array ?? []).compactMap { $0["family"]?.string }
  }

  private static func items(_ method: String, _ params: JSON, _ words: [String]) -> [JSON] {
    (try? kernel(for: words).perform(method, params, caller))?["items"]?.array ?? []
  }

  /// The kernel of the workspace that the line names, or of the current folder.
  private static func kernel(for words: [String]) -> Kernel {
    Kernel(
      named: value("--workspace", in: words).last, near: Path.currentFolder,
      pluginFolders: value("--plugin", in: words), pluginLog: { _ in })
  }

  /// What stands behind an option, as `--name value` or `--name=value`.
  private static func value(_ option: String, in words: [String]) -> [String] {
    zip(words, words.dropFirst() + [""]).compactMap { word, next in
      if word == option { return next.isEmpty ? nil : next }
      return word.hasPrefix(option + "=") ? String(word.dropFirst(option.count + 1)) : nil
    }
  }
}
