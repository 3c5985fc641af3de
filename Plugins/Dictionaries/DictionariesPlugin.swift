import PluginKit

/// Dictionaries of directions in which activations are sums of a few atoms.
public enum DictionariesPlugin: Plugin {
  public static let name = "dictionary"
  public static let version = "0.1.0"
  public static let summary = "Sparse dictionaries: train one, and find features of more than one dimension in it"
  public static let methods: [any Method.Type] = [MultidimensionalFeatures.self, TopKDictionary.self]
}
