import Foundation
import Linear
import Testing

/// Files that NumPy 2.4 wrote itself (`numpy.save`, `savez_compressed`), in both byte orders and both layouts.
@Suite struct NumPyFilesTests {
  private static let halves: [String: String] = [
    ">f8, rows":
      "k05VTVBZAQB2AHsnZGVzY3InOiAnPmY4JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDIsIDMpLCB9ICAg"
      + "ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAo/+AAAAAAAAMAAAAAAAAAA"
      + "QAgAAAAAAABAEAAAAAAAAD/AAAAAAAAAwBgAAAAAAAA=",
    ">f8, columns":
      "k05VTVBZAQB2AHsnZGVzY3InOiAnPmY4JywgJ2ZvcnRyYW5fb3JkZXInOiBUcnVlLCAnc2hhcGUnOiAoMiwgMyksIH0gICAg"
      + "ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAo/+AAAAAAAAEAQAAAAAAAA"
      + "wAAAAAAAAAA/wAAAAAAAAEAIAAAAAAAAwBgAAAAAAAA=",
    "<f8, columns":
      "k05VTVBZAQB2AHsnZGVzY3InOiAnPGY4JywgJ2ZvcnRyYW5fb3JkZXInOiBUcnVlLCAnc2hhcGUnOiAoMiwgMyksIH0gICAg"
      + "ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAAAAAAD4PwAAAAAAABBA"
      + "AAAAAAAAAMAAAAAAAADAPwAAAAAAAAhAAAAAAAAAGMA=",
    ">f4, columns":
      "k05VTVBZAQB2AHsnZGVzY3InOiAnPmY0JywgJ2ZvcnRyYW5fb3JkZXInOiBUcnVlLCAnc2hhcGUnOiAoMiwgMyksIH0gICAg"
      + "ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAo/wAAAQIAAAMAAAAA+AAAA"
      + "QEAAAMDAAAA=",
    "<f2, columns":
      "k05VTVBZAQB2AHsnZGVzY3InOiAnPGYyJywgJ2ZvcnRyYW5fb3JkZXInOiBUcnVlLCAnc2hhcGUnOiAoMiwgMyksIH0gICAg"
      + "ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAPgBEAMAAMABCAMY=",
    ">f2, rows":
      "k05VTVBZAQB2AHsnZGVzY3InOiAnPmYyJywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDIsIDMpLCB9ICAg"
      + "ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAo+AMAAQgBEADAAxgA=",
  ]

  private static let integers: [String: String] = [
    ">i4, columns":
      "k05VTVBZAQB2AHsnZGVzY3InOiAnPmk0JywgJ2ZvcnRyYW5fb3JkZXInOiBUcnVlLCAnc2hhcGUnOiAoMiwgMyksIH0gICAg"
      + "ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAAABAAAABP////4AAAAF"
      + "AAAAA/////o=",
    ">i8, rows":
      "k05VTVBZAQB2AHsnZGVzY3InOiAnPmk4JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDIsIDMpLCB9ICAg"
      + "ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAAAAAAAAAf/////////+"
      + "AAAAAAAAAAMAAAAAAAAABAAAAAAAAAAF//////////o=",
    "<i2, columns":
      "k05VTVBZAQB2AHsnZGVzY3InOiAnPGkyJywgJ2ZvcnRyYW5fb3JkZXInOiBUcnVlLCAnc2hhcGUnOiAoMiwgMyksIH0gICAg"
      + "ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoBAAQA/v8FAAMA+v8=",
  ]

  private func bytes(_ text: String) throws -> [UInt8] { [UInt8](try #require(Data(base64Encoded: text))) }

  @Test func fractionsAreReadAsNumPyWroteThem() throws {
    for (name, text) in Self.halves {
      let matrix: Matrix<Double> = try ArrayFile(bytes: bytes(text)).reader().readMatrix()
      #expect(matrix == Matrix([[1.5, -2, 3], [4, 0.125, -6]]), "\(name)")
      let rows: Matrix<Float> = try ArrayFile(bytes: bytes(text)).reader().readRows(at: [1, 0], as: Float.self)
      #expect(rows == Matrix([[4, 0.125, -6], [1.5, -2, 3]]), "\(name)")
    }
  }

  @Test func wholeNumbersAreReadAsNumPyWroteThem() throws {
    for (name, text) in Self.integers {
      let matrix: Matrix<Double> = try ArrayFile(bytes: bytes(text)).reader().readMatrix()
      #expect(matrix == Matrix([[1, -2, 3], [4, 5, -6]]), "\(name)")
    }
  }

  @Test func aDeflatedArchiveOfBothLayoutsIsRead() throws {
    let file = try ArrayFile(bytes: bytes(Self.archive))
    #expect(Set(file.names) == ["big", "columns"])
    for name in file.names {
      #expect(try file.array(name).readMatrix(as: Double.self) == Matrix([[1.5, -2, 3], [4, 0.125, -6]]), "\(name)")
    }
  }

  /// Pickled objects are code: they are named and refused, never loaded.
  @Test func pickledObjectsAreRefused() throws {
    let file = try bytes(Self.objects)
    #expect(faultKind { try ArrayFile(bytes: file).readEverything() } == .objects)
  }

  private static let archive =
    "UEsDBC0AAAAIAAAAIQCcYlrs//////////8HABQAYmlnLm5weQEAEACwAAAAAAAAAFsAAAAAAAAAm+wX6hsQychQxlCtnpJa"
    + "nFykbqWgbpdmoa6joJ6WX1RSlJgXn1+UkgoSd0vMKU4FihdnJBakAvkaRjoKxpo6CrUKZAMu+x8MYHAAQjE4cEBpAQhtD5U4"
    + "IAGhAVBLAwQtAAAACAAAACEA1PB4Nf//////////CwAUAGNvbHVtbnMubnB5AQAQAJgAAAAAAAAAWgAAAAAAAACb7BfqGxDJ"
    + "yFDGUK2eklqcXKRupaBuk2airqOgnpZfVFKUmBefX5SSChIPKSpNBQoXZyQWpAK5GkY6CsaaOgq1CuQDLgaGA/YMDA0ODEAG"
    + "ENsxMDgA2QcOAABQSwECLQMtAAAACAAAACEAnGJa7FsAAACwAAAABwAAAAAAAAAAAAAAgAEAAAAAYmlnLm5weVBLAQItAy0A"
    + "AAAIAAAAIQDU8Hg1WgAAAJgAAAALAAAAAAAAAAAAAACAAZQAAABjb2x1bW5zLm5weVBLBQYAAAAAAgACAG4AAAArAQAAAAA="

  private static let objects =
    "k05VTVBZAQB2AHsnZGVzY3InOiAnfE8nLCAnZm9ydHJhbl9vcmRlcic6IEZhbHNlLCAnc2hhcGUnOiAoMiwpLCB9ICAgICAg"
    + "ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAqABJWUAAAAAAAAAIwWbnVt"
    + "cHkuX2NvcmUubXVsdGlhcnJheZSMDF9yZWNvbnN0cnVjdJSTlIwFbnVtcHmUjAduZGFycmF5lJOUSwCFlEMBYpSHlFKUKEsB"
    + "SwKFlGgDjAVkdHlwZZSTlIwCTziUiYiHlFKUKEsDjAF8lE5OTkr/////Sv////9LP3SUYoldlCh9lIwBYZRLAXNOZXSUYi4="
}
