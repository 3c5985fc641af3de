import JSON
import Testing

@testable import ModelContext

@Test func aRequestWithoutAVersionIsOfTheOldEra() throws {
  #expect(try !Era.isStateless([:]))
  #expect(try !Era.isStateless(["_meta": ["progressToken": 1]]))
  #expect(try Era.isStateless(["_meta": ["io.modelcontextprotocol/protocolVersion": "2026-07-28"]]))
}

@Test func onlyStatelessResultsSayThatTheyAreComplete() {
  #expect(Era.stateless.dressed([:])["resultType"] == "complete")
  #expect(Era.stateless.dressed([:], isCacheable: true)["ttlMs"] == 60000)
  #expect(Era.handshake(version: "2025-11-25").dressed([:]) == [:])
}

@Test func anAddressComesBackAsItWas() {
  for id in ["paper:0123abcd", "a b/c.quire.md", "Łódź", "100%", ""] {
    #expect(Resources.unescaped(Substring(Resources.escaped(id))) == id)
  }
}

@Test func aPromptTakesItsArguments() throws {
  let prompt = try Prompts.get(["name": "run_explained", "arguments": ["run": "01ab"]])
  #expect(prompt["messages"]?[0]?["content"]?["text"]?.string?.contains("the run 01ab") == true)
  #expect(throws: (any Error).self) { try Prompts.get(["name": "run_explained"]) }
  #expect(throws: (any Error).self) { try Prompts.get(["name": "no such"]) }
}

@Test func noPromptShowsItsBraces() throws {
  for prompt in Prompts.list {
    let names = (prompt["arguments"]?.array ?? []).filter { $0["required"] == true }
    var given: JSON = [:]
    for name in names { given[name["name"]?.string ?? ""] = "x" }
    let text = try Prompts.get(["name": prompt["name"] ?? "", "arguments": given])["messages"]?[0]?["content"]?["text"]
    #expect(text?.string?.contains("{") == false)
  }
}

@Test func aLongTextIsCutAndSaysWhereTheRestIs() {
  let value: JSON = ["text": .string(String(repeating: "é", count: 50_000)), "_meta": ["run": "r1"]]
  let result = ToolResult(era: .stateless, pictures: .link).success(value, of: "papers.parse")
  let text = result["content"]?[0]?["text"]?.string ?? ""
  #expect(text.utf8.count < 66 << 10)
  #expect(text.hasSuffix("the whole is quire://runs/r1/value]"))
  #expect(result["structuredContent"]?["_meta"] == nil)
}

@Test func picturesAreLinksUnlessSVGIsAskedFor() {
  let value: JSON = [
    "rows": 1,
    "_meta": [
      "run": "r1",
      "displays": [["title": "Bars", "data": ["image/svg+xml": "<svg/>", "text/plain": "a 1"]]],
    ],
  ]
  func kinds(_ pictures: PictureForm, _ version: String) -> [String] {
    let result = ToolResult(era: .handshake(version: version), pictures: pictures).success(value, of: "data.load")
    return (result["content"]?.array ?? []).compactMap { $0["type"]?.string }
  }
  #expect(kinds(.link, "2025-11-25") == ["text", "text", "resource_link"])
  #expect(kinds(.link, "2024-11-05") == ["text", "text", "text"])
  #expect(kinds(.svg, "2025-11-25") == ["text", "text", "image"])
  #expect(kinds(.none, "2025-11-25") == ["text", "text"])
}
