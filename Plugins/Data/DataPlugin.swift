import PluginKit

/// Matrices in, splits and tables of them out.
public enum DataPlugin: Plugin {
  public static let name = "data"
  public static let version = "0.1.0"
  public static let summary = "Matrices: load them, split their rows"
  public static let methods: [any Method.Type] = [LoadMatrix.self, SplitRows.self]
}
