import Charts
import Foundation
import JSON
import Testing

/// With `QUIRE_PICTURES=FOLDER` the samples are written there as `.svg` and `.vl.json`, for a person to look at.
private let folder = ProcessInfo.processInfo.environment["QUIRE_PICTURES"]

@Test(.enabled(if: folder != nil, "writes the sample pictures where QUIRE_PICTURES names a folder"))
func samplesAreWrittenForAPersonToLookAt() throws {
  let folder = URL(fileURLWithPath: try #require(folder), isDirectory: true)
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  for (name, chart) in Samples.all {
    try chart.svg.write(to: folder.appendingPathComponent("\(name).svg"), atomically: true, encoding: .utf8)
    try chart.vegaLite.prettyText.write(
      to: folder.appendingPathComponent("\(name).vl.json"), atomically: true, encoding: .utf8)
    #expect(!chart.plainText.isEmpty)
  }
}
