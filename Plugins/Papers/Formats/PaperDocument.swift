import JSON

/// What a reader understood of a source. Every byte of the source is in exactly one region.
struct PaperDocument: Sendable {
  /// A stretch of the source and what it is.
  struct Region: Sendable, Equatable {
    enum Kind: Sendable, Equatable {
      /// A part of the record of this ordinal.
      case record(Int)
      /// Not a paper, and known for what it is.
      case banner
      /// What a format has besides its entries: a comment, a preamble, a definition. Kept, and written out again.
      case aside
      /// White space, line ends and a byte-order mark.
      case blank
      /// Left out, with a warning that says why.
      case skipped
    }

    var kind: Kind
    var span: ByteSpan
  }

  let format: PaperFormat
  var records: [PaperRecord]
  /// Those that belong to no record.
  var warnings: [ParseWarning]
  var regions: [Region]

  /// What became no part of a record, blanks aside.
  var skipped: [ByteSpan] {
    regions.filter { $0.kind == .skipped || $0.kind == .banner }.map(\.span)
  }

  /// All warnings by code: how many, and the span of the first.
  var warningCounts: JSON {
    var counts: [ParseWarning.Code: (count: Int, first: ByteSpan)] = [:]
    for warning in warnings + records.flatMap(\.warnings) {
      let known = counts[warning.code]
      let first = known.map { $0.first.start <= warning.span.start ? $0.first : warning.span } ?? warning.span
      counts[warning.code] = ((known?.count ?? 0) + 1, first)
    }
    var object = JSON.Object()
    for (code, entry) in counts.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
      object[code.rawValue] = .object(["count": JSON(entry.count), "first": entry.first.json])
    }
    return .object(object)
  }
}
