import PluginKit

/// How far two spaces on the same rows hold the same.
public enum AlignmentPlugin: Plugin {
  public static let name = "alignment"
  public static let version = "0.1.0"
  public static let summary =
    "Maps between spaces: transport, linearity, matched dictionaries and subspaces, concepts from text"
  public static let methods: [any Method.Type] = [
    ActivationTransport.self, DictionaryMatch.self, SubspaceMatch.self, TextToConcept.self, LayerLinearity.self,
  ]
}
