import JSON
import Notebook

/// One change of a notebook's text: exactly one of the members is given.
struct NotebookEdit: Decodable, Sendable {
  struct Bytes: Decodable, Sendable {
    var start, end: Int
    var text: String
  }
  struct Parameter: Decodable, Sendable {
    var cell, path: String
    var value: JSON
  }
  struct CellText: Decodable, Sendable {
    var cell, text: String
  }
  struct Insertion: Decodable, Sendable {
    var after: String?
    var text: String
  }
  struct Deletion: Decodable, Sendable {
    var cell: String
  }
  struct Renaming: Decodable, Sendable {
    var cell, to: String
  }

  var replace: Bytes?
  var set: Parameter?
  var replaceCell: CellText?
  var replaceBody: CellText?
  var insert: Insertion?
  var delete: Deletion?
  var rename: Renaming?

  /// The notebook after this edit; all that it does not touch stays byte for byte.
  ///
  /// - Parameter pointer: where the edit stands in the params, for faults.
  func apply(to document: NotebookDocument, at pointer: String) throws(Fault) -> NotebookDocument {
    if let replace { return document.applying([try edit(replace, of: document.bytes, at: pointer)]) }
    do throws(NotebookError) {
      return document.applying(try edits(of: document))
    } catch {
      throw Fault(error, at: pointer)
    }
  }

  private func edits(of document: NotebookDocument) throws(NotebookError) -> [TextEdit] {
    if let set {
      guard let path = JSON.Pointer(set.path) else {
        throw NotebookError(
          .wrongType, "'\(set.path.cut(toBytes: 60))' is no JSON Pointer", hint: "as in /C or /split/test")
      }
      return [try document.settingParameter(of: set.cell, at: path, to: set.value)]
    }
    if let replaceCell { return [try document.replacingCell(replaceCell.cell, with: replaceCell.text)] }
    if let replaceBody { return [try document.replacingBody(of: replaceBody.cell, with: replaceBody.text)] }
    if let insert { return [try document.inserting(insert.text, after: insert.after)] }
    if let delete { return [try document.deletingCell(delete.cell)] }
    if let rename { return try document.renaming(rename.cell, to: rename.to) }
    return []
  }

  private func edit(_ replace: Bytes, of bytes: [UInt8], at pointer: String) throws(Fault) -> TextEdit {
    guard replace.start <= replace.end, replace.end <= bytes.count else {
      throw Fault.parameter(
        "\(pointer)/replace", "bytes \(replace.start) to \(replace.end) of a text of \(bytes.count) bytes")
    }
    for (member, offset) in [("start", replace.start), ("end", replace.end)]
    where offset < bytes.count && bytes[offset] & 0xC0 == 0x80 {
      throw Fault.parameter("\(pointer)/replace/\(member)", "byte \(offset) stands inside a character")
    }
    return TextEdit(replace.start..<replace.end, replace.text)
  }
}

extension Fault {
  /// An edit that the notebook's text does not allow.
  init(_ error: NotebookError, at pointer: String?) {
    let isUnknown = error.code == .unknownCell
    self.init(
      isUnknown ? 1302 : error.kind.number, isUnknown ? "cell.notFound" : error.kind.rawValue, error.message,
      path: pointer, hint: error.hint, details: ["code": .string(error.code.rawValue)])
  }
}
