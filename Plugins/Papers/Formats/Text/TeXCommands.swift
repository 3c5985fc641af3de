/// What a TeX command does to the text around it.
enum TeXCommand: Sendable {
  /// Stands for some text.
  case symbol(String)
  /// Puts a mark on the letter behind it.
  case accent(Unicode.Scalar)
  /// Puts two marks on it, the inner one first.
  case accents(Unicode.Scalar, Unicode.Scalar)
  /// Changes the look of its argument.
  case face(TeXMarkup)
  /// Changes the look up to the end of the group.
  case change(TeXMarkup?)
  /// Its argument stays, the command goes.
  case transparent
  /// Goes together with so many arguments.
  case dropped(Int)
  /// Goes together with its first argument; a second one stays.
  case firstDropped
  /// Puts its argument between two signs.
  case between(String, String)
  /// Its argument is an address, in which nothing is TeX.
  case address
  /// Its argument is raised or lowered.
  case raised, lowered
  /// Its argument is a formula.
  case formula
  /// Its argument is text, also inside a formula.
  case words
  /// The size of a delimiter: the delimiter stays.
  case delimiter
  /// Stands for a blank.
  case blank
  /// Stands for a blank of the length that its argument gives.
  case measuredBlank
  /// Does nothing that a plain text shows.
  case nothing
}

/// Markup that the rich form of a text has, as CSL-JSON writes it.
enum TeXMarkup: UInt8, Sendable {
  case italic, bold, smallCapitals, superscript, lowered

  var opening: String {
    switch self {
    case .italic: "<i>"
    case .bold: "<b>"
    case .smallCapitals: "<span style=\"font-variant:small-caps;\">"
    case .superscript: "<sup>"
    case .lowered: "<sub>"
    }
  }

  var closing: String {
    switch self {
    case .italic: "</i>"
    case .bold: "</b>"
    case .smallCapitals: "</span>"
    case .superscript: "</sup>"
    case .lowered: "</sub>"
    }
  }
}

/// Commands by the bytes of their names.
struct TeXCommandTable: Sendable {
  static let shared = TeXCommandTable()

  private let places: NameTable
  private let commands: [TeXCommand]

  private init() {
    let named = Array(TeXCommand.named)
    places = NameTable(named.map { Array($0.key.utf8) })
    commands = named.map(\.value)
  }

  subscript(name: UnsafeBufferPointer<UInt8>) -> TeXCommand? { places[name].map { commands[$0] } }
}

extension TeXCommand {
  /// Commands of text and formulas by name, without the backslash.
  fileprivate static let named: [String: TeXCommand] = {
    var table: [String: TeXCommand] = [:]
    for (name, text) in LaTeXTables.mathSymbols { table[name] = .symbol(text) }
    for (name, text) in LaTeXTables.symbols { table[name] = .symbol(text) }
    for (name, text) in moreSymbols { table[name] = .symbol(text) }
    for name in LaTeXTables.faces { table[name] = .transparent }
    for name in LaTeXTables.switches { table[name] = .change(nil) }
    for (name, mark) in accents { table[name] = .accent(mark) }
    for (name, command) in special { table[name] = command }
    return table
  }()

  private static let accents: [String: Unicode.Scalar] = [
    "u": "\u{306}", "r": "\u{30A}", "H": "\u{30B}", "v": "\u{30C}", "d": "\u{323}", "c": "\u{327}", "k": "\u{328}",
    "b": "\u{331}", "G": "\u{30F}", "U": "\u{30E}", "f": "\u{311}", "h": "\u{309}", "textcommabelow": "\u{326}",
    "grave": "\u{300}", "acute": "\u{301}", "hat": "\u{302}", "widehat": "\u{302}", "tilde": "\u{303}",
    "widetilde": "\u{303}", "bar": "\u{305}", "overline": "\u{305}", "breve": "\u{306}", "dot": "\u{307}",
    "ddot": "\u{308}", "mathring": "\u{30A}", "check": "\u{30C}", "vec": "\u{20D7}", "underbar": "\u{332}",
    "textogonekcentered": "\u{328}", "t": "\u{361}", "textroundcap": "\u{311}", "textdotbelow": "\u{323}",
  ]

  private static let special: [String: TeXCommand] = [
    "textacutemacron": .accents("\u{301}", "\u{304}"), "textgravemacron": .accents("\u{300}", "\u{304}"),
    "aftergroup": .nothing, "textit": .face(.italic), "emph": .face(.italic), "textsl": .face(.italic),
    "mkbibemph": .face(.italic),
    "mkbibitalic": .face(.italic), "mathit": .transparent, "textbf": .face(.bold), "mkbibbold": .face(.bold),
    "textsc": .face(.smallCapitals), "textsuperscript": .raised, "textsubscript": .lowered, "sp": .raised,
    "sb": .lowered, "mkbibsuperscript": .raised, "mkbibsubscript": .lowered, "textsuperior": .raised,
    "it": .change(.italic), "itshape": .change(.italic), "em": .change(.italic), "sl": .change(.italic),
    "slshape": .change(.italic), "bf": .change(.bold), "bfseries": .change(.bold), "sc": .change(.smallCapitals),
    "scshape": .change(.smallCapitals), "cal": .change(nil), "mit": .change(nil), "boldmath": .change(nil),
    "url": .address, "nolinkurl": .address, "path": .address, "href": .firstDropped, "textcolor": .firstDropped,
    "color": .dropped(1), "noopsort": .dropped(1), "SortNoop": .dropped(1), "vphantom": .dropped(1),
    "hphantom": .dropped(1), "phantom": .dropped(1), "label": .dropped(1), "begin": .dropped(1), "end": .dropped(1),
    "hspace": .measuredBlank, "vspace": .measuredBlank, "hskip": .nothing, "enquote": .between("“", "”"),
    "mkbibquote": .between("“", "”"), "mkbibparens": .between("(", ")"), "mkbibbrackets": .between("[", "]"),
    "footnote": .between(" (", ")"), "ensuremath": .formula, "text": .words, "mbox": .words, "hbox": .words,
    "textrm": .words, "textnormal": .words, "fbox": .words, "mathrm": .transparent, "operatorname": .transparent,
    "left": .delimiter, "right": .delimiter, "big": .delimiter, "Big": .delimiter, "bigl": .delimiter,
    "bigr": .delimiter, "Bigl": .delimiter, "Bigr": .delimiter, "bigg": .delimiter, "Bigg": .delimiter,
    "middle": .delimiter, "sqrt": .between("√(", ")"), "quad": .blank, "qquad": .blank, "space": .blank,
    "enspace": .blank, "thinspace": .blank, "nobreakspace": .blank, "par": .blank, "newline": .blank,
    "linebreak": .blank, "break": .blank, "hfill": .blank, "xspace": .nothing, "relax": .nothing,
    "protect": .nothing, "ignorespaces": .nothing, "noindent": .nothing, "nobreak": .nothing, "allowbreak": .nothing,
    "displaystyle": .nothing, "textstyle": .nothing, "limits": .nothing, "nolimits": .nothing, "null": .nothing,
    "bibstring": .transparent, "autocap": .transparent, "MakeSentenceCase": .transparent,
    "textquote": .between("“", "”"),
    "lowercase": .transparent, "uppercase": .transparent, "mathsf": .transparent, "mathbf": .transparent,
    "boldsymbol": .transparent, "bm": .transparent, "mathtt": .transparent, "texorpdfstring": .dropped(1),
    "hyphenation": .dropped(1), "nocite": .dropped(1), "index": .dropped(1), "smash": .transparent,
    "cyr": .change(nil), "selectlanguage": .dropped(1), "foreignlanguage": .firstDropped,
  ]

  private static let moreSymbols: [String: String] = [
    "textquotedbl": "\"", "textquotesingle": "'", "textcopyright": "©", "textsection": "§", "textparagraph": "¶",
    "textdollar": "$", "textsterling": "£", "textyen": "¥", "textcent": "¢", "textexclamdown": "¡",
    "textquestiondown": "¿", "textordfeminine": "ª", "textordmasculine": "º", "textonehalf": "½",
    "textonequarter": "¼", "textthreequarters": "¾", "texttimes": "×", "textdiv": "÷", "textpm": "±",
    "textbraceleft": "{", "textbraceright": "}", "textlangle": "⟨", "textrangle": "⟩", "textbrokenbar": "¦",
    "textperthousand": "‰", "textnumero": "№", "textohm": "Ω", "textdagger": "†",
    "textdaggerdbl": "‡", "textregistered": "®", "textleftarrow": "←", "textrightarrow": "→", "textminus": "−",
    "textasciigrave": "`", "textasciiacute": "´", "textasciidieresis": "¨", "textasciimacron": "¯", "lq": "‘",
    "rq": "’", "guilsinglleft": "‹", "guilsinglright": "›", "quotedblbase": "„", "quotesinglbase": "‚",
    "glqq": "„", "grqq": "“", "glq": "‚", "grq": "‘", "flqq": "«", "frqq": "»", "lbrack": "[", "rbrack": "]",
    "textgreekalpha": "α", "BibTeX": "BibTeX", "XeTeX": "XeTeX", "LaTeXe": "LaTeX2e", "aa": "å", "SS": "ẞ",
    "ij": "ĳ", "IJ": "Ĳ", "textturna": "ɐ", "textschwa": "ə", "textquoteleft": "‘", "checkmark": "✓",
    "langle": "⟨", "rangle": "⟩", "lvert": "|", "rvert": "|", "vert": "|", "mid": "∣", "Vert": "‖", "lVert": "‖",
    "rVert": "‖", "lceil": "⌈", "rceil": "⌉", "lfloor": "⌊", "rfloor": "⌋", "div": "÷", "bullet": "∙",
    "cdots": "⋯", "vdots": "⋮", "ddots": "⋱", "colon": ":", "lt": "<", "gt": ">", "ne": "≠", "ll": "≪", "gg": "≫",
    "cong": "≅", "simeq": "≃", "propto": "∝", "doteq": "≐", "notin": "∉", "ni": "∋", "subseteq": "⊆",
    "supset": "⊃", "supseteq": "⊇", "setminus": "∖", "emptyset": "∅", "varnothing": "∅", "land": "∧", "wedge": "∧",
    "lor": "∨", "vee": "∨", "neg": "¬", "lnot": "¬", "Leftarrow": "⇐", "Leftrightarrow": "⇔", "iff": "⇔",
    "implies": "⇒", "longrightarrow": "⟶", "longleftarrow": "⟵", "uparrow": "↑", "downarrow": "↓",
    "updownarrow": "↕", "leftrightharpoons": "⇋", "rightleftharpoons": "⇌", "rightharpoonup": "⇀", "gets": "←",
    "hookrightarrow": "↪", "nearrow": "↗", "searrow": "↘", "oint": "∮", "iint": "∬", "bigcup": "⋃", "bigcap": "⋂",
    "bigoplus": "⨁", "bigotimes": "⨂", "coprod": "∐", "wp": "℘", "Re": "ℜ", "Im": "ℑ", "aleph": "ℵ", "beth": "ℶ",
    "imath": "ı", "jmath": "ȷ", "angle": "∠", "triangle": "△", "square": "□", "Box": "□", "diamond": "⋄",
    "Diamond": "◇", "clubsuit": "♣", "diamondsuit": "♢", "heartsuit": "♡", "spadesuit": "♠", "flat": "♭",
    "natural": "♮", "sharp": "♯", "top": "⊤", "bot": "⊥", "vdash": "⊢", "dashv": "⊣", "models": "⊧", "vDash": "⊨",
    "asymp": "≍", "prec": "≺", "succ": "≻", "preceq": "⪯", "succeq": "⪰", "lesssim": "≲", "gtrsim": "≳",
    "leqslant": "⩽", "geqslant": "⩾", "sqcup": "⊔", "sqcap": "⊓", "sqsubseteq": "⊑", "uplus": "⊎", "amalg": "⨿",
    "ominus": "⊖", "oslash": "⊘", "ltimes": "⋉", "rtimes": "⋊", "bowtie": "⋈", "varpi": "ϖ", "varrho": "ϱ",
    "varsigma": "ς", "varkappa": "ϰ", "digamma": "ϝ", "omicron": "ο", "eth": "ð", "backslash": "\\", "surd": "√",
    "therefore": "∴", "because": "∵", "dots": "…", "dotsc": "…", "dotsb": "⋯", "complement": "∁", "ddagger": "‡",
    "upmu": "μ", "micro": "µ", "ohm": "Ω", "mho": "℧", "celsius": "℃", "sun": "☉", "odot": "⊙", "log": "log",
    "ln": "ln", "exp": "exp", "sin": "sin", "cos": "cos", "tan": "tan", "min": "min", "max": "max", "lim": "lim",
    "inf": "inf", "sup": "sup", "det": "det", "dim": "dim", "ker": "ker", "arg": "arg", "gcd": "gcd", "Pr": "Pr",
    "deg": "deg", "sinh": "sinh", "cosh": "cosh", "tanh": "tanh", "arctan": "arctan", "mod": "mod", "bmod": "mod",
    "textquotestraightdblbase": "„", "textcelsius": "℃", "textpeso": "₱", "textwon": "₩", "textcurrency": "¤",
    "textinterrobang": "‽", "textreferencemark": "※", "textestimated": "℮", "textmusicalnote": "♪",
    "textopenbullet": "◦", "textsurd": "√", "textonesuperior": "¹", "texttwosuperior": "²", "textthreesuperior": "³",
    "textvisiblespace": "␣", "textlnot": "¬", "textpipe": "|", "textdoublepipe": "‖", "texthyphen": "-",
    "textnonbreakinghyphen": "‑", "textfiguredash": "‒", "texthorizontalbar": "―", "cdotp": "·", "centerdot": "·",
  ]

  /// Letters over lines, as formulas use them (`\mathbb R`).
  static let doubleStruck: [UInt8: String] = [
    UInt8(ascii: "C"): "ℂ", UInt8(ascii: "H"): "ℍ", UInt8(ascii: "N"): "ℕ", UInt8(ascii: "P"): "ℙ",
    UInt8(ascii: "Q"): "ℚ", UInt8(ascii: "R"): "ℝ", UInt8(ascii: "Z"): "ℤ",
  ]
}

/// Letters and signs that Unicode has raised or lowered.
enum TeXScripts {
  private static let raised = pairs(
    "0⁰1¹2²3³4⁴5⁵6⁶7⁷8⁸9⁹+⁺-⁻=⁼(⁽)⁾aᵃbᵇcᶜdᵈeᵉfᶠgᵍhʰiⁱjʲkᵏlˡmᵐnⁿoᵒpᵖrʳsˢtᵗuᵘvᵛwʷxˣyʸzᶻAᴬBᴮDᴰEᴱGᴳHᴴIᴵJᴶKᴷLᴸMᴹNᴺOᴼPᴾRᴿTᵀUᵁVⱽWᵂ"
  )
  private static let lowered = pairs(
    "0₀1₁2₂3₃4₄5₅6₆7₇8₈9₉+₊-₋=₌(₍)₎aₐeₑhₕiᵢjⱼkₖlₗmₘnₙoₒpₚrᵣsₛtₜuᵤvᵥxₓ")

  private static func pairs(_ text: String) -> [UInt32] {
    var table = [UInt32](repeating: 0, count: 128)
    var base: Unicode.Scalar?
    for scalar in text.unicodeScalars {
      if let known = base {
        table[Int(known.value)] = scalar.value
        base = nil
      } else {
        base = scalar
      }
    }
    return table
  }

  /// The raised or lowered form of an ASCII character.
  static func form(_ byte: UInt8, raised isRaised: Bool) -> Unicode.Scalar? {
    guard byte < 128 else { return nil }
    let value = (isRaised ? raised : lowered)[Int(byte)]
    return value == 0 ? nil : Unicode.Scalar(value)
  }
}
