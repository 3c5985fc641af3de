import Testing

@testable import Text

@Suite struct TermTableTests {
  @Test func termsKeepTheNumbersOfTheirFirstComing() {
    var table = TermTable()
    let words = (0..<5000).map { "w\($0 % 1237)" + String(repeating: "x", count: $0 % 1237 % 23) }
    for word in words { _ = table.intern(word) }
    #expect(table.count == 1237)
    #expect((0..<1237).allSatisfy { table[$0] == words[$0] && table.find(words[$0]) == $0 })
    #expect(table.find("absent") == nil && table.find("") == nil)
  }

  @Test func bytesThatDifferInOnePlaceAreOtherTerms() {
    for length in 1...40 {
      let whole = [UInt8](repeating: 0x61, count: length)
      var table = TermTable([String(decoding: whole, as: UTF8.self)])
      for place in 0..<length {
        var other = whole
        other[place] = 0x62
        #expect(table.find(String(decoding: other, as: UTF8.self)) == nil)
        _ = table.intern(String(decoding: other, as: UTF8.self))
      }
      #expect(table.count == length + 1)
    }
  }

  @Test func theHashSpreadsOverSlots() {
    let hashes = (0..<4096).map { number in
      Array("term\(number)".utf8).withUnsafeBytes { TermHash.of($0) }
    }
    #expect(Set(hashes).count == 4096)
    let fullest = Dictionary(grouping: hashes) { $0 & 1023 }.values.map(\.count).max() ?? 0
    #expect(fullest < 24, "4 terms a slot are expected")
  }
}
