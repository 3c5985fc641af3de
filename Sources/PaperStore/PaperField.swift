import JSON

/// A field of a paper whose origin is kept: which record gave the value that is shown.
enum PaperField: String, CaseIterable {
  case title, abstract, authors, identifiers, year, month, day, volume, issue, pages, publisher, place, language, note
  case dateLiteral = "date_literal"
  case container = "container_title"

  /// Fields that are one column, named alike.
  static let scalars: [PaperField] = [
    .year, .month, .day, .dateLiteral, .container, .volume, .issue, .pages, .publisher, .place, .language, .note,
  ]

  /// The value of a scalar field in a record.
  func scalar(of record: ImportRecord) -> BoundStatement.Value {
    switch self {
    case .year: .of(record.year)
    case .month: .of(record.month)
    case .day: .of(record.day)
    case .dateLiteral: .of(record.dateLiteral)
    case .container: .of(record.container)
    case .volume: .of(record.volume)
    case .issue: .of(record.issue)
    case .pages: .of(record.pages)
    case .publisher: .of(record.publisher)
    case .place: .of(record.place)
    case .language: .of(record.language)
    case .note: .of(record.note)
    case .title, .abstract, .authors, .identifiers: .null
    }
  }

  /// Whether a record gives the field a value.
  func value(of record: ImportRecord) -> Bool {
    switch self {
    case .title: return !record.title.isEmpty
    case .abstract: return record.abstract != nil
    case .authors: return !record.authors.isEmpty
    case .identifiers: return !record.identifiers.isEmpty
    default:
      if case .null = scalar(of: record) { return false }
      return true
    }
  }

  func span(in record: ImportRecord) -> Range<Int> {
    switch self {
    case .title: record.titleSpan ?? record.span
    case .abstract: record.abstractSpan ?? record.span
    default: record.span
    }
  }
}

extension BoundStatement.Value {
  var json: JSON {
    switch self {
    case .null, .blob: .null
    case .integer(let integer): .integer(integer)
    case .text(let text): .string(text)
    }
  }
}
