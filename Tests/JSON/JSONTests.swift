import JSON
import Testing

@Test func objectsKeepTheOrderOfTheirMembers() throws {
  let value = try JSON.parse(#"{"b":1,"a":[true,null,"x",1.5]}"#)
  #expect(value.object?.keys == ["b", "a"])
}
