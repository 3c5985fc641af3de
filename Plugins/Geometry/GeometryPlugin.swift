import PluginKit

/// How concepts and items lie in a space.
public enum GeometryPlugin: Plugin {
  public static let name = "geometry"
  public static let version = "0.1.0"
  public static let summary =
    "The geometry of a space: its spread and active directions, concepts, cosines, crystals and lobes"
  public static let methods: [any Method.Type] = [
    CausalInnerProduct.self, SimplexClassifier.self, SpreadMeasures.self, ConceptCrystals.self, ConceptLobes.self,
    ConceptGalaxy.self, CosineAudit.self, ActiveSubspace.self,
  ]
}
