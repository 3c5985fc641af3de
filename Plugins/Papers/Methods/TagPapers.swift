import JSON
import PaperStore
import PluginKit

/// Adds tags to papers and takes others away; from labels, a tag a class.
public struct TagPapers: Method {
  public static let name = "papers.tag"

  public struct Parameters: Decodable, Sendable {
    let papers: PapersReference?
    let ids: [String]?
    let add: [String]
    let remove: [String]
    let labels: LabelReference?
  }

  public struct Output: Encodable, Sendable {
    let papers: Int
    let changed: Int
  }

  /// Papers in one transaction.
  private static let batchSize = 5_000

  public init() {}

  public func run(_ parameters: Parameters, _ context: Context) throws -> Output {
    let uids = try parameters.papers.map { try context.papers($0).ids } ?? parameters.ids ?? []
    var classes: [String?]?
    if let reference = parameters.labels {
      let labels = try context.labels(reference)
      guard labels.count == uids.count, labels.rowIDs.map({ $0 == uids }) ?? true else {
        throw MethodError.data(
          .shape, pointer: reference.pointer, message: "the labels are not those of these \(uids.count) papers",
          hint: "give the set that the labels were made of")
      }
      classes = labels.codes.map { $0 < 0 ? nil : labels.classes[$0] }
    }
    var changed = 0
    for start in stride(from: 0, to: uids.count, by: Self.batchSize) {
      let range = start..<min(uids.count, start + Self.batchSize)
      changed += try context.changePapers { writer in
        try range.count(where: { row in
          let given = classes.flatMap { $0[row] }.map { [$0] } ?? []
          let byHand = try writer.tag(
            [uids[row]], add: parameters.add, remove: parameters.remove, origin: "user")
          return try writer.tag([uids[row]], add: given) + byHand > 0
        })
      }
      context.progress(range.upperBound, of: uids.count, "paper \(range.upperBound) of \(uids.count)")
    }
    context.display("Tags", .text("\(changed) of \(uids.count) papers changed"))
    return Output(papers: uids.count, changed: changed)
  }
}
