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

@Test(.enabled(if: PythonPackages.isPresent, Comment(rawValue: PythonPackages.absence)))
func theProvenanceIsReadByTheProvPackage() throws {
  let folder = try ranFolder()
  let exported = try Program.run(
    arguments: ["log", "export", "--format", "prov", "--output", "prov.json"], in: folder.path)
  #expect(exported.status == 0, "\(exported.errors)")
  let counts = try PythonPackages.run(
    """
    import prov.model, sys
    d = prov.model.ProvDocument.deserialize(sys.argv[1])
    kinds = {}
    for r in d.get_records(): kinds[type(r).__name__] = kinds.get(type(r).__name__, 0) + 1
    generated = [str(r.args[0]) for r in d.get_records(prov.model.ProvGeneration)]
    assert len(generated) == len(set(generated)), "an entity was generated twice"
    assert d == prov.model.ProvDocument.deserialize(content=d.serialize()), "it reads back as it is"
    print(kinds["ProvActivity"], kinds["ProvAgent"], kinds["ProvAssociation"])
    """, ["prov.json"], in: folder.path)
  #expect(counts == "4 2 4\n")
}

@Test(
  .enabled(if: PythonPackages.isPresent, Comment(rawValue: PythonPackages.absence)),
  .enabled(if: SharedData.isPresent, Comment(rawValue: SharedData.absence)))
func theCrateIsValidByRocValidator() throws {
  let folder = try ranFolder()
  let crate = ["log", "export", "--format", "ro-crate", "--agent", "A. Person", "--output"]
  let exported = try Program.run(arguments: crate + ["crate"], in: folder.path)
  #expect(exported.status == 0, "\(exported.errors)")
  let findings = try PythonPackages.run(
    """
    import json, sys
    from rocrate_validator import services, models
    from rocrate_validator.utils.http import HttpRequester
    # The context that the validator would fetch.
    class Answer:
      status_code = 200
      headers = {"Content-Type": "application/ld+json"}
      text = open(sys.argv[2]).read()
      def json(self): return json.loads(self.text)
      def raise_for_status(self): pass
    HttpRequester.get = lambda self, url, *rest, **more: Answer()
    settings = services.ValidationSettings(
      rocrate_uri=sys.argv[1], profile_identifier="process-run-crate-0.5",
      requirement_severity=models.Severity.RECOMMENDED)
    result = services.validate(settings)
    for issue in result.get_issues(): print(issue.severity, issue.check.identifier, issue.message)
    """, [folder.path + "/crate", SharedData.url("ro-crate/ro-crate-1.1-context.jsonld").path], in: folder.path)
  // All that is recommended, but for what the log cannot know (who publishes, where the agent works) and for the result
  // of the run that failed.
  let unwanted = findings.split(separator: "\n").filter { finding in
    !["The Action SHOULD have a result", "`publisher`", "affiliation"].contains { finding.contains($0) }
  }
  #expect(unwanted == [])
  #expect(!findings.contains("REQUIRED"))
  // The log in it verifies, and the same log gives the same crate.
  let verified = try Program.run(arguments: ["log", "verify", "--workspace", "crate"], in: folder.path)
  #expect(verified.status == 0, "\(verified.output)")
  _ = try Program.run(arguments: crate + ["again"], in: folder.path)
  let metadata = ["crate", "again"].map { folder.file($0 + "/ro-crate-metadata.json") }
  #expect(try Data(contentsOf: metadata[0]) == Data(contentsOf: metadata[1]))
  let twice = try Program.run(arguments: crate + ["crate"], in: folder.path)
  #expect(twice.status == 1 && twice.errors.contains("exists"), "\(twice.errors)")
}

@Test func theMethodsAreListedWithTheirPapers() throws {
  let folder = try ranFolder()
  for format in ["csl-json", "bibtex"] {
    let exported = try Program.run(
      arguments: ["log", "export", "--format", format, "--output", format], in: folder.path)
    #expect(exported.status == 0, "\(exported.errors)")
  }
  let items = try JSON.parse(Array(Data(contentsOf: folder.file("csl-json")))).array ?? []
  let wilson = try #require(items.first { $0["title"]?.string?.hasPrefix("Probable inference") == true })
  #expect(wilson["id"] == "wilson1927probable")
  #expect(wilson["note"] == "used by probe.logistic")
  #expect(Set(items.compactMap { $0["id"]?.string }).count == items.count)
  let entries = try String(contentsOf: folder.file("bibtex"), encoding: .utf8)
  #expect(entries.contains("@article{wilson1927probable,\n  author = {Wilson, Edwin B.},\n"))
  #expect(entries.contains("  pages = {209--212},\n"))
}
