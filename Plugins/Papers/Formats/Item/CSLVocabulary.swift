/// The members of a CSL-JSON item and what each holds (CSL 1.0.2, schema `csl-data.json`).
enum CSLVocabulary {
  /// What a member of an item holds.
  enum Kind: Sendable { case names, date, number, text }

  static func kind(_ member: String) -> Kind? {
    names.contains(member)
      ? .names
      : dates.contains(member) ? .date : numbers.contains(member) ? .number : texts.contains(member) ? .text : nil
  }

  static let types: Set<String> = [
    "article", "article-journal", "article-magazine", "article-newspaper", "bill", "book", "broadcast", "chapter",
    "classic", "collection", "dataset", "document", "entry", "entry-dictionary", "entry-encyclopedia", "event",
    "figure", "graphic", "hearing", "interview", "legal_case", "legislation", "manuscript", "map", "motion_picture",
    "musical_score", "pamphlet", "paper-conference", "patent", "performance", "periodical", "personal_communication",
    "post", "post-weblog", "regulation", "report", "review", "review-book", "software", "song", "speech", "standard",
    "thesis", "treaty", "webpage",
  ]

  static let names: Set<String> = [
    "author", "chair", "collection-editor", "compiler", "composer", "container-author", "contributor", "curator",
    "director", "editor", "editorial-director", "executive-producer", "guest", "host", "illustrator", "interviewer",
    "narrator", "organizer", "original-author", "performer", "producer", "recipient", "reviewed-author",
    "script-writer", "series-creator", "translator",
  ]

  static let dates: Set<String> = ["accessed", "available-date", "event-date", "issued", "original-date", "submitted"]

  static let numbers: Set<String> = [
    "chapter-number", "citation-number", "collection-number", "edition", "first-reference-note-number", "issue",
    "locator", "number", "number-of-pages", "number-of-volumes", "page", "page-first", "part-number",
    "printing-number", "section", "supplement-number", "version", "volume",
  ]

  static let texts: Set<String> = [
    "DOI", "ISBN", "ISSN", "PMCID", "PMID", "URL", "abstract", "annote", "archive", "archive-place",
    "archive_collection", "archive_location", "authority", "call-number", "citation-key", "citation-label",
    "collection-title", "container-title", "container-title-short", "dimensions", "division", "event", "event-place",
    "event-title", "genre", "journalAbbreviation", "jurisdiction", "keyword", "language", "medium", "note",
    "original-publisher", "original-publisher-place", "original-title", "part-title", "publisher", "publisher-place",
    "references", "reviewed-genre", "reviewed-title", "scale", "shortTitle", "source", "status", "title",
    "title-short", "volume-title", "volume-title-short", "year-suffix",
  ]
}
