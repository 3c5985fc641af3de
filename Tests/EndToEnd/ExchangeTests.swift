import Foundation
import JSON
import TestSupport
import Testing

private let csv = "x,y\n1,2\n3,4.5\n5,6\n7,8\n"

private func cell(_ id: String, _ body: String) -> String { "```quire id=\(id)\n\(body)\n```\n\n" }

/// A notebook that ran, one of its cells in vain.
private func ranFolder() throws -> TemporaryFolder {
  let folder = try TemporaryFolder()
  try csv.write(to: folder.file("x.csv"), atomically: true, encoding: .utf8)
  let text =
    "---\ntitle: A study\n---\n\n# A study\n\nProse with ünïcode.\n\n"
    + cell("load", "method: data.load\nparams:\n  source: $file:x.csv")
    + cell("split", "method: data.split\nparams:\n  features: $load\n  test: 0.5")
    + cell("fit", "method: probe.logistic\nparams:\n  features: $load\n  labels: [a, b, a, b]\n  split: $split")
    + cell("bad", "method: probe.logistic\nparams:\n  features: $load\n  labels: [a, a, a, a]") + "The end.\n"
  try text.write(to: folder.file("a.quire.md"), atomically: true, encoding: .utf8)
  let ran = try Program.run(arguments: ["run", "a.quire.md"], in: folder.path)
  #expect(ran.status == 1, "\(ran.output)\(ran.errors)")
  return folder
}

@Test func convertingToJupyterAndBackGivesTheSameBytes() throws {
  let folder = try ranFolder()
  let there = try Program.run(arguments: ["convert", "a.quire.md", "a.ipynb"], in: folder.path)
  #expect(there.status == 0, "\(there.errors)")
  let back = try Program.run(arguments: ["convert", "a.ipynb", "b.quire.md"], in: folder.path)
  #expect(back.status == 0, "\(back.errors)")
  #expect(try Data(contentsOf: folder.file("a.quire.md")) == Data(contentsOf: folder.file("b.quire.md")))
  let notebook = try JSON.parse(Array(Data(contentsOf: folder.file("a.ipynb"))))
  let code = (notebook["cells"]?.array ?? []).filter { $0["cell_type"] == "code" }
  #expect(code.map { $0["id"]?.string } == ["load", "split", "fit", "bad"])
  #expect(code[2]["outputs"]?.array?.contains { $0["output_type"] == "execute_result" } == true)
  #expect(code[3]["outputs"]?.array?.first?["ename"] == "QuireError")
  let wrong = try Program.run(arguments: ["convert", "x.csv", "b.ipynb"], in: folder.path)
  #expect(wrong.status == 0, "any text is a notebook without cells")
  let noNotebook = try Program.run(arguments: ["convert", "x.ipynb", "b.quire.md"], in: folder.path)
  #expect(noNotebook.status == 1)
}

@Test(.enabled(if: PythonPackages.isPresent, Comment(rawValue: PythonPackages.absence)))
func jupyterNotebooksAreValidByNbformat() throws {
  let folder = try ranFolder()
  for (index, notebook) in ["a.quire.md", "example.quire.md", "twice.quire.md"].enumerated() {
    if index == 1 {
      let example = SharedData.packageRoot.appendingPathComponent("Examples/concept-in-papers.quire.md")
      try FileManager.default.copyItem(at: example, to: folder.file(notebook))
    } else if index == 2 {
      let text = cell("a", "method: x") + cell("a", "method: y") + "```quire id=a-2\nmethod: z\n```"
      try text.write(to: folder.file(notebook), atomically: true, encoding: .utf8)
    }
    _ = try Program.run(arguments: ["convert", notebook, "out.ipynb"], in: folder.path)
    try PythonPackages.run(
      "import nbformat, sys; n = nbformat.read(sys.argv[1], as_version=4); nbformat.validate(n, relax_add_props=False)",
      ["out.ipynb"], in: folder.path)
  }
}
