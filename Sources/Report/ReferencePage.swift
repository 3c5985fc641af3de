/// The reference of many methods as one HTML page that needs no network and runs no script.
public struct ReferencePage: Sendable {
  /// A method's page.
  public struct Entry: Sendable {
    let name: String
    let summary: String
    let markdown: String

    /// - Parameter markdown: CommonMark whose first heading is the name; HTML in it is shown as text.
    public init(name: String, summary: String, markdown: String) {
      (self.name, self.summary, self.markdown) = (name, summary, markdown)
    }
  }

  /// The methods of one plugin.
  public struct Section: Sendable {
    let title: String
    let summary: String
    let entries: [Entry]

    public init(title: String, summary: String, entries: [Entry]) {
      (self.title, self.summary, self.entries) = (title, summary, entries)
    }
  }

  private let title: String
  private let sections: [Section]

  public init(title: String, sections: [Section]) { (self.title, self.sections) = (title, sections) }

  public var html: String {
    let page = Markup.element(
      "html", ["lang": "en"],
      [
        .element(
          "head",
          [
            .element("meta", ["charset": "utf-8"], []),
            .element("meta", ["http-equiv": "Content-Security-Policy", "content": Report.contentPolicy], []),
            .element("meta", ["name": "viewport", "content": "width=device-width, initial-scale=1"], []),
            .element("title", title), .element("style", PageStyle.sheet),
          ]), .text("\n"),
        .element("body", [.element("main", [.element("h1", title)] + contents + sections.flatMap(articles))]),
      ])
    return "<!DOCTYPE html>\n" + Markup.write([page]) + "\n"
  }

  private var contents: [Markup] {
    [
      .element(
        "nav", ["aria-label": "Methods"],
        sections.flatMap { section -> [Markup] in
          [
            .element("h2", section.title), .element("p", section.summary), .text("\n"),
            .element(
              "ul",
              section.entries.map { entry in
                .element(
                  "li",
                  [.element("a", ["href": "#\(anchor(entry))"], entry.name), .text(": \(entry.summary)")])
              }), .text("\n"),
          ]
        })
    ]
  }

  private func articles(_ section: Section) -> [Markup] {
    section.entries.flatMap { entry -> [Markup] in
      var levels = HeadingLevels()
      let prose = Prose.markup(entry.markdown, levels: &levels, title: nil)
      return [.text("\n"), .element("article", ["class": "prose", "id": anchor(entry)], prose)]
    }
  }

  private func anchor(_ entry: Entry) -> String { String(entry.name.map { $0 == "/" ? "." : $0 }) }
}
