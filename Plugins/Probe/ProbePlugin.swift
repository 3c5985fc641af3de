import PluginKit

/// Is a concept linearly readable?
public enum ProbePlugin: Plugin {
  public static let name = "probe"
  public static let version = "0.3.0"
  public static let summary = "Linear probes: is a concept linearly readable, and how surely?"
  public static let methods: [any Method.Type] = [
    LogisticProbe.self, PathProbe.self, RidgeProbe.self, DiscriminantProbe.self, ProbeBaselines.self, ApplyProbe.self,
    EvaluateProbe.self, ControlProbe.self, CodeLengthProbe.self, InformationProbe.self, ProbeIntervals.self,
    CompareProbes.self, LearningCurve.self, LayersProbe.self, SparseProbe.self, HiddenLayerProbe.self,
    ProbeDirections.self,
  ]
}
