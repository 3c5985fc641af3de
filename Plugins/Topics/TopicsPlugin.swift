import PluginKit

/// Papers in groups, and what the groups are called.
public enum TopicsPlugin: Plugin {
  public static let name = "topics"
  public static let version = "0.4.0"
  public static let summary = "Groups of papers: clustering, labels, maps"
  public static let methods: [any Method.Type] = [
    KMeansTopics.self, LinkageTopics.self, NMFTopics.self, LDATopics.self, DensityTopics.self, GraphTopics.self,
    ConsensusTopics.self, AutoTopics.self, TreeTopics.self, EditTopics.self, MatchTopics.self, AssignTopics.self,
    EvaluateTopics.self, EnrichTopics.self,
    MapTopics.self, LabelTopics.self,
  ]
}
