import CCMark
import Glibc

/// Turns the prose of a notebook into markup.
///
/// CommonMark is read by libcmark, which drops unsafe addresses; what it writes goes through the same sanitiser as
/// every display. Raw HTML is shown as the text it is, and its comments are left out.
enum Prose {
  /// - Parameter title: the title of the page; a first heading that repeats it is left out.
  static func markup(_ markdown: String, levels: inout HeadingLevels, title: String?) -> [Markup] {
    guard let html = html(markdown, levels: &levels, title: title),
      let markup = Sanitizer.fragment(html, keepsHeadings: true)
    else { return [.element("pre", markdown)] }
    return markup
  }

  private static func html(_ markdown: String, levels: inout HeadingLevels, title: String?) -> String? {
    var markdown = markdown
    let parsed = markdown.withUTF8 { bytes -> OpaquePointer? in
      bytes.withMemoryRebound(to: CChar.self) { cmark_parse_document($0.baseAddress, $0.count, options) }
    }
    guard let document = parsed else { return nil }
    defer { cmark_node_free(document) }
    rework(document, levels: &levels, title: title)
    guard let text = cmark_render_html(document, options) else { return nil }
    defer { free(text) }
    return String(cString: text)
  }

  private static let options = CMARK_OPT_SAFE | CMARK_OPT_VALIDATE_UTF8

  // MARK: - The tree

  private static func rework(_ document: OpaquePointer, levels: inout HeadingLevels, title: String?) {
    // The nodes are gathered first, since a tree may not change under its iterator.
    for node in nodes(of: document) {
      switch cmark_node_get_type(node) {
      case CMARK_NODE_HEADING:
        if let title, node == cmark_node_first_child(document), text(of: node).trimmingBlanks == title.trimmingBlanks {
          remove(node)
        } else {
          cmark_node_set_heading_level(node, CInt(levels.place(Int(cmark_node_get_heading_level(node)))))
        }
      case CMARK_NODE_HTML_BLOCK: replace(node, by: CMARK_NODE_CODE_BLOCK)
      case CMARK_NODE_HTML_INLINE: replace(node, by: CMARK_NODE_TEXT)
      default: break
      }
    }
  }

  private static func nodes(of root: OpaquePointer) -> [OpaquePointer] {
    guard let iterator = cmark_iter_new(root) else { return [] }
    defer { cmark_iter_free(iterator) }
    var nodes: [OpaquePointer] = []
    while true {
      let event = cmark_iter_next(iterator)
      if event == CMARK_EVENT_DONE { return nodes }
      if event == CMARK_EVENT_ENTER, let node = cmark_iter_get_node(iterator) { nodes.append(node) }
    }
  }

  private static func text(of node: OpaquePointer) -> String {
    nodes(of: node).compactMap { cmark_node_get_literal($0).map { String(cString: $0) } }.joined()
  }

  private static func replace(_ node: OpaquePointer, by type: cmark_node_type) {
    let literal = cmark_node_get_literal(node).map { String(cString: $0) } ?? ""
    let content = literal.trimmingBlanks
    if !(content.hasPrefix("<!--") && content.hasSuffix("-->")), let text = cmark_node_new(type) {
      cmark_node_set_literal(text, literal)
      if cmark_node_insert_before(node, text) == 0 { cmark_node_free(text) }
    }
    remove(node)
  }

  private static func remove(_ node: OpaquePointer) {
    cmark_node_unlink(node)
    cmark_node_free(node)
  }
}
