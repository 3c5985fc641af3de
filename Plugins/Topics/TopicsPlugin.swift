import PluginKit

/// Papers in groups, and what the groups are called.
public enum TopicsPlugin: Plugin {
  public static let name = "topics"
  public static let version = "0.1.1"
  public static let summary = "Groups of papers: clustering, labels, maps"
  public static let methods: [any Method.Type] = [KMeansTopics.self, LabelTopics.self]
}
