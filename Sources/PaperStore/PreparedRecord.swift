import JSON

/// What follows from a record alone and is written with it: made where the source is read, so that the one thread that
/// writes has less to do.
struct PreparedRecord: Sendable {
  let titleKey: String
  /// By the place of the author.
  let nameKeys: [String?]
  let fields: String
  let extra: String?
  /// The members of the item whose origin is kept.
  let members: [String]
  let authors: String
  /// Whether the index gets letters of scripts without blanks one by one.
  let isUnspaced: Bool

  init(_ record: ImportRecord) {
    let columns = record.columns
    titleKey = PaperTitle.normalised(columns.title)
    nameKeys = columns.authors.map(\.nameKey)
    fields = record.fields.text
    extra = columns.extra.isEmpty ? nil : JSON.object(columns.extra).text
    members = columns.members
    authors = columns.indexedAuthors
    isUnspaced = [columns.title, columns.abstract ?? "", columns.container ?? "", authors]
      .contains(where: Unspaced.occurs)
  }
}

extension ItemColumns {
  /// The authors as the view gives them: by role, then by position.
  fileprivate var indexedAuthors: String {
    let inOrder =
      authors.contains { $0.role != "author" }
      ? Self.roles.flatMap { role in authors.filter { $0.role == role } } : authors
    return inOrder.map(\.indexed).joined(separator: "; ")
  }

  /// The members that hold something, whose origin is kept; the key and the kind are told by the record itself.
  fileprivate var members: [String] {
    var members: [String] = []
    if !title.isEmpty { members.append("title") }
    for role in Self.roles where authors.contains(where: { $0.role == role }) && extra[role] == nil {
      members.append(role)
    }
    if (year != nil || dateLiteral != nil) && extra["issued"] == nil { members.append("issued") }
    for text in Self.texts where self[keyPath: text.column] != nil && extra[text.member] == nil {
      members.append(text.member)
    }
    for member in extra.members where member.key != "id" { members.append(member.key) }
    return members
  }
}
