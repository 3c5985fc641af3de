import PluginKit

public enum KeywordsPlugin: Plugin {
  public static let name = "keywords"
  /// Raised with every change of a result; the same as in quire-plugin.json.
  public static let version = "0.1.0"
  public static let summary = "Key phrases of papers, each paper by itself"
  public static let methods: [any Method.Type] = [Extract.self]
}
