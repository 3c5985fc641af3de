import PluginKit

/// Concepts taken out of features, and proof of what is left.
public enum ErasePlugin: Plugin {
  public static let name = "erase"
  public static let version = "0.2.3"
  public static let summary = "Concept erasure: take a concept out of features, and see what is left of it"
  public static let methods: [any Method.Type] = [
    LeastSquaresErasure.self, SpectralRemoval.self, MeanProjection.self, DirectionAblation.self,
    OracleLeastSquares.self, QuadraticErasure.self, IterativeNullspace.self, MinimaxErasure.self, KernelErasure.self,
    AttributeSubspace.self, RandomProjection.self, ApplyEraser.self, ComposeErasers.self, InspectEraser.self,
    CompareErasers.self,
    AuditErasure.self,
  ]
}
