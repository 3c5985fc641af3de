import PluginKit

/// Papers in, vectors out.
public enum FeaturesPlugin: Plugin {
  public static let name = "features"
  public static let version = "0.3.0"
  public static let summary = "Vectors from papers: TF-IDF, latent semantic analysis, hashed counts, sentence encoders"
  public static let methods: [any Method.Type] = [
    TFIDFFeatures.self, LatentSemanticAnalysis.self, HashFeatures.self, EmbedFeatures.self,
  ]
}
