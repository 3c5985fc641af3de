/// Names of months and seasons in the languages of bibliographies.
enum Months {
  /// The month, 1 to 12, that the letters are or begin with three or more letters of; `nil` for another word.
  static func number(_ word: some Sequence<UInt8>) -> Int? {
    let letters = Array(word.prefix(16)).map(\.lowercased)
    guard letters.count >= 3 else { return nil }
    if let known = table[String(decoding: letters, as: UTF8.self)] { return known }
    // An English name cut short: `sept`, `octob`.
    for (offset, name) in english.enumerated() where name.utf8.starts(with: letters) { return offset + 1 }
    return nil
  }

  /// The month of a BibTeX macro (`jan` … `dec`), letter case aside.
  static func number(threeLetters word: UnsafeBufferPointer<UInt8>) -> Int? {
    guard word.count == 3 else { return nil }
    switch (word[0] | 0x20, word[1] | 0x20, word[2] | 0x20) {
    case (0x6A, 0x61, 0x6E): return 1
    case (0x66, 0x65, 0x62): return 2
    case (0x6D, 0x61, 0x72): return 3
    case (0x61, 0x70, 0x72): return 4
    case (0x6D, 0x61, 0x79): return 5
    case (0x6A, 0x75, 0x6E): return 6
    case (0x6A, 0x75, 0x6C): return 7
    case (0x61, 0x75, 0x67): return 8
    case (0x73, 0x65, 0x70): return 9
    case (0x6F, 0x63, 0x74): return 10
    case (0x6E, 0x6F, 0x76): return 11
    case (0x64, 0x65, 0x63): return 12
    default: return nil
    }
  }

  /// 1 spring, 2 summer, 3 autumn, 4 winter.
  static func season(_ word: some Sequence<UInt8>) -> Int? {
    switch String(decoding: word.prefix(16).map(\.lowercased), as: UTF8.self) {
    case "spring", "frühling", "frühjahr", "printemps": 1
    case "summer", "sommer", "été": 2
    case "autumn", "fall", "herbst", "automne": 3
    case "winter", "hiver": 4
    default: nil
    }
  }

  private static let english = [
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
  ]

  /// Full names and abbreviations: German, French, Spanish, Italian, Portuguese, Dutch.
  private static let table: [String: Int] = {
    let names: [[String]] = [
      ["januar", "jänner", "janvier", "janv", "enero", "gennaio", "janeiro", "januari", "ene", "gen"],
      ["februar", "février", "fevrier", "févr", "fév", "febrero", "febbraio", "fevereiro", "februari", "fev"],
      ["märz", "mär", "mars", "marzo", "março", "maart", "mrz", "mrt"],
      ["avril", "avr", "abril", "aprile", "abr"],
      ["mai", "mayo", "maggio", "maio", "mei", "mag"],
      ["juni", "juin", "junio", "giugno", "junho", "giu"],
      ["juli", "juillet", "juil", "julio", "luglio", "julho", "lug"],
      ["août", "aout", "agosto", "augustus", "ago"],
      ["septembre", "septiembre", "settembre", "setembro", "sept", "set"],
      ["oktober", "okt", "octobre", "octubre", "ottobre", "outubro", "ott", "out"],
      ["novembre", "noviembre", "novembro"],
      ["dezember", "dez", "décembre", "decembre", "déc", "diciembre", "dic", "dicembre", "dezembro"],
    ]
    var table: [String: Int] = [:]
    for (offset, group) in names.enumerated() {
      for name in group where table[name] == nil { table[name] = offset + 1 }
    }
    return table
  }()
}
