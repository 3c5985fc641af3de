import JSON
import PaperStore
import PluginKit

extension ImportRecord {
  /// A record as a reader gave it, ready for the store; `bytes` are the entry's own.
  init(_ record: PaperRecord, bytes: [UInt8]) {
    var item = record.item
    let key = record.key.flatMap { $0 == record.handle ? nil : $0 }
    // A reader numbers items that came without a key, and an export names them by their handles.
    if key == nil { item["id"] = nil }
    self.init(
      ordinal: record.ordinal, span: record.span.range, uid: record.handle ?? PaperUID.make(from: bytes),
      columns: ItemColumns(item))
    localKey = key
    rawType = record.rawType
    fields = .object(record.fields)
    // What the source wrote is kept where it differs from the plain form; its bytes are in the source in any case.
    titleRaw = record.title.flatMap { $0.isPlain ? nil : String(decoding: $0.raw, as: UTF8.self) }
    titleSpan = record.title?.span.range
    abstractRaw = record.abstract.flatMap { $0.isPlain ? nil : $0.raw }
    abstractSpan = record.abstract?.span.range
    identifiers = record.identifiers.map { Identifier($0.scheme.rawValue, $0.value) }
    links = (record.links + record.promises).map {
      Link(kind: $0.kind.rawValue, url: $0.url, urlRaw: $0.raw, status: $0.status.rawValue, span: $0.span.range)
    }
    mentions = record.mentions.map {
      (Identifier($0.identifier.scheme.rawValue, $0.identifier.value), $0.span.range)
    }
    versions = Self.versions(record)
    if record.handle != nil { tags = (record.fields["tags"]?.array ?? []).compactMap(\.string) }
    warnings = record.warnings.map(Warning.init)
  }

  /// A preprint and a published paper are states of one work.
  private static func versions(_ record: PaperRecord) -> [Version] {
    let parts = record.item["issued"]?["date-parts"]?[0]?.array ?? []
    let date = parts.compactMap { $0.int }.map { $0 < 10 ? "0\($0)" : "\($0)" }.joined(separator: "-")
    return record.identifiers.compactMap { identifier in
      let id = Identifier(identifier.scheme.rawValue, identifier.value)
      switch identifier.scheme {
      case .arxiv:
        let number = record.item["custom"]?["arxiv_version"]?.string
        return Version(
          kind: "preprint", label: number.map { "v\($0)" } ?? "arXiv", identifier: id, date: date.isEmpty ? nil : date)
      case .doi where record.item["container-title"] != nil:
        return Version(kind: "published", label: "doi", identifier: id, date: date.isEmpty ? nil : date)
      default: return nil
      }
    }
  }
}

extension PaperRecord {
  /// The handle that the paper was exported with, where the record is a line of our own.
  var handle: String? {
    guard case .made(let fields) = heldFields, let id = fields["id"]?.string, id.hasPrefix("paper:"),
      id.utf8.count == 22,
      id.utf8.dropFirst(6).allSatisfy({ $0.isASCIIDigit || (0x61...0x7A).contains($0) })
    else { return nil }
    return id
  }
}

extension PaperRecord.Field {
  fileprivate var isPlain: Bool { raw.elementsEqual(plain.utf8) }
}

extension ImportRecord.Warning {
  init(_ warning: ParseWarning) {
    self.init(
      code: warning.code.rawValue, severity: warning.severity.rawValue, message: warning.message,
      span: warning.span.range)
  }
}
