import PluginKit

/// Concepts taken out of features.
public enum ErasePlugin: Plugin {
  public static let name = "erase"
  public static let version = "0.1.0"
  public static let summary = "Concept erasure: take what is linearly readable of a concept out of features"
  public static let methods: [any Method.Type] = [LeastSquaresErasure.self, ApplyEraser.self]
}
