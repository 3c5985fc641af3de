/// The tags of RIS and what they are in CSL (the “RIS Format Specifications”, Research Information Systems 2001 and
/// 2011, and the use of common exporters).
enum RISTags {
  /// Texts: the first tag with a value gives the member. The first of each list is the one that is written.
  static let texts: [(member: String, tags: [String])] = [
    ("volume", ["VL"]), ("issue", ["IS"]), ("publisher", ["PB"]), ("publisher-place", ["CY", "PP"]),
    ("language", ["LA"]), ("edition", ["ET"]), ("title-short", ["ST"]), ("call-number", ["CN"]),
    ("collection-title", ["T3"]), ("source", ["DB"]), ("archive", ["DP"]), ("genre", ["M3"]),
    ("number-of-volumes", ["NV"]), ("section", ["SE"]), ("original-title", ["OP"]), ("reviewed-title", ["RI"]),
  ]

  /// Names: all tags of a list count, one tag after the other.
  static let names: [(role: String, tags: [String])] = [
    ("author", ["AU", "A1"]), ("editor", ["ED", "A2"]), ("collection-editor", ["A3"]), ("translator", ["A4", "TA"]),
  ]

  static let titles = ["TI", "T1", "CT"]
  static let containers = ["JF", "T2", "JO", "JA", "BT"]
  static let shortContainers = ["JO", "JA", "J2", "J1"]
  static let dates = ["PY", "Y1", "DA"]
  static let links = ["UR", "L1", "L2", "LK"]

  /// Known tags that have no member of their own and are kept as they are.
  private static let kept = [
    "AN", "AD", "AV", "C1", "C2", "C3", "C4", "C5", "C6", "C7", "C8", "CA", "CP", "H1", "H2", "IP", "L3", "L4", "M1",
    "M2", "NO", "RN", "RP", "SV", "TT", "U1", "U2", "U3", "U4", "U5", "VO", "WP", "WT", "WV", "Y2", "AI", "CR", "DS",
    "FD", "JI", "TS", "M4", "NL",
  ]

  static let known: Set<String> = Set(
    texts.flatMap(\.tags) + names.flatMap(\.tags) + titles + containers + shortContainers + dates + links + kept
      + ["TY", "ER", "ID", "SP", "EP", "SN", "DO", "DI", "AB", "N2", "KW", "N1"])

  /// Types; the first of each CSL type is the one that is written.
  static let types: [(tag: String, type: String)] = [
    ("JOUR", "article-journal"), ("JFULL", "periodical"), ("EJOUR", "article-journal"), ("INPR", "article-journal"),
    ("ABST", "article-journal"), ("CONF", "paper-conference"), ("CPAPER", "paper-conference"), ("BOOK", "book"),
    ("EBOOK", "book"), ("EDBOOK", "book"), ("WHOLE", "book"), ("CHAP", "chapter"), ("ECHAP", "chapter"),
    ("THES", "thesis"), ("RPRT", "report"), ("GOVDOC", "report"), ("ELEC", "webpage"), ("WEB", "webpage"),
    ("ICOMM", "personal_communication"), ("PCOMM", "personal_communication"), ("BLOG", "post-weblog"),
    ("UNPB", "manuscript"), ("MANSCPT", "manuscript"), ("PAT", "patent"), ("DATA", "dataset"), ("AGGR", "dataset"),
    ("COMP", "software"), ("NEWS", "article-newspaper"), ("MGZN", "article-magazine"), ("GEN", "document"),
    ("CASE", "legal_case"), ("STAT", "legislation"), ("BILL", "bill"), ("UNBILL", "bill"), ("HEAR", "hearing"),
    ("MAP", "map"), ("MUSIC", "musical_score"), ("SOUND", "song"), ("VIDEO", "motion_picture"),
    ("MPCT", "motion_picture"), ("ART", "graphic"), ("FIGURE", "figure"), ("DICT", "entry-dictionary"),
    ("ENCYC", "entry-encyclopedia"), ("PAMP", "pamphlet"), ("SLIDE", "speech"), ("STAND", "standard"),
    ("SER", "collection"), ("CTLG", "book"), ("ADVS", "broadcast"), ("ANCIENT", "classic"), ("CLSWK", "classic"),
    ("PREPRINT", "article"), ("LEGAL", "regulation"), ("DBASE", "dataset"), ("MULTI", "webpage"),
    ("CHART", "figure"), ("EQUA", "figure"), ("GRANT", "document"),
  ]

  static func type(_ tag: String) -> String { types.first { $0.tag == tag.uppercased() }?.type ?? "document" }
  static func tag(_ type: String) -> String { types.first { $0.type == type }?.tag ?? "GEN" }
}
