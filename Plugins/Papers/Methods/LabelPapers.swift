import Charts
import JSON
import Pattern
import PluginKit

/// Makes a class for every paper of a set: from a pattern over its text, a field, a tag, the kind of its links, or
/// labels that people gave.
public struct LabelPapers: Method {
  public static let name = "papers.labels"

  public enum Field: String, Codable, Sendable { case title, abstract }

  public struct Parameters: Decodable, Sendable {
    let papers: PapersReference
    let pattern: String?
    let fields: [Field]
    let field: String?
    let tag: String?
    let linkKind: String?
    let given: String?
    let name: String?
  }

  public struct Output: Encodable, Sendable {
    struct Example: Encodable, Sendable {
      let id, title: String
    }
    struct Class: Encodable, Sendable {
      let name: String
      let count: Int
      let examples: [Example]
    }
    let labels: ArtifactReference
    let name: String
    let n: Int
    let classes: [Class]
    let unlabelled: Int
    let warnings: [Warning]
  }

  public init() {}

  public func run(_ parameters: Parameters, _ context: Context) throws -> Output {
    let papers = try context.papers(parameters.papers).papers
    let labels = Labels(names: try names(papers, parameters), rowIDs: papers.map(\.id))
    let name = parameters.name ?? parameters.pattern ?? parameters.field ?? parameters.tag ?? "label"
    var warnings: [Warning] = []
    if labels.classes.count < 2 {
      warnings.append(
        Warning("one-class", "every paper has the same label, \(labels.classes.first ?? "none"): nothing to tell apart")
      )
    }
    for warning in warnings { context.warn(warning.code, warning.message) }
    let counts = labels.classCounts
    context.display(
      BarChart(
        title: name, axis: Axis("papers"),
        bars: zip(labels.classes, counts).map { BarChart.Bar($0, Double($1)) }, count: papers.count))
    return Output(
      labels: try context.save(labels, "labels"), name: name, n: papers.count,
      classes: labels.classes.indices.map { code in
        let members = papers.indices.filter { labels.codes[$0] == code }
        return Output.Class(
          name: labels.classes[code], count: counts[code],
          examples: members.prefix(3).map { Output.Example(id: papers[$0].id, title: papers[$0].title) })
      },
      unlabelled: labels.codes.count { $0 < 0 }, warnings: warnings)
  }

  /// The class of each paper; `nil` for one that has none.
  private func names(_ papers: [PaperEntry], _ parameters: Parameters) throws -> [String?] {
    if let source = parameters.pattern {
      let pattern: Pattern
      do {
        pattern = try Pattern(source)
      } catch {
        throw MethodError.invalidParameter(pointer: "/pattern", expected: "a pattern: \(error)")
      }
      return papers.map { paper in
        let texts = parameters.fields.compactMap { $0 == .title ? paper.title : paper.abstract }
        return yesNo(texts.contains { pattern.matches(in: $0) })
      }
    }
    if let tag = parameters.tag { return papers.map { yesNo($0.tags?.contains(tag) ?? false) } }
    if let kind = parameters.linkKind {
      return papers.map { yesNo($0.links?.contains { $0.kind == kind && $0.url != nil } ?? false) }
    }
    if let set = parameters.given { return papers.map { $0.labels?[set] } }
    switch parameters.field {
    case "year": return papers.map { $0.year.map(String.init) }
    default: return papers.map(\.container)
    }
  }

  private func yesNo(_ truth: Bool) -> String { truth ? "yes" : "no" }
}
