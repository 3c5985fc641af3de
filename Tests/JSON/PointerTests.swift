import JSON
import Testing

@Test func pointersFollowTheExamplesOfRFC6901() throws {
  let document = try JSON.parse(#"{"foo":["bar","baz"],"":0,"a/b":1,"m~n":8," ":7}"#)
  #expect(document[try #require(JSON.Pointer("/foo/0"))] == "bar")
  #expect(document[try #require(JSON.Pointer("/"))] == 0)
  #expect(document[try #require(JSON.Pointer("/a~1b"))] == 1)
  #expect(document[try #require(JSON.Pointer("/m~0n"))] == 8)
  #expect(document[try #require(JSON.Pointer(""))] == document)
  #expect(document[try #require(JSON.Pointer("/foo/01"))] == nil)
  #expect(JSON.Pointer("foo") == nil)
  #expect(JSON.Pointer(["a/b", "~"]).description == "/a~1b/~0")
}
