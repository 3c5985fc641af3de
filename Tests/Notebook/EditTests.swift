import JSON
import Notebook
import Testing

struct EditTests {
  static let text = """
    ---
    title: x
    ---

    # Head

    ```quire id=a seed=1
    method: m.f      # the method
    params:
      # how strong
      C:   1.0   # inverse
      ks: [1, 2,   3]
      grid:   # below
        - 1
        - 2    # last
      opts: {}
      note: |
        long
        text

      in: $b.matrix
    ```

    Between.

    ~~~ quire id=b
    method: m.g
    ~~~
    """

  private let document = NotebookDocument(EditTests.text)

  private func setting(_ pointer: String, _ value: JSON, of id: String = "a") throws -> String {
    let edit = try document.settingParameter(of: id, at: JSON.Pointer(pointer).unwrapped(), to: value)
    return document.applying([edit]).source.text
  }

  private func replaced(_ old: String, _ new: String) -> String {
    let parts = Self.text.components(separatedBy: old)
    precondition(parts.count == 2)
    return parts.joined(separator: new)
  }

  @Test func setValuesReplaceTheirTextAlone() throws {
    #expect(document.diagnostics == [])
    #expect(try setting("/C", 0.5) == replaced("1.0 ", "0.5 "))
    #expect(try setting("/C", "yes") == replaced("1.0 ", "\"yes\" "))
    #expect(try setting("/ks/1", 20) == replaced("[1, 2,", "[1, 20,"))
    #expect(try setting("/ks", ["a": [nil, true]]) == replaced("[1, 2,   3]", "{a: [null, true]}"))
    #expect(try setting("/grid/0", "x y") == replaced("    - 1\n", "    - \"x y\"\n"))
    #expect(try setting("/grid", 7) == replaced("   # below\n    - 1\n    - 2 ", " 7   # below "))
    #expect(try setting("/note", "two\nlines") == replaced("|\n    long\n    text", "\"two\\nlines\""))
    #expect(try setting("/in", ["$ref": "b.x[0]"]) == replaced("$b.matrix", "$b.x[0]"))
    #expect(try setting("/in", ["$file": "a b.npy"]) == replaced("$b.matrix", "{\"$file\": \"a b.npy\"}"))
  }

  @Test func missingParamsAreAddedBehindTheLast() throws {
    #expect(try setting("/tol", 1e-6) == replaced("$b.matrix\n", "$b.matrix\n  tol: 1e-06\n"))
    #expect(try setting("/opts/deep/er", 1) == replaced("{}", "{deep: {er: 1}}"))
    #expect(try setting("/ks/3", 4) == replaced("3]", "3, 4]"))
    #expect(try setting("/grid/-", "n") == replaced("- 2    # last", "- 2    # last\n    - \"n\""))
    #expect(try setting("/x", ["$ref": "a1.y"], of: "b") == replaced("m.g\n", "m.g\nparams: {x: $a1.y}\n"))
    #expect(try setting("", ["z": 1], of: "b") == replaced("m.g\n", "m.g\nparams: {z: 1}\n"))
  }

  @Test func whatCannotBeSetSaysWhy() {
    func code(_ pointer: String, _ value: JSON, of id: String = "a") -> Diagnostic.Code? {
      do { _ = try setting(pointer, value, of: id) } catch { return (error as? NotebookError)?.code }
      return nil
    }
    #expect(code("/C", 1, of: "aa") == .unknownCell)
    #expect(code("/C/x", 1) == .wrongType)
    #expect(code("/ks/7", 1) == .wrongType)
    #expect(code("/in/x", 1) == .syntax || code("/in/x", 1) == .wrongType)
    #expect(code("/C", ["$secret": 1]) == .unknownKey)
    #expect(code("/C", ["$ref": "?"]) == .syntax)
    #expect(code("/C", 9_007_199_254_740_993) == .ambiguousScalar)
    #expect(code("/C", "\u{0}") == .unsupportedYAML)
    #expect(code("", 1) == .wrongType || code("", 1) == .syntax)
    let faulty = NotebookDocument("```quire id=a\nmethod: m.f\nparams: {a: yes}\n```\n")
    #expect(throws: NotebookError.self) { try faulty.settingParameter(of: "a", at: JSON.Pointer(["a"]), to: 1) }
  }

  /// Any param of any body can be set to any value; nothing else changes, and all other bytes stay.
  @Test func settingChangesOneValueAndKeepsAllOtherBytes() throws {
    var done = 0
    for seed in 0..<3000 {
      var made = BodyGenerator(UInt64(seed))
      let params = made.object(depth: 3)
      let indent = String(repeating: " ", count: seed % 4)
      let newLine = seed % 5 == 0 ? "\r\n" : "\n"
      let lines = made.body(params).split(separator: "\n", omittingEmptySubsequences: false).dropLast()
      let body = lines.map { ($0.isEmpty ? "" : indent) + $0 + newLine }.joined()
      let text = "Text.\(newLine)\(newLine)\(indent)```quire id=a\(newLine)\(body)```\(newLine)End"
      let document = NotebookDocument(text)
      #expect(document.cells[0].body.params == .init(distinct: params.members), "seed \(seed)")
      let pointer = self.pointer(in: .object(params), &made)
      let value = made.value(depth: 2)
      let edit = try document.settingParameter(of: "a", at: pointer, to: value)
      let edited = document.applying([edit])
      #expect(edited.diagnostics.filter { $0.code.rawValue < "E3" } == [], "seed \(seed)\n\(text)")
      #expect(JSON.object(edited.cells[0].params)[pointer] == value, "seed \(seed) \(pointer)\n\(text)")
      #expect(edited.source.text.hasPrefix(document.source[0..<edit.range.lowerBound]))
      #expect(edited.source.text.hasSuffix(document.source[edit.range.upperBound..<document.bytes.count]))
      var expected = document.cells[0].body.value
      expected["params"] = .object(try document.cells[0].settingParameter(pointer, to: value).params)
      #expect(edited.cells[0].body.value == expected, "seed \(seed)\n\(text)")
      done += 1
    }
    #expect(done == 3000)
  }

  private func pointer(in value: JSON, _ made: inout BodyGenerator) -> JSON.Pointer {
    var pointer = JSON.Pointer()
    var value = value
    while true {
      switch value {
      case .object(let object) where object.keys.first?.hasPrefix("$") != true:
        guard let key = object.keys.randomElement(using: &made.generator), made.generator.chance(80) else {
          return pointer.appending("added")
        }
        pointer = pointer.appending(key)
        value = object[key] ?? .null
      case .array(let elements):
        if made.generator.chance(30) { return pointer.appending("\(elements.count)") }
        guard let index = elements.indices.randomElement(using: &made.generator) else { return pointer }
        pointer = pointer.appending("\(index)")
        value = elements[index]
      default: return pointer
      }
      if made.generator.chance(15) { return pointer }
    }
  }

  // MARK: - Cells

  @Test func cellsAreReplacedInsertedAndDeletedInPlace() throws {
    func applying(_ edit: TextEdit) -> String { document.applying([edit]).source.text }
    let cell = "~~~ quire id=b\nmethod: m.g\n~~~"
    #expect(
      try applying(document.replacingCell("b", with: "```quire id=c\nmethod: m.h\n```\n"))
        == replaced(cell, "```quire id=c\nmethod: m.h\n```"))
    #expect(try applying(document.replacingBody(of: "b", with: "method: m.h")) == replaced("m.g", "m.h"))
    #expect(
      try applying(document.replacingBody(of: "b", with: "method: m.h\n# ~~~\n~~~\n"))
        == replaced(cell, "~~~~ quire id=b\nmethod: m.h\n# ~~~\n~~~\n~~~~"))
    #expect(try applying(document.deletingCell("b")) == replaced(cell, ""))
    #expect(
      try applying(document.inserting(cell, after: "a")) == replaced("```\n\nBetween", "```\n\n\(cell)\n\nBetween"))
    #expect(try applying(document.inserting(cell, after: "b")) == Self.text + "\n\n\(cell)\n")
    #expect(try applying(document.inserting(cell, after: nil)) == replaced("---\n\n#", "---\n\n\(cell)\n\n#"))
    #expect(throws: NotebookError.self) { try document.deletingCell("c") }
  }

  @Test func windowsFilesKeepTheirLineEnds() throws {
    let document = NotebookDocument("```quire id=a\r\nmethod: m.f\r\n```\r\n")
    let inserted = document.applying([try document.inserting("```quire id=b\nmethod: m.g\n```", after: "a")])
    #expect(
      inserted.source.text == "```quire id=a\r\nmethod: m.f\r\n```\r\n\r\n```quire id=b\r\nmethod: m.g\r\n```\r\n")
    let set = document.applying([try document.settingParameter(of: "a", at: JSON.Pointer(["x"]), to: 1)])
    #expect(set.source.text == "```quire id=a\r\nmethod: m.f\r\nparams: {x: 1}\r\n```\r\n")
    let body = document.applying([try document.replacingBody(of: "a", with: "method: m.g\nparams: {}\n")])
    #expect(body.source.text == "```quire id=a\r\nmethod: m.g\r\nparams: {}\r\n```\r\n")
  }

  @Test func renamingFollowsTheReferences() throws {
    let text =
      "```quire id=a\nmethod: m.f\n```\n```quire id=b after=\"c, a\"\nmethod: m.f\nparams:\n  x: $a.m[0]\n  y: [$a]\n  z: {\"$ref\": \"a.n\"}\n  s: \"$a\"\n```\n```quire id=c\nmethod: m.f\n```\n"
    let document = NotebookDocument(text)
    #expect(document.diagnostics == [])
    let renamed = document.applying(try document.renaming("a", to: "first"))
    #expect(renamed.diagnostics == [])
    #expect(
      renamed.source.text
        == "```quire id=first\nmethod: m.f\n```\n```quire id=b after=\"c, first\"\nmethod: m.f\nparams:\n  x: $first.m[0]\n  y: [$first]\n  z: {\"$ref\": \"first.n\"}\n  s: \"$a\"\n```\n```quire id=c\nmethod: m.f\n```\n"
    )
    #expect(renamed.graph.order == document.graph.order)
    #expect(throws: NotebookError.self) { try document.renaming("a", to: "c") }
    #expect(throws: NotebookError.self) { try document.renaming("a", to: "1") }
    let unnamed = NotebookDocument("```quire seed=1\nmethod: m.f\n```\n")
    #expect(try unnamed.applying(unnamed.renaming(unnamed.cells[0].id, to: "x")).cells.map(\.id) == ["x"])
  }

  @Test func editsReadOnlyWhatChanged() throws {
    let edited = document.applying([try document.settingParameter(of: "a", at: JSON.Pointer(["C"]), to: 2)])
    #expect(edited.cells[0].body !== document.cells[0].body)
    #expect(edited.cells[1].body === document.cells[1].body)
  }

  // MARK: - Overrides

  @Test func overridesSetParamsForOneRun() throws {
    let overrides = try ["a.C=0.1", "a.ks[1]=[7, x]", "a.in=$b.other", "a.opts.tol=1e-3", "b.f=$file:x y.npy#m"].map(
      ParameterOverride.init(parsing:))
    let run = try document.overriding(overrides)
    #expect(run.cells[0].params["C"] == 0.1)
    #expect(run.cells[0].params["ks"] == [1, [7, "x"], 3])
    #expect(run.cells[0].params["opts"] == ["tol": 0.001])
    #expect(run.cells[0].references.map(\.path.description) == ["b.other"])
    #expect(run.cells[1].params["f"] == ["$file": "x y.npy#m"])
    #expect(run.source.text == document.source.text)
    #expect(run.graph.dependencies(of: 0) == [1])
  }

  @Test func overridesChangeTheGraph() throws {
    let run = try document.overriding([ParameterOverride(parsing: "b.x=$a")])
    #expect(run.diagnostics.map(\.code) == [.cycle])
    let free = try document.overriding([ParameterOverride(cell: "a", pointer: JSON.Pointer(["in"]), value: 1)])
    #expect(free.graph.dependencies(of: 0).isEmpty)
    let unknown = try document.overriding([ParameterOverride(parsing: "b.x=$aa")])
    #expect(unknown.diagnostics.map(\.code) == [.unknownCell])
  }

  @Test(arguments: [
    ("a.C", Diagnostic.Code.syntax), ("a=1", .syntax), ("C=1", .syntax), ("a.C=yes", .ambiguousScalar),
    ("a.C=", .ambiguousScalar),
    ("a.C=$", .syntax), ("a.C=x: y", .syntax), ("a.C=*x", .unsupportedYAML), ("zz.C=1", .unknownCell),
    ("a.C.x=1", .wrongType),
    ("a.ks[9]=1", .wrongType),
  ])
  func faultyOverridesSayWhy(_ text: String, _ code: Diagnostic.Code) {
    let error = #expect(throws: NotebookError.self) { try document.overriding([ParameterOverride(parsing: text)]) }
    #expect(error?.code == code)
  }

  @Test func unknownCellOfAnOverrideNamesTheNearest() {
    let document = NotebookDocument("```quire id=features\nmethod: m.f\n```\n")
    let error = #expect(throws: NotebookError.self) {
      try document.overriding([ParameterOverride(parsing: "feature.k=1")])
    }
    #expect(error?.hint == "did you mean 'features'?")
  }
}

extension String {
  fileprivate func components(separatedBy separator: String) -> [String] {
    var parts: [String] = []
    var rest = self[...]
    while let range = rest.firstRange(of: separator) {
      parts.append(String(rest[..<range.lowerBound]))
      rest = rest[range.upperBound...]
    }
    return parts + [String(rest)]
  }
}
