import PluginKit

/// Papers in, paper sets and labels out.
public enum PapersPlugin: Plugin {
  public static let name = "papers"
  public static let version = "0.3.2"
  public static let summary = "Papers: parse them, keep them in the store, select and label them"
  public static let methods: [any Method.Type] = [
    ParsePapers.self, ImportPapers.self, SelectPapers.self, SearchPapers.self, GetPapers.self, PaperHistory.self,
    LabelPapers.self, IdentifyText.self, FindDuplicates.self, MergePapers.self, UnmergePapers.self, TagPapers.self,
    UpdatePaper.self, DeletePapers.self, ExportPapers.self,
  ]
}
