import JSON

/// What a file or artifact holds, by its media type.
public struct MediaType: Sendable, Hashable, CustomStringConvertible {
  public let description: String
  public init(_ text: String) { description = text }

  public static let json = MediaType("application/json")
  public static let jsonLines = MediaType("application/jsonl")
  public static let npy = MediaType("application/x-npy")
  public static let npz = MediaType("application/x-npz")
  public static let safetensors = MediaType("application/x-safetensors")
  public static let text = MediaType("text/plain")
  public static let svg = MediaType("image/svg+xml")
}

/// One way to show a result; a front end picks the richest that it can.
public enum Display: Sendable {
  /// A Vega-Lite 5 specification with its data inside.
  case vegaLite(JSON)
  /// A picture without scripts or references to elsewhere.
  case svg(String)
  case table(Table)
  case text(String)
  /// A fragment; it is sanitised before it is shown.
  case html(String)

  /// A table of cells that are shown as text; numbers are aligned to the right.
  public struct Table: Sendable {
    public var columns: [String]
    public var rows: [[JSON]]

    public init(columns: [String], rows: [[JSON]]) {
      self.columns = columns
      self.rows = rows
    }
  }

  /// The MIME bundle `{title, data: {media type: content}}` of pictures of one thing; it always holds `text/plain`.
  package static func bundle(_ title: String, _ pictures: [Display]) -> JSON {
    var data: JSON.Object = [:]
    for picture in pictures {
      switch picture {
      case .vegaLite(let specification): data["application/vnd.vegalite.v5+json"] = specification
      case .svg(let text): data["image/svg+xml"] = .string(text)
      case .text(let text): data["text/plain"] = .string(text)
      case .html(let text): data["text/html"] = .string(text)
      case .table(let table):
        data["text/html"] = .string(table.html)
        if data["text/plain"] == nil { data["text/plain"] = .string(table.plainText) }
      }
    }
    if data["text/plain"] == nil { data["text/plain"] = .string(title) }
    return ["title": .string(title), "data": .object(data)]
  }
}

extension Display.Table {
  /// Columns padded with blanks.
  public var plainText: String {
    let cells = [columns] + rows.map { $0.map(Self.text) }
    let widths = columns.indices.map { column in cells.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0 }
    return cells.map { row in
      zip(row, widths).map { text, width in text + String(repeating: " ", count: width - text.count) }
        .joined(separator: "  ").trimmingTrailingBlanks
    }.joined(separator: "\n")
  }

  /// An HTML table with a header row; every cell is escaped.
  public var html: String {
    var html = "<table><thead><tr>"
    for column in columns { html += "<th scope=\"col\">\(column.htmlEscaped)</th>" }
    html += "</tr></thead><tbody>"
    for row in rows {
      html += "<tr>"
      for cell in row {
        html += cell.double == nil ? "<td>" : "<td class=\"number\">"
        html += Self.text(cell).htmlEscaped + "</td>"
      }
      html += "</tr>"
    }
    return html + "</tbody></table>"
  }

  private static func text(_ cell: JSON) -> String {
    switch cell {
    case .string(let text): text
    case .null: ""
    case .real(let value): value.shortText
    default: cell.text
    }
  }
}

extension Double {
  /// Four significant digits, as a person reads them.
  public var shortText: String {
    guard isFinite, self != 0 else { return description }
    let magnitude = abs(self)
    if magnitude >= 1e6 || magnitude < 1e-4 {
      var exponent = 0
      var mantissa = self
      while abs(mantissa) >= 10 { (mantissa, exponent) = (mantissa / 10, exponent + 1) }
      while abs(mantissa) < 1 { (mantissa, exponent) = (mantissa * 10, exponent - 1) }
      return "\((mantissa * 1000).rounded() / 1000)e\(exponent)"
    }
    var scale = 1.0
    while magnitude * scale < 1000 { scale *= 10 }
    let rounded = (self * scale).rounded() / scale
    return rounded == rounded.rounded() && magnitude >= 1 ? "\(Int(rounded))" : "\(rounded)"
  }
}

extension String {
  /// Safe as the text of an element and inside a quoted attribute.
  public var htmlEscaped: String {
    var result = ""
    result.reserveCapacity(utf8.count)
    for scalar in unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  fileprivate var trimmingTrailingBlanks: String {
    guard let last = utf8.lastIndex(where: { $0 != 0x20 }) else { return "" }
    return String(self[...last])
  }
}

/// A span of bytes of a source.
public struct ByteSpan: Codable, Sendable, Hashable {
  public var start, end: Int
  public init(_ range: Range<Int>) { (start, end) = (range.lowerBound, range.upperBound) }
}

/// Something that a reader of the result should know: a stable code and a sentence.
public struct Warning: Codable, Sendable, Equatable {
  public var code: String
  public var message: String
  public var at: ByteSpan?

  public init(_ code: String, _ message: String, at: ByteSpan? = nil) {
    (self.code, self.message, self.at) = (code, message, at)
  }
}
