import JSON

/// A `.quire.md` as a Jupyter notebook (nbformat 4.5): a cell for each cell, whose source is a comment with the words of
/// its fence, `# quire id=fit seed=7`, and its body; a Markdown cell for the prose between; and in `metadata.quire` what
/// it takes to give the same bytes back.
public enum JupyterWriter {
  /// - Parameter outputs: the outputs of a cell, as nbformat has them.
  /// - Throws: E101 for a file that is no text.
  public static func notebook(
    _ document: NotebookDocument, outputs: (Cell) -> [JSON] = { _ in [] }
  ) throws(NotebookError) -> JSON {
    if document.bytes.firstInvalidUTF8 != nil {
      throw NotebookError(.notUTF8, "the file is not UTF-8", hint: "save it as UTF-8")
    }
    let lineEnd = document.source.endsLinesWithCRLF ? "\r\n" : "\n"
    var about: JSON.Object = ["lineEnd": .string(lineEnd == "\n" ? "lf" : "crlf")]
    var start = ""
    var cells: [JSON.Object] = []
    var ids = Set(document.cells.map(\.id))
    var used = Set<String>()
    var proseCount = 0
    for block in document.blocks {
      let text = document.source[block.range]
      switch block.kind {
      case .frontMatter: about["frontMatter"] = .string(text)
      case .prose:
        if text.utf8.allSatisfy(\.isBlankOrLineEnd) {
          // Blank lines alone make no cell: they belong to what stands before them.
          if cells.isEmpty { start += text } else { append(text, to: &cells[cells.count - 1]) }
          continue
        }
        var id: String
        repeat {
          proseCount += 1
          id = "md-\(proseCount)"
        } while !ids.insert(id).inserted
        cells.append(prose(text, id, lineEnd))
      case .cell(let number):
        let cell = document.cells[number]
        cells.append(code(cell, unused(cell.id, &used, ids), text, document, lineEnd, outputs(cell)))
      }
    }
    if !start.isEmpty { about["start"] = .string(start) }
    return [
      "cells": .array(cells.map(JSON.object)),
      "metadata": .object(metadata(document, about)), "nbformat": 4, "nbformat_minor": 5,
    ]
  }

  private static func metadata(_ document: NotebookDocument, _ about: JSON.Object) -> JSON.Object {
    var metadata: JSON.Object = [
      "kernelspec": ["display_name": "Quire", "language": "quire", "name": "quire"],
      "language_info": [
        "file_extension": ".quire.md", "mimetype": "text/x-yaml", "name": "quire", "pygments_lexer": "yaml",
      ],
      "quire": .object(about),
    ]
    metadata["title"] = document.frontMatter.title.map(JSON.string)
    return metadata
  }

  /// Two cells may bear one id in a text, but not in a Jupyter notebook.
  private static func unused(_ id: String, _ used: inout Set<String>, _ all: Set<String>) -> String {
    var candidate = id
    var count = 1
    while used.contains(candidate) || count > 1 && all.contains(candidate) {
      count += 1
      candidate = "\(id.prefix(60))-\(count)"
    }
    used.insert(candidate)
    return candidate
  }

  private static func append(_ blank: String, to cell: inout JSON.Object) {
    var metadata = cell["metadata"]?.object ?? [:]
    var about = metadata["quire"]?.object ?? [:]
    about["after"] = .string((about["after"]?.string ?? "") + blank)
    metadata["quire"] = .object(about)
    cell["metadata"] = .object(metadata)
  }

  private static func prose(_ text: String, _ id: String, _ lineEnd: String) -> JSON.Object {
    let parts = JupyterParts.Prose(text)
    var about: JSON.Object = [:]
    if !parts.before.isEmpty { about["before"] = .string(parts.before) }
    about["after"] = .string(parts.after)
    var cell: JSON.Object = ["cell_type": "markdown", "id": .string(id)]
    let source = parts.content.replacingLineEnds(lineEnd, with: "\n")
    if source.replacingLineEnds("\n", with: lineEnd) != parts.content {
      about = ["exact": .string(text), "source": .string(source)]
    }
    cell["metadata"] = ["quire": .object(about)]
    cell["source"] = .string(source)
    return cell
  }

  private static func code(
    _ cell: Cell, _ id: String, _ text: String, _ document: NotebookDocument, _ lineEnd: String, _ outputs: [JSON]
  ) -> JSON.Object {
    let source = document.source
    let opening = source[cell.range.lowerBound..<cell.bodyRange.lowerBound]
    let closing = source[cell.bodyRange.upperBound..<cell.range.upperBound]
    let body = source[cell.bodyRange]
    var content = body.replacingLineEnds(lineEnd, with: "\n")
    if content.hasSuffix("\n") { content.removeLast() }
    var about: JSON.Object = ["close": .string(closing), "open": .string(opening)]
    let again = content.isEmpty ? "" : (content + "\n").replacingLineEnds("\n", with: lineEnd)
    // Jupyter shows no ids, and not every program that executes a notebook sends them.
    let whole = JupyterParts.Source(info: source[cell.fence.info], body: content).text
    if again != body || !JupyterParts.isOpening(opening) || cell.fence.closing == nil {
      about = ["exact": .string(text), "source": .string(whole)]
    }
    return [
      "cell_type": "code", "execution_count": nil, "id": .string(id), "metadata": ["quire": .object(about)],
      "outputs": .array(outputs), "source": .string(whole),
    ]
  }
}

/// What writer and reader agree upon.
enum JupyterParts {
  /// A cell as Jupyter shows it: a comment with the words of its fence, and its body.
  struct Source {
    /// `quire id=fit seed=7`; `nil` for a cell without such a comment.
    var info: String?
    var body: String

    init(info: String, body: String) {
      self.info = info
      self.body = body
    }

    init(_ text: String) {
      let lines = text.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
      let words = lines[0].drop { $0 == "#" }.split(whereSeparator: \.isWhitespace)
      guard lines[0].hasPrefix("# "), words.first == "quire" else {
        body = text
        return
      }
      info = String(lines[0].dropFirst(2))
      body = lines.count > 1 ? String(lines[1]) : ""
    }

    var text: String { info.map { body.isEmpty ? "# \($0)" : "# \($0)\n\(body)" } ?? body }
  }

  /// Prose without the blank lines around it.
  struct Prose {
    var before: String
    var content: String
    var after: String

    init(_ text: String) {
      let bytes = Array(text.utf8)
      let first = bytes.firstIndex { !$0.isBlankOrLineEnd } ?? bytes.count
      // Blanks before the first character belong to its line.
      let start = bytes[..<first].lastIndex(of: Byte.lineFeed).map { $0 + 1 } ?? 0
      let end = (bytes.lastIndex { !$0.isBlankOrLineEnd } ?? -1) + 1
      before = String(decoding: bytes[..<start], as: UTF8.self)
      content = String(decoding: bytes[start..<max(start, end)], as: UTF8.self)
      after = String(decoding: bytes[max(start, end)...], as: UTF8.self)
    }
  }

  /// Whether a text is one line that opens a cell.
  static func isOpening(_ line: String) -> Bool {
    let text = NotebookText(Array((line + "x\n").utf8))
    return line.hasSuffix("\n") && text.fences.count == 1 && text.fences[0].openingLine == 0
      && text.source.lineStarts.count == 3
  }
}

extension UInt8 {
  var isBlankOrLineEnd: Bool { isBlank || isLineEnd }
}

extension String {
  /// Exactly these line ends; a lone LF among CRLF stays what it is.
  func replacingLineEnds(_ end: String, with other: String) -> String {
    guard end != other else { return self }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(utf8.count)
    let pattern = Array(end.utf8)
    let text = Array(utf8)
    var index = 0
    while index < text.count {
      if text[index...].starts(with: pattern) {
        bytes += other.utf8
        index += pattern.count
      } else {
        bytes.append(text[index])
        index += 1
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
