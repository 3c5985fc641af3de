import JSON

/// A small picture made of characters, for a terminal that shows no images: bars as blocks, points and curves as dots
/// of Braille. It is drawn from the Vega-Lite specification that every chart brings, so that logged ones can be drawn.
public struct TextPicture: Sendable {
  /// Characters of a line.
  public var width: Int
  /// Whether categories are told apart by colours of the terminal.
  public var isColored: Bool

  public init(width: Int, isColored: Bool) {
    self.width = min(max(width, 40), 100)
    self.isColored = isColored
  }

  /// The lines of the picture, its title first; `nil` for a kind of chart that cannot be drawn so.
  ///
  /// - Parameter vegaLite: a specification as ``Chart/vegaLite`` gives it. What it says is not trusted: text loses its
  ///   control characters, numbers that are not finite are left out, and the picture keeps to its size.
  public func lines(of vegaLite: JSON) -> [String]? {
    let ink = Ink(isColored: isColored)
    for layer in vegaLite["layer"]?.array ?? [vegaLite] {
      let values = layer["data"]?["values"]?.array ?? vegaLite["data"]?["values"]?.array ?? []
      let body: [String]?
      switch layer["mark"]?["type"]?.string ?? layer["mark"]?.string {
      case "bar"?: body = TextBars(layer, values)?.lines(width, ink)
      case "point"?: body = TextPlot(layer, values, joined: false)?.lines(width, ink)
      case "line"?: body = TextPlot(layer, values, joined: true)?.lines(width, ink)
      default: continue
      }
      guard let body else { return nil }
      return heading(vegaLite) + body + references(vegaLite)
    }
    return nil
  }

  /// The named values that the picture is to be read against, such as `majority 0.5`.
  private func references(_ vegaLite: JSON) -> [String] {
    let names = (vegaLite["layer"]?.array ?? []).compactMap { layer -> String? in
      let value = layer["data"]?["values"]?[0]
      guard layer["mark"]?["type"]?.string == "rule", value?["value"] != nil else { return nil }
      return value?["name"]?.string
    }
    return names.isEmpty ? [] : [Self.plain("beside " + names.prefix(6).joined(separator: ", "), to: width)]
  }

  private func heading(_ vegaLite: JSON) -> [String] {
    let title = vegaLite["title"]
    return [title?["text"]?.string ?? title?.string, title?["subtitle"]?.string].compactMap { line in
      line.map { Self.plain($0, to: width) }.flatMap { $0.isEmpty ? nil : $0 }
    }
  }

  /// A text without control characters, cut to so many characters.
  static func plain(_ text: String, to limit: Int) -> String {
    var found = ""
    var count = 0
    for character in text {
      if count == limit { return String(found.dropLast()) + "…" }
      let isShown = character.unicodeScalars.allSatisfy { scalar in
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .lineSeparator, .paragraphSeparator: false
        default: true
        }
      }
      found.append(isShown ? character : " ")
      count += 1
    }
    return found
  }

  /// How categories are told apart.
  struct Ink {
    let isColored: Bool
    /// Cyan, yellow, magenta, green, blue and red: readable on dark and on light ground.
    private static let codes = [36, 33, 35, 32, 34, 31]
    private static let fills: [Character] = ["█", "▓", "▒", "░"]

    func paint(_ text: String, _ hue: Int?) -> String {
      guard isColored, let hue else { return text }
      return "\u{1B}[\(Self.codes[hue % Self.codes.count])m\(text)\u{1B}[0m"
    }

    func fill(_ hue: Int?) -> Character {
      isColored ? "█" : Self.fills[(hue ?? 0) % Self.fills.count]
    }
  }
}
