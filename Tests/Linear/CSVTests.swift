import Linear
import Testing

@Suite struct CSVTests {
  private func table(_ text: String) throws -> ArrayFile { try ArrayFile(bytes: Array(text.utf8), format: .csv) }

  @Test func namedColumnsAreReadInTheOrderAsked() throws {
    let file = try table("\u{FEFF}id,width,height\r\np1,1.5,-2\r\n\r\np2,2e3,+.25\r\np3,\" 3 \",1e-300")
    #expect(file.names == ["id", "width", "height"])
    let reader = try file.reader("height,width")
    #expect(reader.rowCount == 3)
    #expect(try reader.readMatrix() == Matrix<Double>([[-2, 1.5], [0.25, 2000], [1e-300, 3]]))
    #expect(try reader.readRows(at: [2, 0], as: Float.self) == Matrix<Float>([[0, 3], [-2, 1.5]]))
    #expect(try file.strings("id") == ["p1", "p2", "p3"])
    #expect(faultKind { _ = try file.reader("depth") } == .missingArray)
    #expect(faultKind { _ = try file.reader().readMatrix(as: Double.self) } == .notANumber)
    #expect(faultKind { _ = try file.array("width") } == .wrongType)
  }

  @Test func quotedFieldsMayHoldCommasQuotesAndLineEnds() throws {
    let file = try table("\"a,b\",c\n\"say \"\"yes\"\"\",\"two\nlines\"\nx,\"\"\n")
    #expect(file.names == ["a,b", "c"])
    #expect(try file.strings("a,b") == ["say \"yes\"", "x"])
    #expect(try file.strings("c") == ["two\nlines", ""])
    #expect(try file.reader("a,b").columnCount == 1)
  }

  /// The short way for decimals must round as the long one does.
  @Test func decimalsAreReadAsSwiftReadsThem() throws {
    var numbers = RandomNumbers(seed: 3)
    let texts = (0..<5000).map { _ -> String in
      let digits = (0...numbers.below(18)).map { _ in String(numbers.below(10)) }.joined()
      let point = numbers.below(digits.count + 1)
      return (numbers.below(2) == 0 ? "-" : "") + digits.prefix(point) + "." + digits.dropFirst(point)
    }.filter { Double($0) != nil }
    let file = try table("x\n" + texts.joined(separator: "\n"))
    #expect(try file.reader("x").readMatrix().elements == texts.compactMap { Double($0) })
  }

  @Test func aFieldThatIsNoNumberIsNamedByRowAndByte() throws {
    let text = "a,b\n1,2\n3,x7\n"
    let fault = try #require(throws: ArrayFault.self) { try table(text).reader("b").readMatrix(as: Double.self) }
    #expect(fault.kind == .notANumber && fault.row == 1 && fault.array == "b" && fault.offset == 10)
  }

  @Test(arguments: ["", "a,b\n1\n", "a,b\n1,2,3\n", "a,b\n\"1,2\n"])
  func tablesThatAreNoneAreRefused(text: String) {
    #expect(faultKind { _ = try table(text) } == .malformed)
  }

  @Test func columnsOfOneNameCannotBeAsked() throws {
    let file = try table("a,a\n1,2\n")
    #expect(faultKind { _ = try file.reader("a") } == .missingArray)
    #expect(try file.reader().readMatrix() == Matrix<Double>([[1, 2]]))
  }

  @Test func longTablesAreReadFromTheirMarks() throws {
    let rows = 10_000
    let text = "n,t\n" + (0..<rows).map { "\($0),\"row\n\($0)\"" }.joined(separator: "\n") + "\n"
    let file = try table(text)
    let reader = try file.reader("n")
    #expect(reader.rowCount == rows)
    for range in [0..<3, 4090..<4100, 8192..<8193, 9990..<10_000, 5000..<5000] {
      #expect(try reader.readRows(range, as: Double.self).elements == range.map { Double($0) })
    }
    var numbers = RandomNumbers(seed: 1)
    let picked = Array(numbers.permutation(rows).prefix(500))
    #expect(try reader.readRows(at: picked, as: Double.self).elements == picked.map { Double($0) })
    #expect(try file.strings("t")[7777] == "row\n7777")
    #expect(faultKind { _ = try reader.readRows(9_999..<10_001, as: Double.self) } == .wrongShape)
  }
}
