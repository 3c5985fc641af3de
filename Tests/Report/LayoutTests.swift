import Foundation
import TestSupport
import Testing

@testable import Report

/// The sample page in a browser: at the width of a phone and of a desk, light, dark and printed.
@Suite(.enabled(if: Browser.isPresent, Browser.absence)) struct LayoutTests {
  @Test(arguments: [390, 1200], [false, true])
  func thePageFitsItsWidthAndIsReadable(_ width: Int, _ isDark: Bool) throws {
    let page = try RenderedPage(Report.html(Samples.document), width: width, isDark: isDark)
    #expect(page.faults == [])
    #expect(page.textCount > 100)
    #expect(page.ground == (isDark ? "15,17,21" : "245,246,248"), "the scheme is the reader's")
  }

  @Test func whatIsWrongWithAPageIsFound() throws {
    let page = try RenderedPage(
      """
      <!DOCTYPE html><html lang="en"><head><title>Bad</title></head><body style="background:#ffffff">
      <h2 id="a">Second</h2><p id="a" style="color:#999999">grey</p><pre>\(String(repeating: "wide", count: 200))</pre>
      <img src=""><svg></svg><table><tr><th>x</th></tr></table></body></html>
      """, width: 390, isDark: false)
    for fault in [
      "scrolls sideways", "contrast 2.85: p. grey", "img without alt", "svg without a name",
      "header cell without scope",
      "not one h1", "identifier a twice",
    ] {
      #expect(page.faults.contains { $0.contains(fault) }, "\(fault) in \(page.faults)")
    }
  }

  @Test func onPaperNothingIsFolded() throws {
    let folder = try TemporaryFolder()
    let file = folder.file("report.pdf")
    try Browser.pdf(of: Report.html(Samples.document), to: file)
    let text = try Program.run("/usr/bin/env", arguments: ["pdftotext", "-layout", file.path, "-"], in: folder.path)
    #expect(text.status == 0, "\(text.errors)")
    let words = text.output.filter { !$0.isWhitespace }
    for cell in Samples.cells {
      guard let code = cell.code else { continue }
      #expect(words.contains(code.filter { !$0.isWhitespace }), "the code of \(cell.id)")
    }
    #expect(words.contains("quirelogverify"))
    #expect(text.output.filter { $0 == "\u{0C}" }.count > 1, "more than one page")
  }
}
