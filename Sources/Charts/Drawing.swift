/// Writes the elements of one SVG. Every text that comes in is escaped here and nowhere else.
struct Drawing {
  enum Anchor: String {
    case start = "qc-start"
    case middle = "qc-middle"
    case end = "qc-end"
  }

  /// The usual width of a picture in units of its viewBox: narrow, so that text of 13 units is still read on a phone.
  static let width = 480.0

  let width: Double
  private(set) var body = ""
  private var hues = 0

  /// A drawing that needs more than the usual width is never shown as small as others.
  init(width: Double = Drawing.width) {
    self.width = max(width, Drawing.width)
  }

  // MARK: - Elements

  /// - Parameter title: what shows on hover and is read aloud; for a text that was cut, the whole of it.
  mutating func text(
    _ text: String, x: Double, y: Double, _ style: String = "", anchor: Anchor = .start, rotation: Double? = nil,
    title: String? = nil
  ) {
    let classes = ([style, anchor == .start ? "" : anchor.rawValue].filter { !$0.isEmpty }).joined(separator: " ")
    body += "<text x=\"\(number(x))\" y=\"\(number(y))\""
    if !classes.isEmpty { body += " class=\"\(classes)\"" }
    if let rotation { body += " transform=\"rotate(\(number(rotation)) \(number(x)) \(number(y)))\"" }
    body += ">\(Self.escaped(text))"
    if let title { body += "<title>\(Self.escaped(title))</title>" }
    body += "</text>"
  }

  /// A text cut to a width, whole in its `<title>` when it was.
  mutating func text(
    _ text: String, cutTo width: Double, size: Double, x: Double, y: Double, _ style: String = "",
    anchor: Anchor = .start, rotation: Double? = nil
  ) {
    let cut = TextWidth.cut(text, to: width, size: size)
    self.text(cut, x: x, y: y, style, anchor: anchor, rotation: rotation, title: cut == text ? nil : text)
  }

  mutating func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ style: String) {
    body += "<path class=\"\(style)\" d=\"M\(number(x1)) \(number(y1))L\(number(x2)) \(number(y2))\"/>"
  }

  mutating func rectangle(
    x: Double, y: Double, width: Double, height: Double, _ style: String, opacity: Double? = nil, title: String? = nil
  ) {
    body += "<rect class=\"\(style)\" x=\"\(number(x))\" y=\"\(number(y))\""
    body += " width=\"\(number(max(width, 0)))\" height=\"\(number(max(height, 0)))\""
    if let opacity { body += " fill-opacity=\"\(number(opacity))\"" }
    close("rect", title: title)
  }

  mutating func rectangle(_ frame: Frame, _ style: String, opacity: Double? = nil, title: String? = nil) {
    rectangle(
      x: frame.left, y: frame.top, width: frame.right - frame.left, height: frame.bottom - frame.top, style,
      opacity: opacity, title: title)
  }

  /// A line through points, broken where an element is `nil`.
  mutating func curve(_ points: [(x: Double, y: Double)?], _ style: String, dash: String? = nil) {
    var data = ""
    var isDrawing = false
    for point in points {
      guard let point else {
        isDrawing = false
        continue
      }
      data += "\(isDrawing ? "L" : "M")\(number(point.x)) \(number(point.y))"
      isDrawing = true
    }
    guard !data.isEmpty else { return }
    body += "<path class=\"\(style)\" d=\"\(data)\""
    if let dash { body += " stroke-dasharray=\"\(dash)\"" }
    body += "/>"
  }

  mutating func polygon(_ points: [(x: Double, y: Double)], _ style: String, opacity: Double, title: String? = nil) {
    guard points.count > 2 else { return }
    let data = points.map { "\(number($0.x)) \(number($0.y))" }.joined(separator: "L")
    body += "<path class=\"\(style)\" fill-opacity=\"\(number(opacity))\" d=\"M\(data)Z\""
    close("path", title: title)
  }

  mutating func symbol(
    _ shape: Symbol, x: Double, y: Double, radius: Double, opacity: Double? = nil, title: String? = nil
  ) {
    let name: String
    if shape == .circle {
      name = "circle"
      body += "<circle class=\"qc-point\" cx=\"\(number(x))\" cy=\"\(number(y))\" r=\"\(number(radius))\""
    } else {
      name = "path"
      body += "<path class=\"qc-point\" d=\"\(shape.outline(x: x, y: y, radius: radius))\""
    }
    if let opacity { body += " fill-opacity=\"\(number(opacity))\"" }
    close(name, title: title)
  }

  /// An empty circle around something.
  mutating func ring(x: Double, y: Double, radius: Double) {
    body += "<circle class=\"qc-mark\" cx=\"\(number(x))\" cy=\"\(number(y))\" r=\"\(number(radius))\"/>"
  }

  /// Draws in one hue; `nil` is the quiet tone of what has no category.
  mutating func inHue(_ index: Int?, _ draw: (inout Drawing) -> Void) {
    if let index { hues = max(hues, index % ChartColors.hueCount + 1) }
    body += "<g class=\"qc-\(index.map { String($0 % ChartColors.hueCount) } ?? "none")\">"
    draw(&self)
    body += "</g>"
  }

  private mutating func close(_ element: String, title: String?) {
    if let title {
      body += "><title>\(Self.escaped(title))</title></\(element)>"
    } else {
      body += "/>"
    }
  }

  private func number(_ value: Double) -> String { NumberText.coordinate(value) }

  // MARK: - The whole

  /// The finished element: named and described for readers who do not see it, on its own ground.
  func document(title: String, description: String, height: Double) -> String {
    let identity = Self.fingerprint(title + "\u{0}" + description + "\u{0}" + body)
    let classes = width > Self.width ? "qc qc-wide" : "qc"
    let width = number(width)
    let height = number(height)
    return """
      <svg xmlns="http://www.w3.org/2000/svg" class="\(classes)" viewBox="0 0 \(width) \(height)" role="img" \
      aria-labelledby="qc-\(identity)-t qc-\(identity)-d">\
      <title id="qc-\(identity)-t">\(Self.escaped(title))</title>\
      <desc id="qc-\(identity)-d">\(Self.escaped(description))</desc>
      <style>\(ChartColors.stylesheet(hues: hues))</style>
      <rect class="qc-back" width="\(width)" height="\(height)"/>\(body)</svg>
      """
  }

  /// Text for element content and attribute values; characters that XML 1.0 forbids become U+FFFD.
  static func escaped(_ text: String) -> String {
    var result = ""
    result.reserveCapacity(text.utf8.count)
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "\t", "\n", "\r": result.unicodeScalars.append(scalar)
      case "\0"..."\u{1F}", "\u{7F}"..."\u{9F}", "\u{FFFE}", "\u{FFFF}": result += "\u{FFFD}"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  /// FNV-1a of 64 bits (Fowler, Noll, Vo 1991) in hexadecimal: identifiers differ between pictures of one page.
  private static func fingerprint(_ text: String) -> String {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    return String(hash, radix: 16)
  }
}
