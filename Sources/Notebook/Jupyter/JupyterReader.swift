import JSON

/// A Jupyter notebook as the text of a `.quire.md`.
///
/// Of one that Quire wrote, the cells stay cells and what was not edited gives the bytes that it came from. Code of
/// other kernels becomes plain fenced blocks, which nothing runs. Outputs are left behind: they are in the log.
public enum JupyterReader {
  /// - Throws: E102 for what is no notebook of nbformat 4.
  public static func text(_ notebook: JSON) throws(NotebookError) -> String {
    guard let cells = notebook["cells"]?.array, notebook["nbformat"]?.int == 4 else {
      throw NotebookError(
        .frontMatter, "this is no Jupyter notebook of nbformat 4",
        hint: "open it in Jupyter and save it, which brings an older one up to date")
    }
    var reader = Reader(notebook)
    for cell in cells { reader.add(cell) }
    return reader.text
  }

  private struct Reader {
    private(set) var text = ""
    private let lineEnd: String
    private let isQuire: Bool
    private let language: String
    /// Cells that bear an id on their fences, or were given one here.
    private var ids = Set<String>()
    /// What was added last stood so in the text that the notebook came from.
    private var isAsItWas = true

    init(_ notebook: JSON) {
      let metadata = notebook["metadata"]
      let about = metadata?["quire"]
      lineEnd = about?["lineEnd"]?.string == "crlf" ? "\r\n" : "\n"
      isQuire = [metadata?["kernelspec"]?["name"]?.string, metadata?["language_info"]?["name"]?.string].contains(
        "quire")
      let named =
        metadata?["language_info"]?["name"]?.string ?? metadata?["kernelspec"]?["language"]?.string
        ?? metadata?["kernelspec"]?["name"]?.string
      let allowed = named?.filter { $0.isASCII && ($0.isLetter || $0.isNumber || "+#-_.".contains($0)) } ?? ""
      language = allowed == "quire" ? "" : allowed
      if let frontMatter = about?["frontMatter"]?.string, Self.isFrontMatter(frontMatter) {
        text = frontMatter
      } else if let title = metadata?["title"]?.string {
        text = "---\ntitle: \(JSON.string(title).text)\n---\n\n".replacingLineEnds("\n", with: lineEnd)
      }
      if let start = about?["start"]?.string, start.utf8.allSatisfy(\.isBlankOrLineEnd) { text += start }
      for cell in notebook["cells"]?.array ?? [] {
        let id = (cell["metadata"]?["quire"]?["open"] ?? cell["metadata"]?["quire"]?["exact"])?.string
          .flatMap { NotebookDocument($0).cells.first?.id }
        if let id { ids.insert(id) }
      }
    }

    private static func isFrontMatter(_ text: String) -> Bool {
      NotebookText(Array(text.utf8)).blocks.map(\.kind) == [.frontMatter]
    }

    mutating func add(_ cell: JSON) {
      let source = Self.source(cell)
      let about = cell["metadata"]?["quire"]
      switch cell["cell_type"]?.string {
      case "markdown": addProse(source, about)
      case "code" where isQuire: addCell(source, about, id: cell["id"]?.string)
      case "code": addBlock(source, language)
      default: addBlock(source, "text")
      }
    }

    /// A string, or a list of them.
    private static func source(_ cell: JSON) -> String {
      cell["source"]?.string ?? (cell["source"]?.array ?? []).compactMap(\.string).joined()
    }

    private mutating func addProse(_ source: String, _ about: JSON?) {
      if let exact = exact(source, about) { return append(exact, about) }
      if source.utf8.allSatisfy(\.isBlankOrLineEnd) { return }
      let content = source.replacingLineEnds("\n", with: lineEnd)
      guard let after = blank(about?["after"]) else { return appendApart(content + lineEnd) }
      append((blank(about?["before"]) ?? "") + content + after, about, hasAfter: true)
    }

    private mutating func addCell(_ source: String, _ about: JSON?, id: String?) {
      if let exact = exact(source, about) { return append(exact, about) }
      let parts = JupyterParts.Source(source)
      let body = parts.body.isEmpty ? "" : parts.body + "\n"
      let known = about?["open"]?.string.flatMap { JupyterParts.isOpening($0) ? $0 : nil }
      let before = known.map(Self.info)
      guard let info = parts.info.flatMap(Self.sound) ?? before else {
        return appendApart(fenced(body, "quire id=\(fresh(id))"))
      }
      guard let known, let before, let closing = about?["close"]?.string, closing.utf8.count < 200 else {
        return appendApart(fenced(body, Self.hasID(info) ? info : "\(info) id=\(fresh(id))"))
      }
      let opening = info == before ? known : known.replacing(before, with: info, maxReplacements: 1)
      let whole = opening + body.replacingLineEnds("\n", with: lineEnd) + closing
      // An edit may hold a line that closes the fence: then it takes a longer one.
      guard NotebookText(Array(whole.utf8)).blocks.map(\.kind) == [.cell(0)] else {
        return appendApart(fenced(body, info))
      }
      append(whole, about)
    }

    /// The words of a line that opens a cell.
    private static func info(_ opening: String) -> String {
      let text = NotebookText(Array((opening + "x\n").utf8))
      return text.fences.first.map { text.source[$0.info] } ?? "quire"
    }

    /// The words of a fence, unless they would end it.
    private static func sound(_ info: String) -> String? {
      JupyterParts.isOpening("```\(info)\n") ? Self.info("```\(info)\n") : nil
    }

    private static func hasID(_ info: String) -> Bool {
      info.split(whereSeparator: \.isWhitespace).contains { $0.hasPrefix("id=") }
    }

    private mutating func addBlock(_ source: String, _ info: String) {
      if source.isEmpty { return }
      appendApart(fenced(source.hasSuffix("\n") ? source : source + "\n", info))
    }

    /// The text that a cell came from, when its source is still the one that it gave.
    private func exact(_ source: String, _ about: JSON?) -> String? {
      guard let exact = about?["exact"]?.string, about?["source"]?.string == source else { return nil }
      return exact
    }

    private func blank(_ value: JSON?) -> String? {
      guard let text = value?.string, text.utf8.allSatisfy(\.isBlankOrLineEnd) else { return nil }
      return text
    }

    /// A text that stood there, followed by the blank lines that followed it.
    private mutating func append(_ block: String, _ about: JSON?, hasAfter: Bool = false) {
      if !isAsItWas { separate() }
      if let last = text.utf8.last, !last.isLineEnd { text += lineEnd }
      text += block + (hasAfter ? "" : blank(about?["after"]) ?? "")
      isAsItWas = true
    }

    /// A text that is new there, with a blank line before it.
    private mutating func appendApart(_ block: String) {
      separate()
      text += block.replacingLineEnds("\r\n", with: "\n").replacingLineEnds("\n", with: lineEnd)
      isAsItWas = false
    }

    private mutating func separate() {
      guard !text.isEmpty else { return }
      if !text.hasSuffix(lineEnd) { text += lineEnd }
      if !text.hasSuffix(lineEnd + lineEnd) { text += lineEnd }
    }

    /// A fence that no line of the body closes.
    private func fenced(_ body: String, _ info: String) -> String {
      var longest = 2
      for line in body.split(separator: "\n") {
        longest = max(longest, line.drop { $0 == " " }.prefix { $0 == "`" }.count)
      }
      let fence = String(repeating: "`", count: longest + 1)
      return "\(fence)\(info)\n\(body)\(fence)\n"
    }

    private mutating func fresh(_ id: String?) -> String {
      let isGood =
        id.map { id in
          id.utf8.count <= 64 && id.utf8.first?.isLetter == true
            && id.utf8.allSatisfy { $0.isLetter || $0.isDigit || $0 == Byte.underscore || $0 == Byte.dash }
        } ?? false
      let base = isGood ? id ?? "cell" : "cell"
      var candidate = isGood ? base : "cell-1"
      var count = 1
      while !ids.insert(candidate).inserted {
        count += 1
        candidate = "\(base.prefix(58))-\(count)"
      }
      return candidate
    }
  }
}
