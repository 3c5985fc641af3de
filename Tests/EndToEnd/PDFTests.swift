import Foundation
import JSON
import TestSupport
import Testing

/// A PDF of one page, each line of text below the other.
private func pdf(_ lines: [String]) -> Data {
  let show = lines.enumerated().map { "BT /F1 11 Tf 72 \(760 - 16 * $0.offset) Td (\($0.element)) Tj ET" }
  let content = show.joined(separator: "\n")
  let objects = [
    "<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
    "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 5 0 R /Resources << /Font << /F1 4 0 R >> >> >>",
    "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    "<< /Length \(content.utf8.count) >>\nstream\n\(content)\nendstream",
  ]
  var text = "%PDF-1.4\n"
  var offsets: [Int] = []
  for (index, object) in objects.enumerated() {
    offsets.append(text.utf8.count)
    text += "\(index + 1) 0 obj\n\(object)\nendobj\n"
  }
  let table = text.utf8.count
  text += "xref\n0 6\n0000000000 65535 f \n"
  for offset in offsets { text += String(repeating: "0", count: 10 - "\(offset)".count) + "\(offset) 00000 n \n" }
  text += "trailer\n<< /Size 6 /Root 1 0 R >>\nstartxref\n\(table)\n%%EOF\n"
  return Data(text.utf8)
}

private let hasProgram = FileManager.default.isExecutableFile(atPath: "/usr/bin/pdftotext")

@Test(.enabled(if: hasProgram, "needs pdftotext")) func aPDFIsReadByPdftotextAndItsGuessesAreMarked() throws {
  let folder = try TemporaryFolder()
  let page = [
    "Folding Paper by Gradient Descent", "", "Ada Ba, Ben C. Lee and Dora Fay", "", "Abstract",
    "We fold paper. It is described in arXiv:2401.01234 what came before.", "", "1 Introduction", "Paper folds.",
  ]
  try pdf(page).write(to: folder.file("paper.pdf"))
  let outcome = try Program.run(
    arguments: ["call", "papers.parse", #"{"source":{"$file":"paper.pdf"}}"#, "--json"], in: folder.path)
  let value = try JSON.parse(outcome.output)
  #expect(value["format"] == "pdf" && value["count"] == 1, "\(outcome.output) \(outcome.errors)")
  #expect(value["preview"]?[0]?["item"]?["title"] == "Folding Paper by Gradient Descent")
  #expect(value["warnings"]?["pdf.guessed"]?["count"] == 1)
}

@Test(.enabled(if: hasProgram, "needs pdftotext")) func aDamagedPDFIsATypedError() throws {
  let folder = try TemporaryFolder()
  let zipped = Data("%PDF-1.7\nPK\u{3}\u{4}".utf8) + Data((0..<5000).map { UInt8(truncatingIfNeeded: $0 * 7919) })
  try zipped.write(to: folder.file("paper.pdf"))
  let outcome = try Program.run(
    arguments: ["call", "papers.parse", #"{"source":{"$file":"paper.pdf"}}"#], in: folder.path)
  #expect(outcome.status != 0 && outcome.errors.contains("pdftotext"), "\(outcome.errors)")
}

@Test(.enabled(if: hasProgram, "needs pdftotext")) func aPageWithoutTextIsAScanAndMakesNoPaper() throws {
  let folder = try TemporaryFolder()
  try pdf([]).write(to: folder.file("scan.pdf"))
  let outcome = try Program.run(
    arguments: ["call", "papers.parse", #"{"source":{"$file":"scan.pdf"}}"#, "--json"], in: folder.path)
  let value = try JSON.parse(outcome.output)
  #expect(value["count"] == 0 && value["warnings"]?["pdf.no_text"]?["count"] == 1, "\(outcome.output)")
}

@Test func aMissingPdftotextIsSaidWithHowToInstallIt() throws {
  let folder = try TemporaryFolder()
  try pdf(["A Title"]).write(to: folder.file("paper.pdf"))
  let outcome = try Program.run(
    arguments: ["call", "papers.parse", #"{"source":{"$file":"paper.pdf"}}"#], in: folder.path,
    environment: ["PATH": "/nowhere"])
  #expect(outcome.status != 0 && outcome.errors.contains("poppler"), "\(outcome.errors)")
}
