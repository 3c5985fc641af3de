import JSON

/// A CSL-JSON item parted into the columns that papers are found and sorted by, and the rest.
///
/// `ItemColumns(item).item` is `item` again, whatever its members hold: what a column cannot say exactly (a number
/// where a text is usual, a range of dates, a name with more parts) stands in `extra` as well, and wins.
public struct ItemColumns: Sendable {
  /// A person or a body in one of the roles that have rows of their own.
  public struct Author: Sendable, Equatable {
    public var role = "author"
    public var family, given, particle, suffix, literal, orcid: String?
    public var particleDrops = false

    public init() {}
  }

  public var title = ""
  public var abstract: String?
  public var type = "article"
  public var year, month, day: Int?
  /// A date that is no calendar date (“in press”, “circa 1850”).
  public var dateLiteral: String?
  public var container, volume, issue, pages, publisher, place, language, note: String?
  /// By role in the order of `roles`.
  public var authors: [Author] = []
  /// Members that no column holds, or not exactly.
  public var extra: JSON.Object = [:]

  static let roles = ["author", "editor", "translator"]

  /// The members whose text is one column.
  static let texts: [(member: String, column: WritableKeyPath<ItemColumns, String?> & Sendable)] = [
    ("container-title", \.container), ("volume", \.volume), ("issue", \.issue), ("page", \.pages),
    ("publisher", \.publisher), ("publisher-place", \.place), ("language", \.language), ("abstract", \.abstract),
    ("note", \.note),
  ]

  public init(title: String) { self.title = title }

  public init(_ item: JSON.Object) {
    for member in item.members {
      if !take(member.key, member.value) { extra[member.key] = member.value }
    }
  }

  /// Puts a member into its column; false when the column does not hold it exactly.
  private mutating func take(_ member: String, _ value: JSON) -> Bool {
    switch member {
    case "title":
      guard case .string(let text) = value else { return false }
      title = text.withoutZeros
      return !title.isEmpty && title.utf8.count == text.utf8.count
    case "type":
      guard case .string(let text) = value else { return false }
      type = text.withoutZeros
      return type.utf8.count == text.utf8.count
    case "issued": return take(date: value)
    case "author", "editor", "translator": return take(names: value, as: member)
    default:
      guard let column = Self.texts.first(where: { $0.member == member })?.column else { return false }
      if case .integer(let number) = value { self[keyPath: column] = String(number) }
      guard case .string(let text) = value else { return false }
      let plain = text.withoutZeros
      self[keyPath: column] = plain
      return plain.utf8.count == text.utf8.count
    }
  }

  private mutating func take(date: JSON) -> Bool {
    let parts = date["date-parts"]?[0]?.array ?? []
    let numbers = parts.prefix(3).map { $0.int ?? $0.string.flatMap { Int($0) } }
    year = numbers.first ?? nil
    month = numbers.count > 1 ? numbers[1] : nil
    day = numbers.count > 2 ? numbers[2] : nil
    dateLiteral = date["literal"]?.string?.withoutZeros
    return self.date == date
  }

  private mutating func take(names: JSON, as role: String) -> Bool {
    let read = (names.array ?? []).map { name in
      var author = Author()
      author.role = role
      author.family = name["family"]?.string?.withoutZeros
      author.given = name["given"]?.string?.withoutZeros
      author.literal = name["literal"]?.string?.withoutZeros
      author.suffix = name["suffix"]?.string?.withoutZeros
      author.orcid = name["ORCID"]?.string?.withoutZeros
      author.particleDrops = name["dropping-particle"] != nil
      author.particle = (name["dropping-particle"] ?? name["non-dropping-particle"])?.string?.withoutZeros
      return author
    }
    authors += read
    return !read.isEmpty && JSON.array(read.map(\.name)) == names
  }

  // MARK: - Back again

  private var date: JSON? {
    let parts = [year, month, day].prefix { $0 != nil }.compactMap { $0.map { JSON($0) } }
    switch (parts.isEmpty, dateLiteral) {
    case (true, nil): return nil
    case (true, let literal?): return ["literal": .string(literal)]
    case (false, nil): return ["date-parts": [.array(parts)]]
    case (false, let literal?): return ["date-parts": [.array(parts)], "literal": .string(literal)]
    }
  }

  /// The CSL-JSON item, its members in a fixed order.
  public var item: JSON.Object {
    var members: [JSON.Object.Member] = []
    members.reserveCapacity(12)
    func add(_ member: String, _ value: @autoclosure () -> JSON?) {
      if let value = extra[member] ?? value() { members.append(.init(member, value)) }
    }
    if let id = extra["id"] { members.append(.init("id", id)) }
    add("type", .string(type))
    add("title", title.isEmpty ? JSON?.none : .string(title))
    for role in Self.roles {
      add(
        role,
        authors.contains { $0.role == role } ? .array(authors.filter { $0.role == role }.map(\.name)) : nil)
    }
    add("issued", date)
    for text in Self.texts { add(text.member, self[keyPath: text.column].map(JSON.string)) }
    for member in extra.members where !Self.columned.contains(member.key) { members.append(member) }
    return JSON.Object(distinct: members)
  }

  private static let columned: Set<String> = Set(["id", "type", "title", "issued"] + roles + texts.map(\.member))
}

extension ItemColumns.Author {
  /// The name as CSL-JSON has it.
  var name: JSON {
    var members: [JSON.Object.Member] = []
    func add(_ key: String, _ value: String?) {
      if let value { members.append(.init(key, .string(value))) }
    }
    add("family", family)
    add("given", given)
    add(particleDrops ? "dropping-particle" : "non-dropping-particle", particle)
    add("suffix", suffix)
    add("literal", literal)
    add("ORCID", orcid)
    return .object(JSON.Object(distinct: members))
  }

  /// The name as the search index has it; the same as in the view `paper_search`.
  var indexed: String { literal ?? "\(given ?? "") \(particle ?? "") \(family ?? "")" }

  /// The name as a person reads it.
  public var displayed: String {
    literal ?? [given, particle, family, suffix].compactMap { $0 }.filter { !$0.isEmpty }.joined(separator: " ")
  }
}

extension String {
  /// Without zero bytes, at which SQLite's readers of text end.
  var withoutZeros: String {
    utf8.contains(0) ? String(decoding: utf8.filter { $0 != 0 }, as: UTF8.self) : self
  }
}
