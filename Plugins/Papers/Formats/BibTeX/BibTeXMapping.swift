import JSON

/// Maps the fields of one entry to a CSL-JSON item.
struct BibTeXMapping {
  private let type: BibTeXType
  private var members: [JSON.Object.Member] = []
  private var custom: [JSON.Object.Member] = []

  init(_ type: BibTeXType) {
    self.type = type
    members.reserveCapacity(16)
    custom.reserveCapacity(2)
  }

  private mutating func add(_ member: String, _ text: String?) {
    if let text { members.append(.init(member, .string(text))) }
  }

  /// Fills the record's item, its title and abstract, identifiers, links and mentions.
  mutating func fill(_ record: inout PaperRecord, _ maker: inout BibTeXRecordMaker) {
    record.rawType = type.name
    members.append(.init("id", .string(record.key ?? "")))
    members.append(.init("type", .string(type.csl)))
    custom.append(.init("entry_type", .string(type.name)))
    title(&record, &maker)
    names(&maker)
    dates(&maker)
    containers(&maker)
    numbers(&maker)
    publishers(&maker)
    identifiers(&record, &maker)
    texts(&record, &maker)
    others(&maker)
    members.append(.init("custom", .object(JSON.Object(distinct: custom))))
    record.item = JSON.Object(distinct: members)
    if let written = maker.raw(.cslitem) { BibTeXCarriedItem.apply(written, to: &record.item) }
  }

  // MARK: - Title, names, dates

  private mutating func title(_ record: inout PaperRecord, _ maker: inout BibTeXRecordMaker) {
    guard let place = maker.place(.title) else {
      // A collection may have its title in `booktitle` alone.
      guard type.isBook, let title = maker.plain(.booktitle, .maintitle) else { return }
      return add("title", title)
    }
    var (plain, rich) = maker.withValue(place) { maker, value in
      maker.decoder.decode(value)
      maker.noteUnknown(value)
      return (maker.decoder.text, maker.decoder.richText)
    }
    record.title = maker.field(place, plain)
    if let subtitle = maker.plain(.subtitle) {
      custom.append(.init("subtitle", .string(subtitle)))
      let joint = plain.last.map { $0 == ":" || $0 == "?" || $0 == "!" } ?? false ? " " : ": "
      if plain.isEmpty { plain = subtitle } else { plain += joint + subtitle }
      rich = nil
    }
    if let addition = maker.plain(.titleaddon) { custom.append(.init("titleaddon", .string(addition))) }
    if !plain.isEmpty { add("title", plain) }
    if let rich, rich.utf8.count != plain.utf8.count { custom.append(.init("title_rich", .string(rich))) }
    if let short = maker.plain(.shorttitle) { add("title-short", short) }
  }

  private static let roles: [(BibTeXField, String)] = [
    (.author, "author"), (.editor, "editor"), (.translator, "translator"), (.bookauthor, "container-author"),
  ]

  private mutating func names(_ maker: inout BibTeXRecordMaker) {
    var incomplete: [JSON] = []
    for (field, member) in Self.roles {
      guard let place = maker.place(field) else { continue }
      let list = maker.withValue(place) { maker, value in maker.splitter.jsonList(value) }
      if list.isOverfull {
        maker.warn(
          .nameCommas, maker.values.index.fields[place].value.span,
          "a name with more than two commas: names of a list are joined by “and”")
      }
      if list.hasOthers { incomplete.append(.string(member)) }
      guard !list.names.isEmpty else { continue }
      let names = JSON.array(list.names)
      if field == .editor, maker.place(.editortype) != nil, maker.raw(.editortype)?.lowercased() == "director" {
        // Who made a film stands where an author would.
        if maker.place(.author) == nil { members.append(.init("author", names)) }
        members.append(.init("director", names))
      } else {
        members.append(.init(member, names))
      }
    }
    if !incomplete.isEmpty { custom.append(.init("et_al", .array(incomplete))) }
  }

  private mutating func dates(_ maker: inout BibTeXRecordMaker) {
    var issued: CSLDate?
    if let text = maker.date(.date) {
      issued = BibTeXDates.date(text)
      if issued == nil {
        issued = BibTeXDates.date(year: text, month: nil, day: nil)
        if issued?.start == nil, let place = maker.place(.date) {
          maker.warn(.unreadableDate, maker.values.index.fields[place].value.span, "a date that names no year")
        }
      }
      if BibTeXDates.needsOriginal(text) { custom.append(.init("edtf", .string(text))) }
    }
    if issued == nil, let date = maker.plainDate() {
      members.append(.init("issued", date.json))
    } else {
      issued = yearAndMonth(issued, &maker)
      if let issued { members.append(.init("issued", issued.json)) }
    }
    for (field, member) in Self.otherDates where maker.place(field) != nil {
      guard let text = maker.date(field) else { continue }
      if let date = BibTeXDates.date(text) {
        guard !members.contains(where: { $0.key == member }) else { continue }
        members.append(.init(member, date.json))
      } else {
        custom.append(.init(field.name, .string(text)))
      }
    }
  }

  private static let otherDates: [(BibTeXField, String)] = [
    (.urldate, "accessed"), (.lastchecked, "accessed"), (.eventdate, "event-date"), (.origdate, "original-date"),
  ]

  /// `year` and `month`, where `date` gave nothing; a month that cannot be read is kept as it is.
  private mutating func yearAndMonth(_ date: CSLDate?, _ maker: inout BibTeXRecordMaker) -> CSLDate? {
    let month = date?.start == nil ? maker.plain(.month) : nil
    var issued = date
    if date?.start == nil, let year = maker.plain(.year) {
      issued = BibTeXDates.date(year: year, month: month, day: maker.plain(.day))
    }
    if let month, issued?.start?.month == nil, issued?.season == nil {
      custom.append(.init("month", .string(month)))
    }
    return issued
  }

  // MARK: - Containers, numbers, publishers

  private mutating func containers(_ maker: inout BibTeXRecordMaker) {
    var container: String?
    if type.isPart {
      container = maker.plain(.booktitle) ?? maker.plain(.maintitle) ?? maker.plain(.journaltitle, .journal)
      if let subtitle = maker.plain(.booksubtitle), let title = container { container = title + ": " + subtitle }
    } else {
      container = maker.plain(.journaltitle, .journal)
      if let subtitle = maker.plain(.journalsubtitle), let title = container { container = title + ": " + subtitle }
      if container == nil, !type.isBook || maker.place(.title) != nil { container = maker.plain(.booktitle) }
    }
    add("container-title", container)
    add("container-title-short", maker.plain(.shortjournal))
    add("collection-title", maker.plain(.series))
    add("event-title", maker.plain(.eventtitle))
    add("event-place", maker.plain(.venue))
  }

  private mutating func numbers(_ maker: inout BibTeXRecordMaker) {
    add("volume", maker.plain(.volume))
    let issue = maker.plain(.issue)
    add("issue", issue)
    if let number = maker.plain(.number) {
      if type.hasIssues, issue == nil {
        add("issue", number)
      } else if type.isBook || type.isPart, maker.place(.series) != nil {
        add("collection-number", number)
      } else {
        add("number", number)
      }
    }
    if let place = maker.place(.pages) {
      // One dash between pages, however many TeX needs for it.
      let pages = maker.withValue(place) { maker, value in
        var folded: [UInt8] = []
        for byte in value where byte != UInt8(ascii: "-") || folded.last != byte { folded.append(byte) }
        return folded.withUnsafeBufferPointer {
          maker.decoder.decode($0)
          return maker.decoder.text
        }
      }
      if !pages.isEmpty { add("page", pages) }
    }
    add("number-of-pages", maker.plain(.pagetotal))
    add("number-of-volumes", maker.plain(.volumes))
    add("part-number", maker.plain(.part))
    add("chapter-number", maker.plain(.chapter))
    add("edition", maker.plain(.edition))
    add("version", maker.plain(.version))
  }

  private static let publishers: [BibTeXField] = [.publisher, .institution, .school, .organization]
  private static let institutions: [BibTeXField] = [.institution, .school, .publisher, .organization]

  private mutating func publishers(_ maker: inout BibTeXRecordMaker) {
    var isNamed = false
    for field in type.isInstitutional ? Self.institutions : Self.publishers {
      guard maker.place(field) != nil, let name = maker.plain(field) else { continue }
      // A conference may name its publisher and its organizer.
      if isNamed { custom.append(.init(field.name, .string(name))) } else { add("publisher", name) }
      isNamed = true
    }
    add("publisher-place", maker.plain(.location, .address))
    add("original-publisher", maker.plain(.origpublisher))
    add("original-publisher-place", maker.plain(.origlocation))
    add("original-title", maker.plain(.origtitle))
    if let genre = maker.plain(.type) {
      add("genre", genre)
    } else {
      add("genre", type.genre)
    }
  }

  // MARK: - Identifiers and texts

  private mutating func identifiers(_ record: inout PaperRecord, _ maker: inout BibTeXRecordMaker) {
    var found = BibTeXIdentifiers()
    if let doi = maker.address(.doi) { add("DOI", found.doi(doi)) }
    if let isbn = maker.plain(.isbn) {
      add("ISBN", isbn)
      if let wrong = found.isbn(isbn), let place = maker.place(.isbn) {
        maker.warn(
          .badChecksum, maker.values.index.fields[place].value.span, "“\(wrong)” is no ISBN: its check digit is wrong")
      }
    }
    add("ISSN", maker.plain(.issn))
    if let pmid = maker.plain(.pmid, .pubmedid) {
      add("PMID", pmid)
      found.take(.pmid, pmid)
    }
    if let pmcid = maker.plain(.pmcid) {
      add("PMCID", pmcid)
      found.take(.pmcid, pmcid)
    }
    let eprint = maker.address(.eprint) ?? maker.address(.arxivid)
    if let eprint {
      let scheme = maker.plain(.eprinttype, .archiveprefix)
      custom.append(.init("eprint", .string(eprint)))
      if let scheme { custom.append(.init("eprinttype", .string(scheme))) }
      if let subject = maker.plain(.eprintclass, .primaryclass) {
        custom.append(.init("eprintclass", .string(subject)))
      }
      found.eprint(eprint, scheme: scheme)
    }
    if let url = maker.address(.url) {
      add("URL", url)
      found.address(url)
      record.links += found.link(url, maker.values.index.fields[maker.place(.url) ?? 0].value.span)
    }
    record.identifiers = found.identifiers
  }

  private mutating func texts(_ record: inout PaperRecord, _ maker: inout BibTeXRecordMaker) {
    if let place = maker.place(.abstract) {
      let plain = maker.withValue(place) { maker, value in
        maker.decoder.decode(value)
        maker.noteUnknown(value)
        return maker.decoder.text
      }
      if !plain.isEmpty {
        add("abstract", plain)
        record.abstract = maker.field(place, plain)
        maker.look(place, &record)
      }
    }
    add("language", maker.plain(.langid, .language))
    add("keyword", maker.plain(.keywords))
    if let place = maker.place(.note) {
      add("note", maker.plain(.note))
      maker.look(place, &record)
    }
    if let place = maker.place(.howpublished) {
      maker.look(place, &record)
      add("medium", maker.plain(.howpublished))
    }
    add("annote", maker.plain(.annote, .annotation))
    if record.identifiers.allSatisfy({ $0.scheme != .arxiv }), let place = maker.place(.journal) {
      // `arXiv preprint arXiv:1606.05250`
      let identifier = maker.withValue(place) { _, value in
        value.count < 200 && value.contains(where: \.isASCIIDigit)
          ? IdentifierFinder.find(Array(value)).first { $0.scheme == .arxiv } : nil
      }
      if let identifier { record.identifiers.append(.init(scheme: .arxiv, value: identifier.value)) }
    }
  }

  /// What has no member in CSL, as it stands in the source.
  private mutating func others(_ maker: inout BibTeXRecordMaker) {
    for field in [BibTeXField.crossref, .xdata, .xref, .ids, .options, .editortype, .maintitle, .shortbooktitle] {
      if maker.slots[field.rawValue] >= 0, let text = maker.raw(field), !(field == .maintitle && type.isPart) {
        custom.append(.init(field.name, .string(text)))
      }
    }
    guard !maker.others.isEmpty else { return }
    var fields: [JSON.Object.Member] = []
    var seen: Set<String> = []
    for field in maker.others {
      let name = maker.values.lowerName(maker.values.index.fields[field].name)
      guard seen.insert(name).inserted else { continue }
      let value = maker.withValue(field) { _, value in String(decoding: value, as: UTF8.self) }
      fields.append(.init(name, .string(value)))
    }
    custom.append(.init("bibtex", .object(JSON.Object(distinct: fields))))
  }
}
