import Foundation
import Linear
import TestSupport
import Testing

@Suite struct NPYTests {
  @Test func everyKindOfNumberIsReadInBothByteOrders() throws {
    let values: [Int8] = [0, 1, -2, 127, -128, 5]
    func bytes<T: FixedWidthInteger>(_: T.Type, _ big: Bool) -> [UInt8] {
      values.flatMap {
        big ? Fixture.bigEndian(T(truncatingIfNeeded: $0)) : Fixture.littleEndian(T(truncatingIfNeeded: $0))
      }
    }
    func unsigned(_ bits: Double) -> [Double] { values.map { $0 < 0 ? Double($0) + bits : Double($0) } }
    let signed = values.map(Double.init)
    for big in [false, true] {
      let mark = big ? ">" : "<"
      let cases: [(String, [UInt8], [Double])] = [
        ("|i1", bytes(Int8.self, big), signed), ("\(mark)i2", bytes(Int16.self, big), signed),
        ("\(mark)i4", bytes(Int32.self, big), signed), ("\(mark)i8", bytes(Int64.self, big), signed),
        ("|u1", bytes(UInt8.self, big), unsigned(0x1p8)), ("\(mark)u2", bytes(UInt16.self, big), unsigned(0x1p16)),
        ("\(mark)u4", bytes(UInt32.self, big), unsigned(0x1p32)),
        ("\(mark)u8", bytes(UInt64.self, big), unsigned(0x1p64)),
        (
          "\(mark)f4",
          values.flatMap { v in
            big ? Fixture.bigEndian(Float(v).bitPattern) : Fixture.littleEndian(Float(v).bitPattern)
          }, signed
        ),
        (
          "\(mark)f8",
          values.flatMap { v in
            big ? Fixture.bigEndian(Double(v).bitPattern) : Fixture.littleEndian(Double(v).bitPattern)
          }, signed
        ),
        ("|b1", values.map { $0 > 0 ? 1 : 0 }, values.map { $0 > 0 ? 1 : 0 }),
      ]
      for (type, elements, expected) in cases {
        for version in [UInt8(1), 2, 3] {
          let array = try ArrayFile(bytes: Fixture.npy(type, "(2, 3)", elements, version: version)).array()
          #expect(array.info.shape == [2, 3])
          #expect(try array.readMatrix() == Matrix(rows: 2, columns: 3, elements: expected), "\(type)")
          #expect(
            try array.readMatrix() == Matrix(rows: 2, columns: 3, elements: expected.map { Float($0) }), "\(type)")
          if array.info.type.isInteger, !type.hasSuffix("u8") {
            #expect(try array.readIntegers() == expected.map { Int($0) }, "\(type)")
          }
        }
      }
    }
  }

  /// The bit patterns of IEEE 754 binary16: smallest and largest subnormal, smallest normal, 1, largest, infinities.
  @Test func halvesAreReadExactly() throws {
    let patterns: [UInt16] = [0x0001, 0x03FF, 0x0400, 0x3C00, 0x7BFF, 0x7C00, 0xFC00, 0x8000, 0xC000, 0x3555]
    let expected: [Double] = [
      0x1p-24, 0x1p-14 - 0x1p-24, 0x1p-14, 1, 65504, .infinity, -.infinity, -0.0, -2, 0.333251953125,
    ]
    let array = try ArrayFile(bytes: Fixture.npy("<f2", "(10,)", patterns.flatMap { Fixture.littleEndian($0) })).array()
    let numbers: [Double] = try array.readNumbers()
    #expect(numbers == expected && numbers[7].sign == .minus)
    let nan = try ArrayFile(bytes: Fixture.npy(">f2", "(1,)", [0x7E, 0])).array()
    #expect(try nan.readNumbers(as: Double.self)[0].isNaN)
  }

  @Test func columnsAreReadAsRowsWhenTheFileHasThemSo() throws {
    // 3 × 2 in Fortran order.
    let elements = [1.0, 2, 3, 4, 5, 6].flatMap { Fixture.littleEndian($0.bitPattern) }
    let array = try ArrayFile(bytes: Fixture.npy("<f8", "(3, 2)", elements, columnMajor: true)).array()
    #expect(try array.readMatrix() == Matrix<Double>([[1, 4], [2, 5], [3, 6]]))
    #expect(try array.readRows(1..<2) == Matrix<Float>([[2, 5]]))
    #expect(try array.readRows(at: [2, 0, 2]) == Matrix<Double>([[3, 6], [1, 4], [3, 6]]))
  }

  /// numpy.arange(24).reshape(2, 3, 4), stored in both orders: element (i, j, k) is 12·i + 4·j + k.
  @Test func furtherDimensionsAreFlattenedInCOrder() throws {
    let plain = (0..<24).flatMap { Fixture.littleEndian(Int32($0)) }
    var turned: [UInt8] = []
    for k in 0..<4 {
      for j in 0..<3 {
        for i in 0..<2 { turned += Fixture.littleEndian(Int32(12 * i + 4 * j + k)) }
      }
    }
    for (bytes, columnMajor) in [(plain, false), (turned, true)] {
      let array = try ArrayFile(bytes: Fixture.npy("<i4", "(2, 3, 4)", bytes, columnMajor: columnMajor)).array()
      #expect(array.rowCount == 2 && array.columnCount == 12)
      #expect(try array.readMatrix().elements == (0..<24).map { Double($0) })
      #expect(try array.readIntegers() == Array(0..<24))
      #expect(try array.readRows(at: [1], as: Double.self).elements == (12..<24).map { Double($0) })
    }
  }

  @Test func textIsReadInBothByteOrders() throws {
    let texts = ["ab", "", "żó€😀", "a\0b"]
    for big in [false, true] {
      let elements = texts.flatMap { text -> [UInt8] in
        let scalars = text.unicodeScalars.map(\.value) + [UInt32](repeating: 0, count: 4 - text.unicodeScalars.count)
        return scalars.flatMap { big ? Fixture.bigEndian($0) : Fixture.littleEndian($0) }
      }
      let file = try ArrayFile(bytes: Fixture.npy("\(big ? ">" : "<")U4", "(4,)", elements))
      #expect(try file.strings() == texts)
      #expect(faultKind { _ = try file.array().readMatrix(as: Double.self) } == .wrongType)
    }
    #expect(try ArrayFile(bytes: Fixture.npy("|S3", "()", Array("csr".utf8))).strings() == ["csr"])
    #expect(try ArrayFile(bytes: Fixture.npy("<U0", "(3,)", [])).strings() == ["", "", ""])
  }

  @Test func anInvalidScalarIsNamedByItsByte() throws {
    let bytes = Fixture.npy("<U1", "(2,)", Fixture.littleEndian(UInt32(65)) + Fixture.littleEndian(UInt32(0xD800)))
    let fault = try #require(throws: ArrayFault.self) { try ArrayFile(bytes: bytes).strings() }
    #expect(fault.kind == .malformed && fault.offset == bytes.count - 4)
  }

  @Test func aSingleNumberIsARow() throws {
    let array = try ArrayFile(bytes: Fixture.npy("<f8", "()", Fixture.littleEndian(2.5.bitPattern))).array()
    #expect(try array.readMatrix() == Matrix<Double>([[2.5]]))
  }

  @Test func largeWholeNumbersAreRefusedWhereTheyDoNotFit() throws {
    let bytes = Fixture.npy("<u8", "(2,)", Fixture.littleEndian(UInt64(1)) + Fixture.littleEndian(UInt64.max))
    let fault = try #require(throws: ArrayFault.self) { try ArrayFile(bytes: bytes).array().readIntegers() }
    #expect(fault.kind == .wrongType && fault.offset == bytes.count - 8)
  }

  @Test func headersMayBeWrittenDifferently() throws {
    let one = Fixture.littleEndian(1.0.bitPattern)
    for header in [
      "{\"shape\": (1L,), \"descr\": \"<f8\",\"fortran_order\":False}",
      "  {'fortran_order' : False ,\n 'descr':'=f8', 'shape':(1,1,1,)}  ",
    ] {
      #expect(try ArrayFile(bytes: Fixture.npy(header, one)).array().readNumbers() == [1.0])
    }
  }

  @Test(
    arguments: [
      ("<f8", "(9223372036854775807, 9223372036854775807)", .tooLarge),
      ("<f8", "(4611686018427387904,)", .tooLarge),
      ("<f8", "(99999999999999999999999,)", .tooLarge),
      ("<f8", "(1000000000000,)", .truncated),
      ("<f8", "(3,)", .truncated),
      ("<f8", "(-1,)", .malformed),
      ("<f8", "(0, 9223372036854775807)", .tooLarge),
      ("<f8", "(0, 16777216, 16777216, 16777216)", .tooLarge),
      ("<f8", "(4611686018427387904, 0)", .tooLarge),
      ("<U0", "(4611686018427387904,)", .tooLarge),
      ("<U99999999999", "(1,)", .tooLarge),
      ("<U9223372036854775807", "(1,)", .tooLarge),
      ("<U-1", "(1,)", .tooLarge),
      ("|O", "(2,)", .objects),
      ("<c16", "(1,)", .unsupportedType),
      ("<M8[ns]", "(1,)", .unsupportedType),
      ("<f16", "(1,)", .unsupportedType),
      ("", "(1,)", .unsupportedType),
      ("<f8", "(1, x)", .malformed),
      ("<f8", "(1", .malformed),
      ("<f8", "1", .malformed),
      ("<f8", "(1 1)", .malformed),
    ] as [(String, String, ArrayFault.Kind)])
  func hostileHeadersAreTypedErrors(type: String, shape: String, kind: ArrayFault.Kind) throws {
    let bytes = Fixture.npy(type, shape, [UInt8](repeating: 0, count: 16))
    let fault = try #require(throws: ArrayFault.self) { try ArrayFile(bytes: bytes).array() }
    #expect(fault.kind == kind, "\(fault)")
    #expect(fault.offset != nil)
  }

  @Test func brokenHeadersAreTypedErrors() {
    let cases: [([UInt8], ArrayFault.Kind)] = [
      (Fixture.npy("{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (1,)}", []), .unsupportedType),
      (Fixture.npy("{'descr': '<f8', 'fortran_order': False}", []), .malformed),
      (Fixture.npy("{'descr': '<f8', 'descr': '<f8', 'fortran_order': False, 'shape': ()}", []), .malformed),
      (Fixture.npy("{'descr': '<f8', 'fortran_order': 0, 'shape': ()}", []), .malformed),
      (Fixture.npy("{'descr': '<f8', 'fortran_order': False, 'shape': ()} x", []), .malformed),
      (Fixture.npy("{'descr", []), .malformed),
      (Fixture.npy("", []), .malformed),
      (Fixture.npy("{'shape': (" + String(repeating: "1,", count: 100) + "), 'descr': '<f8'}", []), .malformed),
      ([0x93] + Array("NUMPY".utf8) + [1, 0, 255, 255], .truncated),
      ([0x93] + Array("NUMPY".utf8) + [2, 0, 255, 255, 255, 255], .tooLarge),
      ([0x93] + Array("NUMPY".utf8) + [9, 0, 0, 0], .unsupportedPacking),
      ([0x93] + Array("NUMPY".utf8), .truncated),
      (Array("hello, world".utf8), .unknownFormat),
      ([], .unknownFormat),
    ]
    for (bytes, kind) in cases { #expect(faultKind { _ = try ArrayFile(bytes: bytes).array() } == kind) }
  }

  @Test func rowsOutsideAreRefused() throws {
    let array = try ArrayFile(bytes: Fixture.npy("|u1", "(2, 2)", [1, 2, 3, 4])).array()
    #expect(faultKind { _ = try array.readRows(1..<3, as: Double.self) } == .wrongShape)
    #expect(faultKind { _ = try array.readRows(at: [-1], as: Double.self) } == .wrongShape)
    #expect(faultKind { _ = try array.readRows(at: [2], as: Double.self) } == .wrongShape)
    #expect(faultKind { _ = try Matrix<Double>.zeros(2, 2).readRows(at: [2], as: Double.self) } == .wrongShape)
    #expect(try array.readRows(at: [], as: Double.self).rows == 0)
  }

  @Test(
    .needsSharedData,
    arguments: ["oracle/leak_mix/X.npy", "oracle/float32/X.npy", "oracle/features/minilm_embeddings.npy"])
  func numbersAreWrittenByteForByteAsNumPyDoes(path: String) throws {
    let bytes = try SharedData.bytes(path)
    let array = try ArrayFile(bytes: bytes).array()
    let written = try ArrayWriter.bytes { sink in
      if array.info.type == .float32 {
        try ArrayWriter.npy(.matrix(try array.readMatrix(as: Float.self)), to: sink)
      } else {
        try ArrayWriter.npy(.matrix(try array.readMatrix(as: Double.self)), to: sink)
      }
    }
    #expect(written == bytes)
  }

  @Test(.needsSharedData) func labelsAreWrittenByteForByteAsNumPyDoes() throws {
    let bytes = try SharedData.bytes("oracle/multi5/y.npy")
    let codes = try ArrayFile(bytes: bytes).array().readIntegers()
    #expect(Set(codes) == Set(0..<5))
    #expect(try ArrayWriter.bytes { try ArrayWriter.npy(.integers(codes), to: $0) } == bytes)
  }

  @Test(.needsSharedData) func blocksAndSinglesOfAFileAreItsRows() throws {
    let array = try ArrayFile(FileBytes(path: SharedData.url("oracle/digits_parity/X.npy").path)).array()
    #expect(array.info.type == .uint8)
    let whole = try array.readMatrix(as: Double.self)
    var blocks: [Matrix<Double>] = []
    try array.forEachBlock(size: 100) { first, block in
      #expect(first == blocks.reduce(0) { $0 + $1.rows })
      blocks.append(block)
    }
    #expect(Matrix.stack(blocks) == whole)
    var numbers = RandomNumbers(seed: 1)
    let picked = numbers.permutation(whole.rows)
    #expect(try array.readRows(at: picked, as: Double.self) == whole.rows(at: picked))
  }
}

@Suite struct ByteSourceTests {
  @Test func onlyRegularFilesAreOpened() throws {
    let folder = try TemporaryFolder()
    #expect(throws: ByteSourceFault.notAFile(path: folder.path)) { try FileBytes(path: folder.path) }
    #expect(throws: ByteSourceFault.self) { try FileBytes(path: folder.file("absent").path) }
    #expect(throws: ByteSourceFault.notAFile(path: "/dev/null")) { try FileBytes(path: "/dev/null") }
  }

  @Test func readingPastTheEndIsAnError() throws {
    let folder = try TemporaryFolder()
    try "0123456789".write(to: folder.file("x"), atomically: false, encoding: .utf8)
    let file = try FileBytes(path: folder.file("x").path)
    #expect(file.count == 10)
    for source in [file, MemoryBytes(Array("0123456789".utf8))] as [any ByteSource] {
      #expect(try source.bytes(at: 4, count: 6) == Array("456789".utf8))
      for (offset, count) in [(5, 6), (11, 0), (-1, 2), (0, Int.max), (Int.max, 1)] {
        #expect(throws: ByteSourceFault.self) { try source.bytes(at: offset, count: count) }
      }
    }
    try "012".write(to: folder.file("x"), atomically: false, encoding: .utf8)
    #expect(throws: ByteSourceFault.endOfBytes(offset: 2, wanted: 4, count: 3)) { try file.bytes(at: 2, count: 4) }
  }
}
