import Charts
import Foundation
import JSON
import Report
import TestSupport
import Testing

@Suite struct SanitizerTests {
  static let scope = "d1"

  // MARK: - What may come out

  @Test(arguments: Hostile.fragments.indices)
  func nothingButKnownElementsAndAttributesComesOut(_ index: Int) throws {
    let hostile = Hostile.fragments[index]
    try expectHarmlessHTML(try #require(Sanitizer.html(hostile)))
    try expectHarmlessHTML(try #require(Sanitizer.html("<p>before \(hostile) after")))
    for picture in [hostile, "<svg viewBox='0 0 9 9'><text>\(hostile)</text><rect width='1'/></svg>"] {
      if let svg = Sanitizer.svg(picture, scope: Self.scope, name: hostile) { try expectHarmlessSVG(svg) }
    }
  }

  /// Any mixture of hostile pieces, cut anywhere.
  @Test func noMixtureOfHostilePiecesGetsThrough() throws {
    var state: UInt64 = 20_251_123
    func below(_ limit: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % limit
    }
    for _ in 0..<3000 {
      var text = ""
      for _ in 0..<(1 + below(4)) {
        let piece = Array(Hostile.fragments[below(Hostile.fragments.count)].unicodeScalars)
        let start = below(piece.count)
        text.unicodeScalars.append(contentsOf: piece[start..<(start + below(piece.count - start) + 1)])
      }
      try expectHarmlessHTML(try #require(Sanitizer.html(text)))
      if let svg = Sanitizer.svg("<svg><style>\(text)</style>\(text)<g \(text)", scope: Self.scope, name: text) {
        try expectHarmlessSVG(svg)
      }
    }
  }

  @Test(.enabled(if: Browser.isPresent, Browser.absence))
  func nothingRunsInABrowserEvenWithoutAContentPolicy() throws {
    let cleaned = Hostile.fragments.map { hostile in
      let html = Sanitizer.html(hostile) ?? ""
      let svg = Sanitizer.svg("<svg>\(hostile)</svg>", scope: Self.scope, name: hostile) ?? ""
      return "<section>\(html)</section><div id='\(Self.scope)'>\(svg)</div>"
    }
    let page = try Browser.document(of: "<!DOCTYPE html><html><body>\(cleaned.joined())</body></html>")
    #expect(page.contains("<section>") && !page.contains("<html \(Hostile.mark)"))
    // The inputs do run where they are not cleaned, so the test above can fail.
    let raw = try Browser.document(of: "<!DOCTYPE html><html><body>\(Hostile.fragments[3])</body></html>")
    #expect(raw.contains("<html \(Hostile.mark)"))
  }

  // MARK: - What stays

  @Test func plainMarkupStaysAsItIs() {
    let html = "<p>A <em>plain</em> paragraph with 3 &lt; 4 &amp; <code>x</code>.</p><ul><li>one</li><li>two</li></ul>"
    #expect(Sanitizer.html(html) == html)
  }

  @Test(arguments: [
    ("<p>unclosed <b>bold", "<p>unclosed <b>bold</b></p>"),
    ("<li>a<li>b", "<li>a</li><li>b</li>"),
    ("<p>one<p>two<div>three", "<p>one</p><p>two</p><div>three</div>"),
    ("a < b & c > d", "a &lt; b &amp; c &gt; d"),
    ("&eacute;&#233;&#xE9;&unknown;&#0;", "ééé&amp;unknown;\u{FFFD}"),
    ("<blink>kept</blink><script>gone</script>", "kept"),
    ("<h2>Heading</h2>", "<p><strong>Heading</strong></p>"),
    (
      "<p class='cell failed' id='x' onclick='y' style='text-align:right;position:fixed'>t</p>",
      "<p style=\"text-align:right\">t</p>"
    ),
    (
      "<a href='https://example.org/?a=1&amp;b=2'>x</a>",
      "<a href=\"https://example.org/?a=1&amp;b=2\" rel=\"noopener noreferrer\">x</a>"
    ),
    ("<a href='#cell-a'>x</a><a href='javascript:x'>y</a><a href='../z'>z</a>", "<a href=\"#cell-a\">x</a>yz"),
    (
      "<a href='https://a.org'>x<a href='https://b.org'>y</a></a>",
      "<a href=\"https://a.org\" rel=\"noopener noreferrer\">xy</a>"
    ),
    (
      "<img src='https://example.org/x.png' alt='a picture'>",
      "<a href=\"https://example.org/x.png\" rel=\"noopener noreferrer\">[a picture]</a>"
    ),
    ("<img src='data:image/png;base64,iVBO Rw0K' alt='p'>", "<img src=\"data:image/png;base64,iVBORw0K\" alt=\"p\">"),
    ("<img src='data:image/svg+xml;base64,AAAA'>", "[image]"),
    ("<br/><hr>", "<br><hr>"),
  ])
  func fragmentsComeOutClosedAndClean(_ input: String, _ output: String) {
    #expect(Sanitizer.html(input) == output)
  }

  @Test func cleaningTwiceIsCleaningOnce() throws {
    for hostile in Hostile.fragments where !hostile.contains("<table") {
      let once = try #require(Sanitizer.html(hostile))
      #expect(Sanitizer.html(once) == once, "\(hostile)")
    }
  }

  @Test func tablesGetScopesAlignmentAndABoxToScrollIn() {
    let html = """
      <table class=x><tr><td>lone</table><table><thead><tr><th>name<th>value<th>text</thead>\
      <tr><td>a<td>−1.5<td>a sentence that is longer than a few words are<tr><th>b<td> 1 280 %<td></table>
      """
    #expect(
      Sanitizer.html(html) == """
        <div class="scroll" tabindex="0"><table><tbody><tr><td class="s">lone</td></tr></tbody></table></div>\
        <div class="scroll" tabindex="0"><table><thead><tr><th scope="col" class="s">name</th>\
        <th scope="col" class="n">value</th><th scope="col" class="long">text</th></tr></thead>\
        <tbody><tr><td class="s">a</td><td class="n">−1.5</td>\
        <td class="long">a sentence that is longer than a few words are</td></tr>\
        <tr><th scope="row" class="s">b</th><td class="n"> 1 280 %</td><td class="long"></td></tr></tbody></table></div>
        """)
  }

  // MARK: - Pictures

  @Test func chartsPassWithoutLoss() throws {
    for chart in [Samples.map as any Chart, Samples.accuracies] {
      let clean = try #require(Sanitizer.svg(chart.svg, scope: Self.scope, name: "n"))
      let (before, after) = (try #require(XMLReading(chart.svg)), try #require(XMLReading(clean)))
      #expect(before.elements.map(\.name) == after.elements.map(\.name))
      for (old, new) in zip(before.elements, after.elements) where old.name != "style" {
        let bound = old.attributes.mapValues { $0 }.merging(
          old.attributes.filter { $0.key == "id" || $0.key == "aria-labelledby" }.mapValues {
            $0.split(separator: " ").map { "\(Self.scope)-\($0)" }.joined(separator: " ")
          }, uniquingKeysWith: { $1 })
        #expect(bound == new.attributes)
        #expect(old.text.filter { $0 != "\n" } == new.text.filter { $0 != "\n" })
      }
      // Every declaration of the style sheet is still there, its rule bound to the scope.
      let sheets = (before["style"].first?.text ?? "", after["style"].first?.text ?? "")
      #expect(sheets.0.count { $0 == ":" } == sheets.1.count { $0 == ":" })
      #expect(sheets.1.contains("#\(Self.scope) .qc .qc-title{font-size:15px;font-weight:600}"))
      #expect(sheets.1.contains("@media screen and (prefers-color-scheme:dark){#\(Self.scope) .qc text{"))
    }
  }

  /// The forms that Matplotlib writes: shapes in `defs` repeated by `use`, clips, styles as attributes.
  @Test func repeatedShapesAndClipsKeepTheirBounds() throws {
    let svg = """
      <?xml version="1.0" encoding="utf-8"?><!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "x.dtd">
      <svg width="460.8pt" height="345.6pt" viewBox="0 0 460.8 345.6" xmlns:xlink="http://www.w3.org/1999/xlink">
      <metadata><rdf:RDF/></metadata><defs>
      <style type="text/css">*{stroke-linejoin: round; stroke-linecap: butt}</style>
      <path id="m1" d="M 0 0 L 3.5 0" style="stroke: #000000; stroke-width: 0.8"/>
      <clipPath id="p1"><rect x="57" y="41" width="357" height="266"/></clipPath></defs>
      <g clip-path="url(#p1)"><use xlink:href="#m1" x="10" y="2" style="fill: #ff0000; background: url(x)"/></g></svg>
      """
    let text = try #require(Sanitizer.svg(svg, scope: "d1", name: "Figure"))
    let clean = try #require(XMLReading(text))
    #expect(clean["path"].first?.attributes["id"] == "d1-m1")
    #expect(clean["path"].first?.attributes["style"] == "stroke:#000000;stroke-width:0.8")
    #expect(clean["use"].first?.attributes == ["href": "#d1-m1", "x": "10", "y": "2", "style": "fill:#ff0000"])
    #expect(clean["g"].first?.attributes["clip-path"] == "url(#d1-p1)")
    #expect(clean["style"].first?.text == "#d1 *{stroke-linejoin:round;stroke-linecap:butt}")
    #expect(clean["svg"].first?.attributes["aria-label"] == "Figure")
    #expect(clean["metadata"].isEmpty)
  }

  @Test func groupsThatRepeatGroupsAreLeftOut() throws {
    var svg = "<svg><defs><g id=\"g0\"><rect width=\"1\"/></g>"
    for level in 1...20 {
      let uses = String(repeating: "<use href=\"#g\(level - 1)\"/>", count: 10)
      svg += "<g id=\"g\(level)\">\(uses)</g>"
    }
    svg += "</defs><use href=\"#g20\"/></svg>"
    let clean = try #require(Sanitizer.svg(svg, scope: "d1", name: "n"))
    #expect(!clean.contains("<use"))
  }

  @Test(arguments: Hostile.css.indices)
  func styleSheetsReachOnlyTheirPicture(_ index: Int) throws {
    let svg = "<svg><style>\(Hostile.css[index])</style><rect width='1'/></svg>"
    let clean = try #require(Sanitizer.svg(svg, scope: "d1", name: "n"))
    try expectHarmlessSVG(clean)
    for sheet in try #require(XMLReading(clean))["style"].map(\.text) {
      let rules = sheet.replacing(/@media [^{]*\{/, with: "").split(separator: "}")
      #expect(rules.allSatisfy { $0.hasPrefix("#d1 ") }, "\(sheet)")
      #expect(!sheet.contains("position") && !sheet.contains("content"))
    }
  }

  @Test func onlyTheFirstPictureCounts() {
    #expect(Sanitizer.svg("no picture <b>here</b>", scope: "d1", name: "n") == nil)
    let two = Sanitizer.svg("x<svg><rect/></svg><svg><circle/></svg><script/>", scope: "d1", name: "n")
    #expect(
      two == "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" aria-label=\"n\"><rect></rect></svg>")
  }

  // MARK: - Size

  @Test(.timeLimit(.minutes(1)))
  func hugeAndDeepInputsEndSoon() throws {
    let pieces = [
      "<div>", "<svg>", "<g>", "a</x>", "&", "&#", "<", "</", "<!--", "<![CDATA[", "<!DOCTYPE [", "<a b='", "<a b",
      "<p ",
      "<table><tr><td>", "<style>", "<svg><style>a{", "<svg><style>/*", "<li>", "\"", "<svg a=1 b=2 c=3>",
    ]
    for piece in pieces {
      let text = String(repeating: piece, count: 200_000 / piece.utf8.count)
      _ = try #require(Sanitizer.html(text))
      _ = Sanitizer.svg(text, scope: "d1", name: "n")
    }
    #expect(Sanitizer.html(String(repeating: "x", count: Sanitizer.byteLimit + 1)) == nil)
  }

  // MARK: - Checks

  /// Since every `<` and `>` of texts and values is escaped, tags can be found by a plain search.
  private func expectHarmlessHTML(_ html: String) throws {
    let elements: Set<String> = [
      "a", "abbr", "b", "bdi", "bdo", "blockquote", "br", "caption", "cite", "code", "dd", "del", "details", "dfn",
      "div", "dl", "dt", "em", "figcaption", "figure", "hr", "i", "img", "ins", "kbd", "li", "mark", "ol", "p", "pre",
      "q", "s", "samp", "small", "span", "strong", "sub", "summary", "sup", "table", "tbody", "td", "tfoot", "th",
      "thead", "time", "tr", "u", "ul", "var", "wbr",
    ]
    let attributes: Set<String> = [
      "alt", "class", "colspan", "datetime", "dir", "href", "lang", "rel", "rowspan", "scope", "src", "start", "style",
      "tabindex", "title",
    ]
    for tag in html.matches(of: /<\/?([^\s>\/]*)([^>]*)>/) {
      #expect(elements.contains(String(tag.1)), "\(html)")
      for attribute in tag.2.matches(of: /([^\s="]+)="([^"]*)"/) {
        #expect(attributes.contains(String(attribute.1)), "\(html)")
        let value = attribute.2
        if attribute.1 == "href" { #expect(value.contains(/^(https?:\/\/|mailto:|#)/), "\(html)") }
        if attribute.1 == "src" { #expect(value.contains(/^data:image\/(png|jpeg|gif|webp);base64,/), "\(html)") }
        if attribute.1 == "style" { #expect(!value.contains("(") && !value.contains("position"), "\(html)") }
      }
      let rest = tag.2.replacing(/[^\s="]+="[^"]*"/, with: "")
      #expect(rest.allSatisfy { $0.isWhitespace }, "\(html)")
    }
  }

  private func expectHarmlessSVG(_ svg: String) throws {
    let reading = try #require(XMLReading(svg), "\(svg)")
    let elements: Set<String> = [
      "a", "circle", "clipPath", "defs", "desc", "ellipse", "g", "image", "line", "linearGradient", "path", "polygon",
      "polyline", "radialGradient", "rect", "stop", "style", "svg", "symbol", "text", "title", "tspan", "use",
    ]
    for element in reading.elements {
      #expect(elements.contains(element.name), "\(svg)")
      for (name, value) in element.attributes {
        #expect(!name.hasPrefix("on") && !name.contains(":"), "\(svg)")
        if name == "href" {
          #expect(value.contains(/^(https?:\/\/|mailto:|#d1-|data:image\/(png|jpeg|gif|webp);base64,)/), "\(svg)")
          #expect(element.name == "a" || value.hasPrefix("#d1-") || value.hasPrefix("data:"), "\(svg)")
        }
        if name != "aria-label" && name != "href" {
          #expect(!value.lowercased().replacing("url(#d1-", with: "").contains("url("), "\(svg)")
        }
      }
    }
    for sheet in reading["style"].map(\.text) {
      #expect(!sheet.lowercased().replacing("url(#d1-", with: "").contains("url("), "\(sheet)")
      #expect(!sheet.contains("@import") && !sheet.contains("\\") && !sheet.contains("<"), "\(sheet)")
    }
  }
}
