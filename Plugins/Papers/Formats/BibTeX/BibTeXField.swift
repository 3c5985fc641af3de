/// Fields of BibTeX and BibLaTeX that have a meaning here.
enum BibTeXField: Int, Sendable, CaseIterable {
  case title, subtitle, titleaddon, shorttitle, booktitle, booksubtitle, maintitle, mainsubtitle, journal
  case journaltitle, journalsubtitle, shortjournal, author, editor, translator, bookauthor, date, year, month, day
  case volume, number, issue, pages, pagetotal, publisher, institution, school, organization, address, location
  case doi, isbn, issn, url, urldate, eprint, archiveprefix, eprinttype, primaryclass, eprintclass, abstract
  case keywords, note, annote, annotation, langid, language, series, edition, type, howpublished, chapter, crossref
  case xdata, ids, xref, eventtitle, venue, eventdate, origdate, origpublisher, origlocation, origtitle, version
  case pmid, pmcid, options, volumes, part, editortype, lastchecked, shortbooktitle, pubmedid, arxivid, cslitem

  /// The field's name in lower case.
  var name: String { Self.names[rawValue] }

  private static let names: [String] = allCases.map { $0 == .cslitem ? "csl-item" : "\($0)" }

  /// What a parent gives to its children besides the fields that change their name on the way.
  static let inherited: [BibTeXField] = [
    .editor, .translator, .date, .year, .month, .volume, .number, .publisher, .institution, .school, .organization,
    .address, .location, .isbn, .issn, .series, .edition, .langid, .language, .eventtitle, .venue, .eventdate, .journal,
    .journaltitle, .shortjournal, .volumes, .editortype, .howpublished, .type,
  ]
}

/// Field names by their bytes, letter case aside: an open-addressed table.
struct BibTeXFieldNames: Sendable {
  private static let size = 512
  private let hashes: [UInt64]
  private let values: [BibTeXField?]

  init() {
    var hashes = [UInt64](repeating: 0, count: Self.size)
    var values = [BibTeXField?](repeating: nil, count: Self.size)
    for (name, field) in BibTeXField.allCases.map({ ($0.name, $0) }) + Self.aliases {
      let hash = Self.hash(Array(name.utf8))
      var slot = Int(truncatingIfNeeded: hash) & (Self.size - 1)
      while values[slot] != nil { slot = (slot + 1) & (Self.size - 1) }
      hashes[slot] = hash
      values[slot] = field
    }
    (self.hashes, self.values) = (hashes, values)
  }

  private static let aliases: [(String, BibTeXField)] = [
    ("annotate", .annote), ("keyword", .keywords), ("arxiv", .arxivid), ("e-print", .eprint),
    ("urlaccessdate", .urldate),
    ("date-accessed", .urldate), ("accessed", .urldate),
  ]

  func field(_ name: UnsafeBufferPointer<UInt8>) -> BibTeXField? {
    guard name.count <= 16 else { return nil }
    let hash = Self.hash(name)
    var slot = Int(truncatingIfNeeded: hash) & (Self.size - 1)
    while let field = values[slot] {
      if hashes[slot] == hash { return field }
      slot = (slot + 1) & (Self.size - 1)
    }
    return nil
  }

  /// FNV-1a over the lower-case bytes.
  static func hash(_ name: some Sequence<UInt8>) -> UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in name { hash = (hash ^ UInt64(byte.lowercased)) &* 0x100_0000_01B3 }
    return hash
  }
}

/// An entry's type and what it is in CSL.
struct BibTeXType: Sendable {
  /// In lower case.
  let name: String
  /// The CSL type; `document` for a type that is not known.
  let csl: String
  /// Its container is a book.
  let isPart: Bool
  let isBook: Bool
  /// `number` is the issue of a volume.
  let hasIssues: Bool
  /// An institution stands before a publisher.
  let isInstitutional: Bool

  init(_ name: String) {
    self.init(name, Self.table[name] ?? "document")
  }

  /// The type of an entry for an item of a CSL type: the one that it came with, where that is of the CSL type.
  init(csl: String, known: String?) {
    if let known, !known.isEmpty, (Self.table[known] ?? "document") == csl,
      known.utf8.allSatisfy({ $0.isASCIILower || $0.isASCIIDigit || $0 == 0x2D }),
      !known.utf8.allSatisfy(\.isASCIIDigit),
      known.utf8.first?.isASCIILower == true, !["comment", "string", "preamble"].contains(known)
    {
      self.init(known, csl)
    } else {
      let name = Self.names[csl] ?? "misc"
      self.init(name, Self.table[name] ?? "document")
    }
  }

  /// What the type says of itself where no field does.
  var genre: String? { name == "phdthesis" ? "PhD thesis" : name == "mastersthesis" ? "Master's thesis" : nil }

  /// The entry's type for a CSL type.
  private static let names: [String: String] = [
    "article-journal": "article", "paper-conference": "inproceedings", "book": "book", "chapter": "incollection",
    "thesis": "thesis", "report": "report", "webpage": "online", "manuscript": "unpublished", "patent": "patent",
    "dataset": "dataset", "software": "software", "document": "misc", "pamphlet": "booklet",
    "entry-encyclopedia": "inreference", "periodical": "periodical", "graphic": "artwork", "song": "audio",
    "motion_picture": "video", "legal_case": "jurisdiction", "legislation": "legislation", "treaty": "legal",
    "personal_communication": "letter", "performance": "performance", "review": "review", "standard": "standard",
    "speech": "talk", "article-newspaper": "newspaper", "article-magazine": "magazine", "map": "map",
    "interview": "interview", "article": "preprint", "post-weblog": "blogpost", "post": "forumpost",
    "regulation": "legadminmaterial",
  ]

  private init(_ name: String, _ csl: String) {
    (self.name, self.csl) = (name, csl)
    isPart = csl == "chapter" || csl == "paper-conference" || csl == "entry-encyclopedia"
    isBook = csl == "book"
    hasIssues = csl.hasPrefix("article") || csl == "paper-conference" || csl == "review" || csl == "periodical"
    isInstitutional = csl == "thesis" || csl == "report"
  }

  fileprivate static let table: [String: String] = [
    "article": "article-journal", "suppperiodical": "article-journal", "periodical": "periodical", "book": "book",
    "mvbook": "book", "booklet": "pamphlet", "collection": "book", "mvcollection": "book", "proceedings": "book",
    "mvproceedings": "book", "reference": "book", "mvreference": "book", "inbook": "chapter", "bookinbook": "chapter",
    "suppbook": "chapter", "incollection": "chapter", "suppcollection": "chapter",
    "inreference": "entry-encyclopedia", "inproceedings": "paper-conference", "conference": "paper-conference",
    "manual": "document", "techreport": "report", "report": "report", "phdthesis": "thesis",
    "mastersthesis": "thesis", "mathesis": "thesis", "thesis": "thesis", "bachelorsthesis": "thesis",
    "online": "webpage", "electronic": "webpage", "www": "webpage", "webpage": "webpage", "unpublished": "manuscript",
    "patent": "patent", "dataset": "dataset", "data": "dataset", "software": "software", "misc": "document",
    "other": "document", "artwork": "graphic", "image": "graphic", "audio": "song", "music": "song",
    "video": "motion_picture", "movie": "motion_picture", "jurisdiction": "legal_case", "legal": "treaty",
    "legislation": "legislation", "legadminmaterial": "regulation", "letter": "personal_communication",
    "performance": "performance", "review": "review", "standard": "standard", "commentary": "document",
    "talk": "speech", "presentation": "speech", "newspaper": "article-newspaper", "newsarticle": "article-newspaper",
    "magazine": "article-magazine", "map": "map", "interview": "interview", "preprint": "article",
    "blogpost": "post-weblog", "forumpost": "post",
  ]
}

/// The known types by the bytes of their names, letter case aside.
struct BibTeXTypes: Sendable {
  private static let longest = 16
  private let names: NameTable
  private let types: [BibTeXType]

  init() {
    let known = Array(BibTeXType.table.keys)
    names = NameTable(known.map { Array($0.utf8) })
    types = known.map { BibTeXType($0) }
  }

  func type(_ name: UnsafeBufferPointer<UInt8>) -> BibTeXType? {
    guard name.count <= Self.longest else { return nil }
    return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: Self.longest) { lower in
      for index in 0..<name.count { lower[index] = name[index].lowercased }
      return names[UnsafeBufferPointer(rebasing: lower[..<name.count])].map { types[$0] }
    }
  }
}
