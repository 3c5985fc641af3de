import JSON
import Notebook
import Testing

struct BodyTests {
  private func faults(_ text: String) -> [String] {
    CellBody(text).diagnostics.map { "\($0.code.rawValue) \($0.line):\($0.column)" }
  }

  private func params(_ text: String) -> JSON? {
    let body = CellBody("method: m.f\nparams:\n  v: \(text)\n")
    return body.isSound ? body.params["v"] : nil
  }

  @Test func severalFaultsOfOneBodyAreReportedAtOnce() {
    let text = """
      method: m.f
      params:
        a: yes
        b: "x" y
        c: [1, 2
        d: *alias
        d: 1
         e: 2
        f: {g: 1, h: , i: 2}
        j: "\\q"
        k: $
      seed: 3
      """
    #expect(
      faults(text) == [
        "E206 3:6", "E201 4:10", "E201 5:6", "E207 6:6", "E202 7:3", "E201 8:4", "E206 9:14", "E201 10:7", "E201 11:6",
        "E203 12:1",
      ])
  }

  @Test(arguments: [
    ("", "E204 1:1"), ("# only a comment\n", "E204 1:1"), ("method: m.f\n---\nmethod: m.g\n", "E207 2:1"),
    ("method: m.f\n...\n", "E207 2:1"), ("? a\n: b\n", "E207 1:1"), ("&a method: m.f\n", "E207 1:1"),
    ("method: !!str m.f\n", "E207 1:9"), ("method: m.f\nparams: {? a: 1}\n", "E207 2:10"),
    ("method: m.f\nparams: {a: [b: 1]}\n", "E207 2:15"), ("method: m.f\nparams:\n  a: |2\n    x\n", "E207 3:7"),
    ("method: m.f\nparams:\n\ta: 1\n", "E201 3:1"), ("method: m.f\nparams:\n  a: 'x\n", "E201 3:6"),
    ("method: m.f\nparams:\n  a: \"x\n  b: 1\n", "E201 3:6"), ("method: m.f\nparams:\n  a:\n  b: 1\n", "E206 3:4"),
    ("method: m.f\nparams:\n  a: - 1\n", "E201 3:6"), ("method: m.f\nparams: {a: 1\n", "E201 2:9"),
    ("method: m.f\nparams: {a: 1]\n", "E201 2:14"), ("method: m.f\nparams: {a 1}\n", "E206 2:10"),
    ("method: m.f\nparams: [1]\n", "E205 2:9"), ("method: m.f\nparams: text\n", "E205 2:9"),
    ("method: m.f\nparams: $a\n", "E205 2:9"), ("method: m.f\noutputs: x\n", "E205 2:10"),
    ("method: m.f\noutputs: [x, 1]\n", "E205 2:14"), ("method: [m]\n", "E205 1:9"), ("method: cell/run\n", "E204 1:9"),
    ("method: M.f\n", "E204 1:9"), ("method: a.b.c\n", "E204 1:9"), ("- a\n", "E205 1:1"), ("text\n", "E205 1:1"),
    ("method: m.f\nparam: {a: 1}\n", "E203 2:1"), ("method: m.f\nparams: {$secret: x}\n", "E203 2:10"),
    ("method: m.f\nparams:\n  a: {$ref: x, b: 1}\n", "E201 3:16"),
    ("method: m.f\nparams:\n  a: {$ref: 1}\n", "E201 3:13"),
    ("method: m.f\nparams:\n  a: {\"$artifact\": \"sha256:0\"}\n", "E201 3:20"),
    ("method: m.f\nparams:\n  a: {\"$ref\": \"x[0]\"}\n", "E201 3:15"),
    ("method: m.f\nparams:\n  a: $file:#x\n", "E201 3:6"),
    ("method: m.f\nparams:\n  a: \"\\ud800\"\n", "E201 3:7"), ("method: m.f\nparams:\n  a: \"\\u0000\"\n", "E207 3:7"),
    ("method: m.f\nparams:\n  a: 9007199254740993\n", "E206 3:6"), ("method: m.f\nparams:\n  a: 1e400\n", "E206 3:6"),
    ("method: m.f\nparams:\n  yes: 1\n", "E206 3:3"), ("method: m.f\nparams:\n  1: 1\n", "E206 3:3"),
    ("method: m.f\nparams:\n  a: ```\n", "E201 3:6"), ("method: m.f\n%x\n", "E201 2:1"),
    ("  method: m.f\nparams: {}\n", "E201 2:1"),
    ("method: m.f\nparams:\n  a: x\u{0}y\n", "E207 3:7"), ("method: m.f # \u{7}\n", "E201 1:15"),
    ("method: m.f\nparams:\n  a: \u{2028}\n", "E207 3:6"), ("method: m.f\nparams:\n  - a: 1\n", "E205 3:3"),
    ("method: m.f\nparams:\n  a: 1\n  - b\n", "E201 4:3"),
    ("method: m.f\nparams:\n  a:\n    - 1\n    b: 2\n", "E201 5:5"),
  ])
  func faultHasItsNumberAndPlace(_ text: String, _ expected: String) {
    #expect(faults(text) == [expected], "\(text.debugDescription)")
  }

  @Test func hintsSayWhatToWrite() {
    #expect(CellBody("method: m.f\nparam: {}\n").diagnostics[0].hint == "did you mean 'params'?")
    #expect(CellBody("method: m.f\nseed: 1\n").diagnostics[0].hint?.contains("```quire seed=") == true)
    #expect(CellBody("method: m.f\n\n```quire id=b\n").diagnostics[0].hint == "is the fence of this cell not closed?")
    #expect(
      CellBody("method: m.f\nparams:\n  a:\n    ```quire\n").diagnostics[0].hint
        == "is the fence of this cell not closed?")
  }

  @Test func scalarsThatSomeYAMLReadsOtherwiseAreRefused() {
    for text in [
      "yes", "No", "ON", "off", "y", "N", "~", "True", "FALSE", "Null", "NULL", ".5", "5.", "+1", "-.5", "0777", "08",
      "00", "0o17", "0x1F",
      "-0x1f", "0b101", "1_000", "1_0.5", "12:30:00", "190:20:30.15", "1:30", "2001-01-01",
      "2001-12-14t21:59:43.10-05:00",
      "2001-12-14 21:59:43.10 -5", ".inf", "-.INF", ".nan", "=", "1.e5", "+1e3", "1__", "9007199254740993",
    ] {
      #expect(faults("method: m.f\nparams:\n  v: \(text)\n") == ["E206 3:6"], "\(text)")
      #expect(params("\"\(text)\"") == .string(text))
    }
  }

  @Test func numbersAreThoseOfJSON() {
    #expect(params("0") == 0)
    #expect(params("-0") == 0)
    #expect(params("1e-3") == 0.001)
    #expect(params("1E5") == 100_000)
    #expect(params("-12.50") == -12.5)
    #expect(params("9007199254740992") == 9_007_199_254_740_992)
    #expect(params("9223372036854776000") == 9_223_372_036_854_775_808.0)
    if case .real? = params("1234567890123456800") {} else { Issue.record("canonical text of a double is that double") }
    if case .integer? = params("12") {} else { Issue.record("12 is an integer") }
    if case .real? = params("12.0") {} else { Issue.record("12.0 is a real") }
    for text in [
      "1.2.3", "1-2", "v1", "1a", "-", "--1", "1e", "e5", "0x", "12:3:a", "1,000", ".", "1.2.3.4", "1 2", "+", "-x",
    ] where text != "-" {
      #expect(params(text) == .string(text), "\(text)")
    }
  }

  @Test func scalarStylesReadAsYAMLHasThem() {
    #expect(params("'it''s'") == "it's")
    #expect(params(#""a\n\t\"\\\/\u00e4\ud83d\ude00""#) == "a\n\t\"\\/ä😀")
    #expect(params("\"a\n   b\n\n   c\"") == "a b\nc")
    #expect(params("one\n   two\n\n   three") == "one two\nthree")
    #expect(params("|\n   a\n    b\n\n   c\n") == "a\n b\n\nc\n")
    #expect(params("|-\n   a\n") == "a")
    #expect(params("|+\n   a\n") == "a\n\n")
    #expect(params(">\n   a\n   b\n\n   c\n    d\n   e\n") == "a b\nc\n d\ne\n")
    #expect(params("> # why\n   a\n") == "a\n")
    #expect(params("http://x.org/#frag") == "http://x.org/#frag")
    #expect(params("a #b") == "a")
    #expect(params("[a, b c , 'd', \"e\",]") == ["a", "b c", "d", "e"])
    #expect(params("{a: {b: [1,2]}, \"c\":3}") == ["a": ["b": [1, 2]], "c": 3])
  }

  @Test func jsonWithTabsIsAccepted() {
    let body = CellBody("{\n\t\"method\": \"m.f\",\n\t\"params\": {\n\t\t\"a\": [1,\t2]\n\t}\n}\n")
    #expect(body.diagnostics == [])
    #expect(body.params == ["a": [1, 2]])
  }

  @Test func referencesArePlainScalarsAndQuotedTextsAreNot() {
    let body = CellBody(
      "method: m.f\nparams:\n  a: $fit.m\n  b: \"$5\"\n  c: '$x'\n  d: $file:my data/x.npz#matrix\n  e:\n    $ref: fit.m[2]\n"
    )
    #expect(body.diagnostics == [])
    #expect(
      body.params == [
        "a": ["$ref": "fit.m"], "b": "$5", "c": "$x", "d": ["$file": "my data/x.npz#matrix"], "e": ["$ref": "fit.m[2]"],
      ])
    #expect(body.references.map(\.pointer.description) == ["/a", "/e"])
    #expect(body.references.map { body.source[$0.range] } == ["$fit.m", "fit.m[2]"])
    #expect(body.references.map { body.source[$0.idRange] } == ["fit", "fit"])
    let hash = String(repeating: "0f", count: 32)
    #expect(CellBody("method: m.f\nparams: {a: {\"$artifact\": \"sha256:\(hash)\"}}\n").isSound)
  }

  @Test func nestingEndsAtSixtyFour() {
    func nested(_ depth: Int) -> String {
      "method: m.f\nparams:\n  a: " + String(repeating: "[", count: depth) + String(repeating: "]", count: depth) + "\n"
    }
    #expect(faults(nested(62)) == [])
    #expect(faults(nested(63)) == ["E207 3:68"])
    #expect(faults(nested(100_000)).count == 1)
    #expect(faults(String(repeating: "- ", count: 50_000) + "a\n") == ["E207 1:129"])
    #expect(faults(String(repeating: "{a: ", count: 50_000)).count == 1)
    #expect(faults("method: " + String(repeating: "&a ", count: 50_000) + "m.f").count == 100)
  }

  @Test func pointersLeadToLinesAndColumns() {
    let body = CellBody(
      "method: m.f\nparams:\n  ä: 1\n  list:\n    - x: one\n    - {y: [10, 20]}\n  text: |\n    long\n")
    func place(_ pointer: String) -> [Int] {
      let position = body.position(of: pointer)
      return [position.line, position.column, position.endColumn]
    }
    #expect(place("") == [3, 3, 7])
    #expect(place("/ä") == [3, 6, 7])
    #expect(place("/list/0/x") == [5, 10, 13])
    #expect(place("/list/1/y/1") == [6, 16, 18])
    #expect(place("/list/1/y/7") == [6, 11, 19])
    #expect(place("/nope") == [3, 3, 7])
    #expect(place("/text") == [7, 9, 10])
    #expect(body.keyPosition(of: JSON.Pointer(["list"])).column == 3)
    #expect(body.pointer(at: body.source.offset(line: 6, column: 17))?.pointer.description == "/list/1/y/1")
    #expect(body.pointer(at: body.source.offset(line: 5, column: 7))?.inKey == true)
    #expect(body.pointer(at: 3)?.pointer == nil)
  }

  @Test func placesHoldTheTextOfTheirValues() {
    for seed in 0..<400 {
      var made = BodyGenerator(UInt64(seed))
      let params = made.object(depth: 3)
      let body = CellBody(made.body(params))
      // A text on one line, read alone, is the value to which the pointer leads.
      func check(_ value: JSON, _ pointer: JSON.Pointer) {
        switch value {
        case .object(let object) where object.keys.first?.hasPrefix("$") != true:
          for member in object.members { check(member.value, pointer.appending(member.key)) }
        case .array(let elements):
          for (index, element) in elements.enumerated() { check(element, pointer.appending("\(index)")) }
        default:
          let text = body.source[body.position(of: pointer).bytes]
          let alone = CellBody("method: m.f\nparams:\n v:\n  \(text)\n")
          if !text.hasPrefix("|") { #expect(alone.params["v"] == value, "seed \(seed) \(pointer)") }
        }
      }
      check(.object(body.params), JSON.Pointer())
    }
  }

  @Test func commentsAreKept() {
    let text = "# head\nmethod: m.f # why\nparams: {a: 1, # one\n b: '# no'}\n"
    let body = CellBody(text)
    #expect(body.comments.map { body.source[$0] } == ["# head", "# why", "# one"])
  }
}
