import PluginKit

/// Matrices in, splits and tables of them out.
public enum DataPlugin: Plugin {
  public static let name = "data"
  public static let version = "0.2.0"
  public static let summary = "Matrices: load, describe, standardise, split, join and make them"
  public static let methods: [any Method.Type] = [
    LoadMatrix.self, DescribeMatrix.self, SplitRows.self, StandardizeMatrix.self, ProjectMatrix.self, SampleRows.self,
    JoinLabels.self, SyntheticRows.self,
  ]
}
