import Foundation
import JSON
import TestSupport
import Testing

private let examples = SharedData.packageRoot.appendingPathComponent("Examples")
private let notebook = "concept-in-papers.quire.md"

/// A copy of the examples, so that a run leaves nothing behind in the checkout.
private func copyOfExamples() throws -> TemporaryFolder {
  let folder = try TemporaryFolder()
  for name in [notebook, "papers.txt", "run-demo"] {
    try FileManager.default.copyItem(at: examples.appendingPathComponent(name), to: folder.file(name))
  }
  return folder
}

private func run(_ arguments: [String], in folder: TemporaryFolder) throws -> JSON {
  let outcome = try Program.run(arguments: ["run", notebook, "--json"] + arguments, in: folder.path)
  #expect(outcome.status == 0, "\(outcome.errors)")
  return try JSON.parse(outcome.output)
}

@Test func theDemoGoesFromPapersToAReport() throws {
  let folder = try copyOfExamples()
  let first = try Program.run(
    folder.file("run-demo").path, arguments: [Program.quire], in: folder.path)
  #expect(first.status == 0, "\(first.errors)")
  for word in ["import", "probe-erased", "accuracy", "concept-in-papers.html", "log verify", "README.md"] {
    #expect(first.output.contains(word), "\(first.output)")
  }
  let report = try String(contentsOf: folder.file("concept-in-papers.html"), encoding: .utf8)
  #expect(report.utf8.count < 1_000_000)
  #expect(report.contains("<svg") && report.contains("topics.kmeans") && report.contains("Attention Is All You Need"))
  #expect(!report.contains("<script"))
  if Browser.isPresent {
    for (width, isDark) in [(390, false), (390, true), (1200, false)] {
      #expect(try RenderedPage(report, width: width, isDark: isDark).faults == [], "\(width), dark: \(isDark)")
    }
  }

  // The second time everything is known: the import changes nothing, all else is fresh.
  let second = try run([], in: folder)
  #expect(second["ran"] == 1)
  #expect(second["cached"] == 11)
  #expect(try Program.run(arguments: ["log", "verify"], in: folder.path).status == 0)
}

@Test func theDemosConceptIsReadableBeforeAndGoneAfterErasure() throws {
  let folder = try copyOfExamples()
  _ = try run([], in: folder)
  let client = try Client(in: folder.path)
  let opened = try #require(try client.call("notebook/open", ["path": .string(notebook)])["notebook"])
  func value(_ cell: String) throws -> JSON {
    try #require(try client.call("cell/outputs", ["notebook": opened, "cell": .string(cell)])["value"])
  }
  let (before, after) = (try value("probe"), try value("probe-erased"))
  let majority = try #require(before["majority"]?.double ?? before["majority"]?["value"]?.double)
  let low = try #require(before["accuracy"]?["low"]?.double)
  #expect(before["heldOut"] == true)
  #expect(low > majority, "the probe's whole interval lies above the majority rate")
  // Fitted on the rows that the eraser saw, a probe falls back to the majority class.
  let left = try #require(after["accuracy"]?["value"]?.double)
  #expect(abs(left - majority) < 1e-12)
  #expect(try value("eraser")["rank"] == 1)
  let labels = try value("names")
  #expect(labels["topics"]?.array?.allSatisfy { $0["label"]?.string?.isEmpty == false } == true, "\(labels)")
  #expect(try client.end() == 0)
}

@Test(.enabled(if: SharedData.isPresent, Comment(rawValue: SharedData.absence)))
func theDemoRunsOnAnotherListOfPapers() throws {
  let folder = try copyOfExamples()
  let outcome = try Program.run(
    folder.file("run-demo").path, arguments: [Program.quire, SharedData.url("seed/page.txt").path], in: folder.path)
  #expect(outcome.status == 0, "\(outcome.errors)")
  #expect(outcome.output.contains("counts new 119"), "\(outcome.output)")
  let missing = try Program.run(
    folder.file("run-demo").path, arguments: [Program.quire, "nowhere.txt"], in: folder.path)
  #expect(missing.status == 1)
  #expect(missing.errors.contains("nowhere.txt"))
}

@Test func jobsDoNotChangeTheBits() throws {
  var artifacts: [[String]] = []
  for jobs in ["1", "4"] {
    let folder = try copyOfExamples()
    _ = try run(["--jobs", jobs], in: folder)
    let root = folder.url.appendingPathComponent(".quire/artifacts").path
    artifacts.append(try FileManager.default.subpathsOfDirectory(atPath: root).filter { $0.count > 60 }.sorted())
  }
  #expect(artifacts[0] == artifacts[1])
  #expect(artifacts[0].count > 20)
}
