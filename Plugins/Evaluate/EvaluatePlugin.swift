import PluginKit

/// Scores of whole systems, by one convention each.
public enum EvaluatePlugin: Plugin {
  public static let name = "evaluate"
  public static let version = "0.1.0"
  public static let summary = "Evaluation by named conventions: compatibility of model updates"
  public static let methods: [any Method.Type] = [ModelCompatibility.self]
}
