/// What LaTeX commands stand for in plain text.
enum LaTeXTables {
  /// Letters and signs by command.
  static let symbols: [String: String] = [
    "ss": "ß", "o": "ø", "O": "Ø", "ae": "æ", "AE": "Æ", "oe": "œ", "OE": "Œ", "l": "ł", "L": "Ł", "aa": "å",
    "AA": "Å", "i": "ı", "j": "ȷ", "dh": "ð", "DH": "Ð", "th": "þ", "TH": "Þ", "dj": "đ", "DJ": "Đ", "ng": "ŋ",
    "NG": "Ŋ", "dag": "†", "ddag": "‡", "S": "§", "P": "¶", "copyright": "©", "pounds": "£", "euro": "€",
    "texteuro": "€", "textregistered": "®", "texttrademark": "™", "textdegree": "°", "degree": "°",
    "textendash": "–", "textemdash": "—", "textquoteleft": "‘", "textquoteright": "’", "textquotedblleft": "“",
    "textquotedblright": "”", "guillemotleft": "«", "guillemotright": "»", "textasciitilde": "~",
    "textasciicircum": "^", "textbackslash": "\\", "textunderscore": "_", "textbar": "|", "textless": "<",
    "textgreater": ">", "slash": "/", "ldots": "…", "dots": "…", "textellipsis": "…", "LaTeX": "LaTeX", "TeX": "TeX",
    "textmu": "µ", "textbullet": "•", "textperiodcentered": "·", "quad": " ", "qquad": " ", "space": " ",
  ]

  /// Signs that LaTeX has in formulas only.
  static let mathSymbols: [String: String] = [
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ϵ", "varepsilon": "ε", "zeta": "ζ", "eta": "η",
    "theta": "θ", "vartheta": "ϑ", "iota": "ι", "kappa": "κ", "lambda": "λ", "mu": "μ", "nu": "ν", "xi": "ξ",
    "pi": "π", "rho": "ρ", "sigma": "σ", "tau": "τ", "upsilon": "υ", "phi": "ϕ", "varphi": "φ", "chi": "χ",
    "psi": "ψ", "omega": "ω", "Gamma": "Γ", "Delta": "Δ", "Theta": "Θ", "Lambda": "Λ", "Xi": "Ξ", "Pi": "Π",
    "Sigma": "Σ", "Upsilon": "Υ", "Phi": "Φ", "Psi": "Ψ", "Omega": "Ω", "times": "×", "cdot": "⋅", "pm": "±",
    "mp": "∓", "leq": "≤", "le": "≤", "geq": "≥", "ge": "≥", "neq": "≠", "approx": "≈", "sim": "∼", "equiv": "≡",
    "infty": "∞", "ell": "ℓ", "to": "→", "rightarrow": "→", "leftarrow": "←", "Rightarrow": "⇒",
    "leftrightarrow": "↔", "mapsto": "↦", "in": "∈", "subset": "⊂", "cup": "∪", "cap": "∩", "forall": "∀",
    "exists": "∃", "partial": "∂", "nabla": "∇", "sum": "∑", "prod": "∏", "int": "∫", "otimes": "⊗", "oplus": "⊕",
    "odot": "⊙", "circ": "∘", "star": "⋆", "ast": "∗", "dagger": "†", "hbar": "ℏ", "perp": "⊥", "parallel": "∥",
    "sqrt": "√", "prime": "′", "lbrace": "{", "rbrace": "}",
  ]

  /// Commands that only change the look of their argument.
  static let faces: Set<String> = [
    "textit", "textbf", "textsc", "texttt", "textrm", "textsf", "textsl", "textup", "textmd", "textnormal", "emph",
    "text", "mbox", "underline", "uline", "textsuperscript", "textsubscript", "mathrm", "mathit", "mathbf", "mathsf",
    "mathtt", "mathcal", "mathbb", "mathfrak", "boldsymbol", "operatorname", "ensuremath", "url", "uppercase",
    "lowercase", "MakeUppercase", "MakeLowercase", "nolinkurl", "path",
  ]

  /// Commands that change the look up to the end of their group.
  static let switches: Set<String> = [
    "it", "bf", "em", "sc", "tt", "rm", "sl", "sf", "itshape", "bfseries", "scshape", "ttfamily", "rmfamily",
    "sffamily", "slshape", "upshape", "mdseries", "normalfont", "small", "footnotesize", "large", "Large", "normalsize",
  ]

  /// The combining mark of an accent command.
  static func mark(_ accent: UInt8) -> Unicode.Scalar? {
    switch accent {
    case UInt8(ascii: "`"): "\u{300}"
    case UInt8(ascii: "'"): "\u{301}"
    case UInt8(ascii: "^"): "\u{302}"
    case UInt8(ascii: "~"): "\u{303}"
    case UInt8(ascii: "="): "\u{304}"
    case UInt8(ascii: "u"): "\u{306}"
    case UInt8(ascii: "."): "\u{307}"
    case UInt8(ascii: "\""): "\u{308}"
    case UInt8(ascii: "r"): "\u{30A}"
    case UInt8(ascii: "H"): "\u{30B}"
    case UInt8(ascii: "v"): "\u{30C}"
    case UInt8(ascii: "d"): "\u{323}"
    case UInt8(ascii: "c"): "\u{327}"
    case UInt8(ascii: "k"): "\u{328}"
    case UInt8(ascii: "b"): "\u{331}"
    default: nil
    }
  }

  /// A letter with a mark as one character where Unicode has one, else as two.
  static func accented(_ letter: Character, _ mark: Unicode.Scalar) -> String {
    let letter: Character = letter == "ı" ? "i" : letter == "ȷ" ? "j" : letter
    let pair = String(letter) + String(mark)
    // A line end or a control character takes no mark.
    guard pair.count == 1 else { return pair }
    // Characters are equal when they are canonically equivalent, so the table finds the composed form.
    return composed[Character(pair)].map(String.init) ?? pair
  }

  private static let composed: [Character: Unicode.Scalar] = {
    var table: [Character: Unicode.Scalar] = [:]
    for range in [UInt32(0xC0)...0x17F, 0x1CD...0x21B, 0x226...0x233, 0x1E00...0x1EF9] {
      for scalar in range.lazy.compactMap(Unicode.Scalar.init) { table[Character(scalar)] = scalar }
    }
    return table
  }()
}
