/// What stands in `\p{…}`: a general category by its short or long name, or one of a few binary properties.
enum UnicodeProperty {
  /// `nil` when the name (or `name=value`) is not known.
  static func set(named name: String) -> ScalarSet? {
    let parts = name.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    if parts.count == 2 {
      guard parts[0] == "General_Category" || parts[0] == "gc" else { return nil }
      return mask(named: parts[1]).map(set(of:))
    }
    if let mask = mask(named: name) { return set(of: mask) }
    switch name {
    case "Any": return .all
    case "ASCII": return ScalarSet([0...0x7F])
    case "Assigned": return set(of: 1 << bit(.unassigned)).inverted
    case "Alphabetic", "Alpha": return set { $0.isAlphabetic }
    case "Lowercase", "Lower": return set { $0.isLowercase }
    case "Uppercase", "Upper": return set { $0.isUppercase }
    case "White_Space", "space": return set { $0.isWhitespace }
    default: return nil
    }
  }

  // MARK: General categories

  /// A bit for each general category that a name of ECMA-262 stands for.
  private static func mask(named name: String) -> UInt32? { masks[longNames[name] ?? name] }

  /// By two letters a category, by one letter all that begin with it, and the cased letters.
  private static let masks: [String: UInt32] = {
    var masks: [String: UInt32] = [:]
    for (category, name) in shortNames {
      masks[name] = 1 << bit(category)
      masks[String(name.prefix(1)), default: 0] |= 1 << bit(category)
    }
    masks["LC"] = 1 << bit(.uppercaseLetter) | 1 << bit(.lowercaseLetter) | 1 << bit(.titlecaseLetter)
    return masks
  }()

  private static func bit(_ category: Unicode.GeneralCategory) -> UInt32 { UInt32(bits[category] ?? 0) }

  private static let bits: [Unicode.GeneralCategory: Int] = Dictionary(
    uniqueKeysWithValues: shortNames.enumerated().map { ($0.element.category, $0.offset) })

  private static let shortNames: [(category: Unicode.GeneralCategory, name: String)] = [
    (.uppercaseLetter, "Lu"), (.lowercaseLetter, "Ll"), (.titlecaseLetter, "Lt"), (.modifierLetter, "Lm"),
    (.otherLetter, "Lo"), (.nonspacingMark, "Mn"), (.spacingMark, "Mc"), (.enclosingMark, "Me"),
    (.decimalNumber, "Nd"), (.letterNumber, "Nl"), (.otherNumber, "No"), (.connectorPunctuation, "Pc"),
    (.dashPunctuation, "Pd"), (.openPunctuation, "Ps"), (.closePunctuation, "Pe"), (.initialPunctuation, "Pi"),
    (.finalPunctuation, "Pf"), (.otherPunctuation, "Po"), (.mathSymbol, "Sm"), (.currencySymbol, "Sc"),
    (.modifierSymbol, "Sk"), (.otherSymbol, "So"), (.spaceSeparator, "Zs"), (.lineSeparator, "Zl"),
    (.paragraphSeparator, "Zp"), (.control, "Cc"), (.format, "Cf"), (.surrogate, "Cs"), (.privateUse, "Co"),
    (.unassigned, "Cn"),
  ]

  /// Further names of the values of General_Category (Unicode, PropertyValueAliases.txt).
  private static let longNames: [String: String] = [
    "Letter": "L", "Cased_Letter": "LC", "Uppercase_Letter": "Lu", "Lowercase_Letter": "Ll", "Titlecase_Letter": "Lt",
    "Modifier_Letter": "Lm", "Other_Letter": "Lo", "Mark": "M", "Combining_Mark": "M", "Nonspacing_Mark": "Mn",
    "Spacing_Mark": "Mc", "Enclosing_Mark": "Me", "Number": "N", "Decimal_Number": "Nd", "digit": "Nd",
    "Letter_Number": "Nl", "Other_Number": "No", "Punctuation": "P", "punct": "P", "Connector_Punctuation": "Pc",
    "Dash_Punctuation": "Pd", "Open_Punctuation": "Ps", "Close_Punctuation": "Pe", "Initial_Punctuation": "Pi",
    "Final_Punctuation": "Pf", "Other_Punctuation": "Po", "Symbol": "S", "Math_Symbol": "Sm", "Currency_Symbol": "Sc",
    "Modifier_Symbol": "Sk", "Other_Symbol": "So", "Separator": "Z", "Space_Separator": "Zs", "Line_Separator": "Zl",
    "Paragraph_Separator": "Zp", "Other": "C", "Control": "Cc", "cntrl": "Cc", "Format": "Cf", "Surrogate": "Cs",
    "Private_Use": "Co", "Unassigned": "Cn",
  ]

  private static func set(of mask: UInt32) -> ScalarSet {
    ScalarSet(runs.filter { mask >> $0.bit & 1 == 1 }.map(\.range))
  }

  /// All code points in order, cut where the category changes.
  private static let runs: [(range: ClosedRange<UInt32>, bit: UInt32)] = {
    var runs: [(range: ClosedRange<UInt32>, bit: UInt32)] = []
    var first: UInt32 = 0
    var current = Unicode.GeneralCategory.control
    for value in 0...ScalarSet.last {
      let category = Unicode.Scalar(value)?.properties.generalCategory ?? .surrogate
      guard category != current else { continue }
      runs.append((first...value - 1, bit(current)))
      first = value
      current = category
    }
    runs.append((first...ScalarSet.last, bit(current)))
    return runs
  }()

  // MARK: Binary properties

  private static func set(where holds: (Unicode.Scalar.Properties) -> Bool) -> ScalarSet {
    var ranges: [ClosedRange<UInt32>] = []
    var first: UInt32?
    for value in 0...ScalarSet.last {
      let isMember = Unicode.Scalar(value).map { holds($0.properties) } ?? false
      if isMember, first == nil { first = value }
      if !isMember, let start = first {
        ranges.append(start...value - 1)
        first = nil
      }
    }
    if let start = first { ranges.append(start...ScalarSet.last) }
    return ScalarSet(ranges)
  }
}
