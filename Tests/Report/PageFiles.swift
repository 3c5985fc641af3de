import Foundation
import Report
import TestSupport
import Testing

/// With `QUIRE_PICTURES=FOLDER` the sample report is written there with screenshots and a PDF, for a person to look at.
private let folder = ProcessInfo.processInfo.environment["QUIRE_PICTURES"]

@Test(.enabled(if: folder != nil && Browser.isPresent, "writes the sample report where QUIRE_PICTURES names a folder"))
func sampleReportIsWrittenForAPersonToLookAt() throws {
  let folder = URL(fileURLWithPath: try #require(folder), isDirectory: true)
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  let html = Report.html(Samples.document)
  try html.write(to: folder.appendingPathComponent("report.html"), atomically: true, encoding: .utf8)
  for (name, width, height) in [("phone", 390, 4600), ("wide", 1200, 3600)] {
    // Headless Chromium lays out no narrower than 500 pixels, so the page stands in a frame.
    let frame = """
      <!DOCTYPE html><style>:root{color-scheme:light dark}body{margin:0}
      iframe{border:0;width:\(width)px;height:\(height)px}</style>
      <iframe src="file://\(folder.path)/report.html"></iframe>
      """
    for isDark in [false, true] {
      try Browser.screenshot(
        of: frame, to: folder.appendingPathComponent("report-\(name)\(isDark ? "-dark" : "").png"),
        width: max(width, 500), height: height, isDark: isDark)
    }
  }
  try Browser.pdf(of: html, to: folder.appendingPathComponent("report.pdf"))
}
