import Testing

@testable import Papers

struct EncodingTests {
  @Test func aByteOrderMarkIsSkippedAndTold() throws {
    let document = try PaperFormat.read(Array("\u{FEFF}Glaciers and Their Sensors\n".utf8))
    #expect(document.records.first?.title?.plain == "Glaciers and Their Sensors")
    #expect(document.records.first?.span.start == 3)
    #expect(document.warnings.map(\.code) == [.byteOrderMark])
  }

  @Test func bytesThatAreNotUTF8AreReadAsWindows1252() throws {
    // é, “ and a byte that stands for nothing.
    let bytes: [UInt8] =
      Array("Fr".utf8) + [0xE9] + Array("chet Means on ".utf8) + [0x93, 0x81] + Array("Trees\n".utf8)
    let document = try PaperFormat.read(bytes)
    let record = try #require(document.records.first)
    #expect(record.title?.plain == "Fréchet Means on “\u{FFFD}Trees")
    #expect(record.title?.raw == Array(bytes.dropLast()))
    #expect(document.warnings.map(\.code) == [.notUTF8])
    #expect(document.warnings.first?.span == ByteSpan(2, 3))
    let lost = try #require(record.warnings.first { $0.code == .replacement })
    #expect(lost.span == ByteSpan(18, 19))
  }

  @Test func spansBehindOddBytesStayOffsetsOfTheSource() throws {
    let address = "https://github.com/example/tool"
    let bytes = Array("Na".utf8) + [0xEF] + Array("ve Bayes, see \(address) for more".utf8)
    let link = try #require(try PaperFormat.read(bytes).records.first?.links.first)
    #expect(String(decoding: bytes[link.span.range], as: UTF8.self) == address)
  }

  @Test func wellFormedSequencesFollowTheUnicodeTable() {
    #expect(Array("aé€😀".utf8).firstIllFormed(from: 0) == nil)
    for bad: [UInt8] in [
      [0xC0, 0xAF], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xE2, 0x82], [0x80],
    ] {
      #expect(bad.firstIllFormed(from: 0) == 0)
    }
  }
}
