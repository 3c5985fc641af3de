import JSON
import TestSupport
import Testing

/// Each answer as its id and what came: the result's text, or the error's code with its kind.
private func summary(_ answers: [JSON]) -> [String] {
  answers.map { answer in
    let id = answer["id"]?.text ?? "-"
    guard let error = answer["error"] else { return "\(id) \(answer["result"]?.text ?? "-")" }
    return "\(id) \(error["code"]?.text ?? "-") \(error["data"]?["kind"]?.string ?? "-")"
  }
}

/// The rules of section 3 of the protocol, a row each: a message and its answers.
private let messages: [(String, [String])] = [
  // 1: jsonrpc
  (#"{"jsonrpc":"1.0","id":1,"method":"ping"}"#, ["1 -32600 request.invalid"]),
  (#"{"id":"a","method":"ping"}"#, [#""a" -32600 request.invalid"#]),
  (#"{"jsonrpc":2.0,"id":1,"method":"ping"}"#, ["1 -32600 request.invalid"]),
  // 2: ids come back as they went
  (#"{"jsonrpc":"2.0","id":1.5,"method":"ping"}"#, ["1.5 {}"]),
  (#"{"jsonrpc":"2.0","id":-0.0,"method":"ping"}"#, ["-0.0 {}"]),
  (#"{"jsonrpc":"2.0","id":9223372036854775807,"method":"ping"}"#, ["9223372036854775807 {}"]),
  (#"{"jsonrpc":"2.0","id":"é\u0000\n😀","method":"ping"}"#, [#""é\u0000\n😀" {}"#]),
  (#"{"jsonrpc":"2.0","id":"","method":"ping"}"#, [#""" {}"#]),
  (#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#, ["null {}"]),
  (#"{"jsonrpc":"2.0","id":true,"method":"ping"}"#, ["null -32600 request.invalid"]),
  (#"{"jsonrpc":"2.0","id":[1],"method":"ping"}"#, ["null -32600 request.invalid"]),
  (#"{"jsonrpc":"2.0","id":{},"method":"ping"}"#, ["null -32600 request.invalid"]),
  (#"{"jsonrpc":"2.0","method":"ping"}"#, []),
  // 3: method
  (#"{"jsonrpc":"2.0","id":1}"#, ["1 -32600 request.invalid"]),
  (#"{"jsonrpc":"2.0","id":1,"method":5}"#, ["1 -32600 request.invalid"]),
  (#"{"jsonrpc":"2.0","method":null}"#, ["null -32600 request.invalid"]),
  (#"{"jsonrpc":"2.0","id":1,"method":""}"#, ["1 -32601 method.notFound"]),
  (#"{"jsonrpc":"2.0","id":1,"method":"Ping"}"#, ["1 -32601 method.notFound"]),
  (#"{"jsonrpc":"2.0","id":1,"method":"rpc.other"}"#, ["1 -32601 method.notFound"]),
  (#"{"jsonrpc":"2.0","id":1,"method":"nothing","params":[1]}"#, ["1 -32601 method.notFound"]),
  // 4: params
  (#"{"jsonrpc":"2.0","id":1,"method":"ping","params":null}"#, ["1 {}"]),
  (#"{"jsonrpc":"2.0","id":1,"method":"ping","params":[]}"#, ["1 {}"]),
  (#"{"jsonrpc":"2.0","id":1,"method":"ping","params":[1]}"#, ["1 -32602 params.positional"]),
  (#"{"jsonrpc":"2.0","id":1,"method":"ping","params":5}"#, ["1 -32600 request.invalid"]),
  (#"{"jsonrpc":"2.0","id":1,"method":"ping","params":"x"}"#, ["1 -32600 request.invalid"]),
  (#"{"jsonrpc":"2.0","id":1,"method":"ping","params":{"echo":1}}"#, ["1 -32602 params.schema"]),
  (
    #"{"jsonrpc":"2.0","id":1,"method":"ping","params":{"echo":true,"payload":[1.0,-0.0,"\u0000"]}}"#,
    [#"1 {"payload":[1.0,-0.0,"\u0000"]}"#]
  ),
  // 5: other members
  (#"{"jsonrpc":"2.0","id":1,"method":"ping","x":{"y":1},"trace":"off"}"#, ["1 {}"]),
  // 6: responses
  (#"{"jsonrpc":"2.0","id":1,"result":{}}"#, []),
  (#"{"jsonrpc":"2.0","id":null,"error":{"code":1,"message":"m"}}"#, []),
  (#"{"id":{},"result":1}"#, []),
  // 7: notifications
  (#"{"jsonrpc":"2.0","method":"nothing","params":{}}"#, []),
  (#"{"jsonrpc":"2.0","method":"$/nothing"}"#, []),
  (#"{"jsonrpc":"2.0","method":"data.load","params":7}"#, []),
  (#"{"jsonrpc":"2.0","method":"initialized","params":{}}"#, []),
  (#"{"jsonrpc":"2.0","id":1,"method":"$/cancelRequest","params":{"id":1}}"#, ["1 -32601 method.notFound"]),
  (#"{"jsonrpc":"2.0","method":"$/cancelRequest"}"#, []),
  (#"{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":[]}}"#, []),
  (#"{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":"unknown"}}"#, []),
  // 8: what is no message
  ("5", ["null -32600 request.invalid"]), ("null", ["null -32600 request.invalid"]),
  (#""ping""#, ["null -32600 request.invalid"]), ("{}", ["null -32600 request.invalid"]),
  // 10: batches
  ("[]", ["null -32600 batch.empty"]),
  ("[1]", ["null -32600 request.invalid"]),
  ("[1,[],null]", Array(repeating: "null -32600 request.invalid", count: 3)),
  (#"[{"jsonrpc":"2.0","method":"x"},{"jsonrpc":"2.0","id":1,"result":2}]"#, []),
  (
    #"[{"jsonrpc":"2.0","id":1,"method":"ping"},{"jsonrpc":"2.0","method":"x"},{"jsonrpc":"2.0","id":"b","method":"y"}]"#,
    ["1 {}", #""b" -32601 method.notFound"#]
  ),
  (#"[{"jsonrpc":"2.0","id":1,"method":"initialize"}]"#, ["1 -32600 request.invalid"]),
  (#"[{"jsonrpc":"2.0","id":1,"method":"shutdown"}]"#, ["1 -32600 request.invalid"]),
  (#"[{"jsonrpc":"2.0","method":"exit"},{"jsonrpc":"2.0","id":1,"method":"ping"}]"#, ["1 {}"]),
  (#"[{"jsonrpc":"2.0","id":1,"method":"ping"},"#, ["null -32700 json.syntax"]),
  // What every request may bring
  (#"{"jsonrpc":"2.0","id":1,"method":"plugin/list","params":{"_meta":5}}"#, ["1 -32602 params.value"]),
  (#"{"jsonrpc":"2.0","id":1,"method":"plugin/list","params":{"workDoneToken":[]}}"#, ["1 -32602 params.value"]),
  (
    #"{"jsonrpc":"2.0","id":1,"method":"plugin/list","params":{"_meta":{"deadlineMs":"soon"}}}"#,
    ["1 -32602 params.value"]
  ),
]

@Test(arguments: Client.Framing.allCases)
func everyKindOfMessageGetsItsAnswer(_ framing: Client.Framing) throws {
  let folder = try TemporaryFolder()
  let client = try Client(in: folder.path, framing)
  for (message, wanted) in messages {
    try client.send(text: Array(message.utf8))
    #expect(try summary(client.answersUntilPing()).sorted() == wanted.sorted(), "\(message)")
  }
  #expect(try client.end() == 0)
}

/// The table of section 2: bytes and the kind of their parse error.
private let texts: [([UInt8], String)] = [
  ([0x22, 0xC0, 0xAF, 0x22], "json.utf8"), ([0x22, 0xED, 0xA0, 0x80, 0x22], "json.utf8"),
  ([0x22, 0xF4, 0x90, 0x80, 0x80, 0x22], "json.utf8"), ([0x22, 0xE2, 0x82, 0x22], "json.utf8"),
  ([0x22, 0x61, 0x00, 0x22], "json.syntax"), ([0x22, 0x61, 0x09, 0x22], "json.syntax"),
  (Array(#""\ud800""#.utf8), "json.surrogate"), (Array(#""\udc00\ud800""#.utf8), "json.surrogate"),
  (Array(#"{"a\u0000":1}"#.utf8), "json.nulName"),
  (Array("[1,]".utf8), "json.syntax"), (Array("[1] // c".utf8), "json.syntax"), (Array("NaN".utf8), "json.syntax"),
  (Array("-Infinity".utf8), "json.syntax"), (Array("{} {}".utf8), "json.syntax"),
  (Array("{'a':1}".utf8), "json.syntax"),
  (Array(#"{"a":1,"b":2,"a":3}"#.utf8), "json.duplicateKey"), (Array("9223372036854775808".utf8), "json.number"),
  (Array("[1e999]".utf8), "json.number"), ([0xEF, 0xBB, 0xBF, 0x7B, 0x7D], "json.syntax"),
  (Array(repeating: UInt8(ascii: "["), count: 100_000), "json.depth"),
  (Array((String(repeating: "[", count: 513) + String(repeating: "]", count: 513)).utf8), "json.depth"),
]

@Test(arguments: Client.Framing.allCases)
func everyTextThatIsNoJSONGetsItsKindUnderNoID(_ framing: Client.Framing) throws {
  let folder = try TemporaryFolder()
  let client = try Client(in: folder.path, framing)
  for (text, kind) in texts {
    // Short and, behind a long string, as part of a text that is read in two passes.
    let long = Array(("[\"" + String(repeating: "x", count: 600) + "\",").utf8) + text + [UInt8(ascii: "]")]
    for bytes in [text, long] {
      try client.send(text: bytes)
      let answers = try client.answersUntilPing()
      #expect(summary(answers) == ["null -32700 \(kind)"], "\(String(decoding: bytes.suffix(60), as: UTF8.self))")
      #expect(answers.first?["error"]?["message"]?.string?.utf8.count ?? 1000 < 200)
    }
  }
  #expect(try client.end() == 0)
}

@Test func aMessageThatEndsInsideACharacterOrAnEscapeIsRefused() throws {
  let folder = try TemporaryFolder()
  let client = try Client(in: folder.path, .headers)
  let text = Array(#"{"jsonrpc":"2.0","id":1,"method":"ping","params":{"x":"\ud83d\ude00 😀"}}"#.utf8)
  for count in 1..<text.count {
    try client.send(text: Array(text[..<count]))
    #expect(try client.answersUntilPing().map { $0["error"]?["code"] } == [-32700], "\(count)")
  }
  #expect(try client.end() == 0)
}

@Test func itemsOfAListComeBeforeItWhereTheClientAsksForThem() throws {
  let folder = try TemporaryFolder()
  let client = try Client(in: folder.path)
  let whole = try client.call("plugin/list")
  let rest = try client.call("plugin/list", ["partialResultToken": "p"])
  #expect(rest["items"] == [])
  let parts = client.notifications.filter { $0["params"]?["token"] == "p" }
  #expect(parts.flatMap { $0["params"]?["value"]?.array ?? [] } == whole["items"]?.array)
  #expect(try client.end() == 0)
}
