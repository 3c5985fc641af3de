import Foundation
import JSON
import TestSupport
import Testing

@testable import Report

@Suite struct PageTests {
  private func page(_ blocks: [ReportDocument.Block], title: String = "Title") -> String {
    Report.html(
      ReportDocument(
        title: title, notebook: "n.quire.md", blocks: blocks, footer: ReportFooter(quireVersion: "0.1.0")))
  }

  private func body(_ html: String) -> Substring {
    guard let start = html.range(of: "<main>"), let end = html.range(of: "</main>") else { return "" }
    return html[start.upperBound..<end.lowerBound]
  }

  // MARK: - The whole

  @Test func thePageIsOneFileWithoutScriptsOrAddressesToFetch() {
    let html = Report.html(Samples.document)
    #expect(html.hasPrefix("<!DOCTYPE html>\n<html lang=\"en\">"))
    #expect(html.contains("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none';"))
    #expect(html.contains("<meta name=\"viewport\""))
    #expect(!html.contains("<script") && !html.contains("<link") && !html.contains(" src=\"http"))
    #expect(!html.contains("url("))
    #expect(html.utf8.count < 1_000_000)
    #expect(html == Report.html(Samples.document))
  }

  @Test func headingsAreInOrderBelowOneTitle() {
    let html = Report.html(Samples.document)
    let levels = html.matches(of: /<h([1-6])[ >]/).compactMap { Int($0.1) }
    #expect(levels.first == 1 && levels.count { $0 == 1 } == 1)
    for (before, after) in zip(levels, levels.dropFirst()) { #expect(after <= before + 1, "\(levels)") }
  }

  @Test func identifiersAreDistinctAndReferencesFindThem() {
    let cell = Samples.cells[1]
    let html = page([.cell(cell), .cell(cell), .prose(markdown: "[there](#cell-topics-2)")])
    let identifiers = html.matches(of: /\sid="([^"]*)"/).map { String($0.1) }
    #expect(Set(identifiers).count == identifiers.count)
    #expect(identifiers.contains("cell-topics-2"))
    for reference in html.matches(of: /\saria-labelledby="([^"]*)"/) {
      #expect(reference.1.split(separator: " ").allSatisfy { identifiers.contains(String($0)) })
    }
  }

  @Test func everyHeaderCellHasAScope() {
    let html = Report.html(Samples.document)
    #expect(html.contains("<th") && html.matches(of: /<th[ >][^>]*/).allSatisfy { $0.0.contains("scope=") })
  }

  @Test func theFooterSaysHowTheLogStandsAndHowToVerifyIt() {
    let html = Report.html(Samples.document)
    let footer = html[(html.range(of: "<footer")?.lowerBound ?? html.startIndex)...]
    for text in ["42 entries", "9f86d081884c7d65", "whole: 42 entries", "quire 0.1.0", "quire log verify"] {
      #expect(footer.contains(text))
    }
  }

  // MARK: - Cells

  @Test func staleAndFailedCellsAreMarkedInWords() {
    let html = Report.html(Samples.document)
    #expect(html.contains("<section class=\"cell stale\" id=\"cell-probe\""))
    #expect(html.contains("<span class=\"state\">stale</span>"))
    #expect(html.contains("From an earlier run; the cell has changed since."))
    #expect(html.contains("<span class=\"state\">failed</span>") && html.contains("E205 /C: -1 is not greater"))
    #expect(html.contains("5 (2 fresh, 1 stale, 1 failed, 1 blocked)"))
  }

  @Test func codeAndProvenanceAreFolded() {
    let html = page([.cell(Samples.cells[0])])
    #expect(html.contains("<details><summary>Code</summary><pre class=\"scroll\" tabindex=\"0\">method: papers.import"))
    #expect(html.contains("<details><summary>Provenance</summary>"))
    #expect(html.contains("<th scope=\"row\">input file</th><td><code>9f86d081884c7d65</code>"))
    #expect(!page([.cell(Samples.cells[4])]).contains("<details"))
  }

  @Test func theRichestFormOfADisplayIsShown() {
    func cell(_ data: JSON) -> String {
      page([.cell(ReportCell(id: "c", method: "m", state: .fresh, displays: [["title": "t", "data": data]]))])
    }
    let svg: JSON = "<svg viewBox='0 0 1 1'><rect width='1' height='1'/></svg>"
    #expect(cell(["text/plain": "plain", "image/svg+xml": svg]).contains("<div class=\"picture\" id=\"d1\"><svg"))
    #expect(cell(["text/plain": "plain", "image/svg+xml": svg]).contains("As text</summary>"))
    #expect(cell(["text/plain": "plain", "text/html": "<b>rich</b>"]).contains("<b>rich</b>"))
    #expect(cell(["text/plain": ["two ", "parts"]]).contains(">two parts</pre>"))
    #expect(cell(["image/svg+xml": "broken", "text/plain": "plain"]).contains(">plain</pre>"))
    #expect(cell(["application/json": ["a": 1]]).contains("&quot;a&quot;"))
    #expect(cell(["application/x-npy": "x"]).contains("no form that a page can show"))
    #expect(cell("not a bundle").contains("no form that a page can show"))
  }

  @Test func aTitleThatThePictureWritesIsNotRepeated() {
    let html = page([.cell(Samples.cells[1])])
    #expect(!html.contains("<figcaption>"))
    #expect(page([.cell(Samples.cells[0])]).contains("<figcaption>Papers of the store</figcaption>"))
  }

  @Test func aTableOfPapersHasNumbersToTheRightAndTitlesThatWrap() {
    let html = page([.cell(Samples.cells[0])])
    #expect(html.matches(of: /<tr>/).count == 120 + 5)
    #expect(html.contains("<th scope=\"col\" class=\"long\">title</th><th scope=\"col\" class=\"n\">year</th>"))
    #expect(html.matches(of: /<td class="n">/).count == 3 * 119)
  }

  @Test func veryLongTablesAndTextsAreCutAndSaySo() {
    let rows = (0..<5000).map { ["\($0)", "x"] }
    let html = page([.table(ReportTable(columns: ["a", "b"], rows: rows))])
    #expect(html.contains("… and 4000 more rows"))
    let text = String(repeating: "é", count: 200_000)
    let long: JSON = ["title": "t", "data": ["text/plain": .string(text)]]
    let cut = page([.cell(ReportCell(id: "c", method: "m", state: .fresh, displays: [long]))])
    #expect(cut.contains("é\n… cut; 400000 bytes in all") && !cut.contains("\u{FFFD}"))
  }

  // MARK: - Prose

  @Test func proseKeepsItsMeaning() {
    let html = page([.prose(markdown: "# Title\n\nSome *text* & `code`.\n\n- [x](https://example.org)")])
    #expect(
      body(html) == """
        <div class="prose"><p>Some <em>text</em> &amp; <code>code</code>.</p>
        <ul>
        <li><a href="https://example.org" rel="noopener noreferrer">x</a></li>
        </ul>
        </div>

        """)
  }

  @Test func htmlInProseIsShownAsText() {
    let html = page([
      .prose(markdown: "a <b onclick=\"x\">b</b> <!-- gone -->\n\n<script>\nalert(1)\n</script>\n\n<!-- gone -->")
    ])
    #expect(html.contains("a &lt;b onclick=&quot;x&quot;&gt;b&lt;/b&gt;"))
    #expect(html.contains("<pre><code>&lt;script&gt;\nalert(1)\n&lt;/script&gt;\n</code></pre>"))
    #expect(!html.contains("gone"))
  }

  @Test func picturesElsewhereAreLinksAndUnsafeLinksAreText() {
    let html = page([
      .prose(
        markdown: "![a plot](https://example.org/p.png) [bad](javascript:alert(1)) [file](../x.md) ![local](p.png)")
    ])
    #expect(
      body(html).contains(
        "<a href=\"https://example.org/p.png\" rel=\"noopener noreferrer\">[a plot]</a> bad file [local]"))
  }

  @Test func headingsOfProseFollowTheirOrderWhateverTheirLevel() {
    let html = page([
      .prose(markdown: "# A\n\n#### B\n\n## C"), .cell(ReportCell(id: "c", method: "m", state: .new)),
      .prose(markdown: "###### D\n\n# E"),
    ])
    let found = html.matches(of: /<h([1-6])[^>]*>([^<]*)/).map { "\($0.1)\($0.2)" }
    #expect(found == ["1Title", "2A", "3B", "3C", "4c ", "4D", "2E"])
  }

  // MARK: - Hostile content

  private var hostile: ReportDocument {
    let text = Hostile.fragments.joined(separator: "\n\n")
    let bundles = Hostile.fragments.map { fragment -> JSON in
      [
        "title": .string(fragment),
        "data": [
          "text/html": .string(fragment), "image/svg+xml": .string("<svg>" + fragment), "text/plain": .string(fragment),
        ],
      ]
    }
    let cell = ReportCell(
      id: text, method: text, state: .failed, reason: text, code: text, error: text, summary: [.init(text, text)],
      warnings: [.init(text, text)], displays: bundles + [.string(text), ["data": .string(text)]], elapsed: text,
      provenance: .init(
        run: text, plugin: .init(text, version: text), seed: 1, inputs: [.init(text, hash: text)],
        outputs: [.init(text, hash: text)]))
    return ReportDocument(
      title: text, notebook: text, facts: [.init(text, text)],
      blocks: [
        .prose(markdown: text), .cell(cell), .table(ReportTable(caption: text, columns: [text], rows: [[text]])),
      ],
      footer: ReportFooter(quireVersion: text, logCount: 1, logHead: text, verification: text), language: text)
  }

  @Test func hostileTextAnywhereIsText() {
    let html = Report.html(hostile)
    #expect(html.contains("<html lang=\"en\">"))
    let forbidden: Set<String> = [
      "script", "iframe", "object", "embed", "foreignobject", "animate", "set", "base", "link", "form", "img",
    ]
    for tag in html.matches(of: /<\/?([a-zA-Z!][^\s>\/]*)([^>]*)>/) {
      #expect(!forbidden.contains(tag.1.lowercased()))
      for attribute in tag.2.matches(of: /([^\s="]+)="([^"]*)"/) {
        #expect(!attribute.1.hasPrefix("on"), "\(tag.0)")
        if attribute.1 == "href" { #expect(attribute.2.contains(/^(https?:\/\/|mailto:|#)/), "\(tag.0)") }
      }
      let rest = tag.2.replacing(/[^\s="]+="[^"]*"/, with: "")
      #expect(rest.allSatisfy { $0.isWhitespace } || tag.1 == "!DOCTYPE", "\(tag.0)")
    }
    #expect(html.matches(of: /<h1/).count == 1)
  }

  @Test(.enabled(if: Browser.isPresent, Browser.absence))
  func hostileTextDoesNotRunInABrowserEvenWithoutThePolicy() throws {
    let html = Report.html(hostile)
    let bare = html.replacing(/<meta http-equiv="Content-Security-Policy"[^>]*>/, with: "")
    #expect(bare.utf8.count < html.utf8.count)
    for page in [html, bare] {
      let document = try Browser.document(of: page)
      #expect(document.contains("</footer>") && !document.contains("<html lang=\"en\" \(Hostile.mark)"))
      // Nothing broke out of its place: the page still has one footer, last in its body.
      #expect(document.matches(of: /<footer/).count == 1)
      #expect(document.contains(/<\/footer>\s*<\/body>/))
    }
  }

  @Test(.enabled(if: Browser.isPresent, Browser.absence))
  func thePolicyStopsWhatWouldGetPastTheSanitiser() throws {
    let script = "<script>document.documentElement.setAttribute('\(Hostile.mark)',1)</script>"
    let html = Report.html(Samples.document)
    let pierced = html.replacing("</main>", with: script + "</main>")
    #expect(!(try Browser.document(of: pierced)).contains("<html lang=\"en\" \(Hostile.mark)"))
    let bare = pierced.replacing(/<meta http-equiv="Content-Security-Policy"[^>]*>/, with: "")
    #expect(try Browser.document(of: bare).contains("<html lang=\"en\" \(Hostile.mark)"))
  }

  // MARK: - Colours

  @Test func textMeetsAAInBothSchemes() throws {
    let sheet = PageStyle.sheet
    let light = variables(sheet[..<(try #require(sheet.range(of: "@media")).lowerBound)])
    let dark = light.merging(
      variables(
        sheet[(try #require(sheet.range(of: "@media")).lowerBound)..<(try #require(sheet.range(of: "*{")).lowerBound)]),
      uniquingKeysWith: { $1 })
    let pairs = [
      ("quire-ink", ["page", "quire-surface", "code", "note-back"]), ("quire-quiet", ["page", "quire-surface"]),
      ("link", ["page", "quire-surface"]), ("good", ["quire-surface"]), ("note", ["quire-surface", "note-back"]),
      ("bad", ["quire-surface", "bad-back"]),
    ]
    for scheme in [light, dark] {
      for (text, grounds) in pairs {
        for ground in grounds {
          let contrast = Self.contrast(try #require(scheme[text]), try #require(scheme[ground]))
          #expect(contrast >= 4.5, "\(text) on \(ground): \(contrast)")
        }
      }
    }
  }

  private func variables(_ sheet: Substring) -> [String: String] {
    Dictionary(
      sheet.matches(of: /--([a-z-]+):(#[0-9a-f]{6})/).map { (String($0.1), String($0.2)) }, uniquingKeysWith: { $1 })
  }

  /// WCAG 2.1.
  private static func contrast(_ first: String, _ second: String) -> Double {
    let sizes = [first, second].map { color -> Double in
      let value = UInt32(color.dropFirst(), radix: 16) ?? 0
      let parts = [16, 8, 0].map { shift -> Double in
        let part = Double((value >> shift) & 255) / 255
        return part <= 0.04045 ? part / 12.92 : pow((part + 0.055) / 1.055, 2.4)
      }
      return parts[0] * 0.2126 + parts[1] * 0.7152 + parts[2] * 0.0722 + 0.05
    }
    return max(sizes[0], sizes[1]) / min(sizes[0], sizes[1])
  }
}
