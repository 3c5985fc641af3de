import JSON
import Linear
import TestSupport
import Testing

@Suite struct NPZTests {
  @Test(.needsSharedData, arguments: ["case_stored.npz", "case_deflated.npz"])
  func archivesHoldWhatTheSingleFilesHold(name: String) throws {
    let file = try ArrayFile(FileBytes(path: SharedData.url("oracle/leak_mix/\(name)").path))
    #expect(file.format == .npz)
    #expect(Set(file.names) == ["X", "y", "train_idx", "test_idx"])
    for array in file.names {
      let single = try ArrayFile(bytes: SharedData.bytes("oracle/leak_mix/\(array).npy")).array()
      #expect(try file.array(array).info.shape == single.info.shape)
      #expect(try file.array(array).readMatrix(as: Double.self) == single.readMatrix())
    }
    let fault = try #require(throws: ArrayFault.self) { try file.array("Y") }
    #expect(fault.kind == .missingArray && fault.message.contains("train_idx"))
    #expect(faultKind { _ = try file.array() } == .missingArray)
  }

  @Test func whatIsWrittenIsRead() throws {
    let file = try ArrayFile(bytes: Fixture.archive())
    #expect(file.names == ["a", "b", "names"])
    #expect(try file.array("a").readMatrix() == Matrix<Double>([[1, 2, 3], [4, 5, 6]]))
    #expect(try file.array("b").readIntegers() == [7, 8, 9])
    #expect(try file.strings("names") == ["x", "", "żółć"])
    for name in file.names { #expect(try file.array(name).info.offset % 64 == 0) }
    #expect(try Fixture.archive() == Fixture.archive())
  }

  @Test func rowsThatComeInBlocksAreWrittenOnce() throws {
    let matrix = randomMatrix(1000, 7)
    func content(_ rows: Int) -> ArrayContent {
      .rows(rows, columns: 7, as: Double.self) { write in
        for start in stride(from: 0, to: 1000, by: 300) { try write(matrix.rows(start..<min(1000, start + 300))) }
      }
    }
    let bytes = try ArrayWriter.bytes { sink in
      try MatrixFile.write(rows: content(1000), rowIDs: (0..<1000).map { "r\($0)" }, to: sink)
    }
    let file = try ArrayFile(bytes: bytes)
    #expect(try file.array("matrix").readMatrix() == matrix)
    #expect(try file.array("matrix").info.offset % 64 == 0)
    #expect(try MatrixFile(file).rowIDs()?.last == "r999")
    for wrong in [999, 1001] {
      #expect(
        faultKind { _ = try ArrayWriter.bytes { try MatrixFile.write(rows: content(wrong), to: $0) } } == .wrongShape)
    }
  }

  @Test(arguments: [0, 300]) func sizesOf64BitsAreReadWhereTheyStand(wideFrom: Int) throws {
    let a = Matrix<Double>([[1, 2, 3], [4, 5, 6]])
    let once = ArrayContent.rows(2, columns: 3, as: Double.self) { write in try write(a) }
    let bytes = try ArrayWriter.bytes { sink in
      try ArrayWriter.npz([("a", .matrix(a)), ("once", once), ("c", .integers([7]))], wideFrom: wideFrom, to: sink)
    }
    let file = try ArrayFile(bytes: bytes)
    #expect(try file.array("a").readMatrix() == a && file.array("once").readMatrix() == a)
    #expect(try file.array("c").readIntegers() == [7])
  }

  @Test func textsThatTheFormatCannotHoldAreRefused() {
    #expect(faultKind { _ = try ArrayContent.strings(["a", "b\0"]) } == .wrongType)
    let long = String(repeating: "x", count: 1 << 20)
    #expect(faultKind { _ = try ArrayContent.strings([long] + [String](repeating: "", count: 5000)) } == .tooLarge)
  }

  @Test func membersThatShareBytesAreRefused() throws {
    // The directory's second entry is made to point at the first member.
    var bytes = try Fixture.archive()
    let entries = signatures([0x50, 0x4B, 1, 2], in: bytes)
    #expect(entries.count == 3)
    for k in 42..<46 { bytes[entries[1] + k] = bytes[entries[0] + k] }
    for k in 20..<28 { bytes[entries[1] + k] = bytes[entries[0] + k] }
    let fault = try #require(throws: ArrayFault.self) { try ArrayFile(bytes: bytes) }
    #expect(fault.kind == .overlapping && fault.offset != nil)
  }

  @Test func liesAboutSizesAndPlacesAreTypedErrors() throws {
    let bytes = try Fixture.archive()
    let entry = signatures([0x50, 0x4B, 1, 2], in: bytes)[0]
    let end = signatures([0x50, 0x4B, 5, 6], in: bytes)[0]
    func changed(_ at: Int, _ new: [UInt8]) -> [UInt8] {
      var copy = bytes
      copy.replaceSubrange(at..<at + new.count, with: new)
      return copy
    }
    let ones: [UInt8] = [0xFF, 0xFF, 0xFF, 0x7F]
    let cases: [([UInt8], ArrayFault.Kind)] = [
      (changed(entry + 20, ones), .truncated),  // packed size
      (changed(entry + 24, ones), .malformed),  // unpacked size
      (changed(entry + 42, ones), .malformed),  // place
      (changed(entry + 8, [1, 0]), .unsupportedPacking),  // encrypted
      (changed(entry + 10, [12, 0]), .unsupportedPacking),  // bzip2
      (changed(entry + 46, Array("b".utf8)), .malformed),  // a second "b.npy"
      (changed(entry + 28, [0xFF, 0xFF]), .malformed),  // length of the name
      (changed(end + 12, ones), .malformed),  // size of the directory
      (changed(end + 16, ones), .malformed),  // its place
      (changed(end + 10, [0xFE, 0xFF]), .malformed),  // more members than there are
    ]
    for (i, (bytes, kind)) in cases.enumerated() {
      #expect(faultKind { try ArrayFile(bytes: bytes).readEverything() } == kind, "case \(i)")
    }
  }

  @Test(.needsSharedData) func aDeflatedMemberIsHeldToItsSizeAndChecksum() throws {
    let bytes = try SharedData.bytes("oracle/leak_mix/case_deflated.npz")
    let source = MemoryBytes(bytes)
    #expect(faultKind { _ = try ArrayFile(source, inflateLimit: 1000).array("X") } == .tooLarge)
    let entry = try #require(signatures([0x50, 0x4B, 1, 2], in: bytes).first)
    for (place, amount) in [(24, UInt8(1)), (24, 255), (16, 1)] {
      var changed = bytes
      changed[entry + place] &+= amount
      #expect(faultKind { try ArrayFile(bytes: changed).readEverything() } == .malformed)
    }
    // A thousand times the truth takes no memory: the packed bytes end long before.
    var large = bytes
    large.replaceSubrange(entry + 24..<entry + 28, with: [0, 0, 0, 0x70])
    #expect(faultKind { try ArrayFile(bytes: large).readEverything() } == .malformed)
  }

  private func signatures(_ signature: [UInt8], in bytes: [UInt8]) -> [Int] {
    bytes.indices.dropLast(3).filter { bytes[$0..<$0 + 4].elementsEqual(signature) }
  }
}

@Suite struct SafeTensorsTests {
  @Test func whatIsWrittenIsRead() throws {
    let bytes = try Fixture.tensors()
    let file = try ArrayFile(bytes: bytes)
    #expect(file.format == .safetensors)
    #expect(file.names == ["weights", "bias", "codes"])
    #expect(file.metadata == ["kind": "probe", "α": "\"β\"\n"])
    #expect(try file.array("weights").readMatrix() == Matrix<Double>([[1, 2, 3], [4, 5, 6]]))
    #expect(try file.array("bias").info.shape == [2])
    #expect(try file.array("bias").readNumbers() == [1.0, 2])
    #expect(try file.array("codes").readIntegers() == [1, 2, 3])
    #expect(try file.array("weights").info.offset % 64 == 0)
    #expect(try Fixture.tensors() == bytes)
  }

  @Test func allTypesOfTheFormatAreRead() throws {
    let header = #"""
      {"h":{"dtype":"F16","shape":[1],"data_offsets":[0,2]},"b":{"dtype":"BF16","shape":[2],"data_offsets":[2,6]},
      "t":{"dtype":"BOOL","shape":[1,2],"data_offsets":[6,8]},"e":{"dtype":"F8_E5M2","shape":[2],"data_offsets":[8,10]},
      "n":{"dtype":"I64","shape":[0,3],"data_offsets":[10,10]},"s":{"dtype":"U16","shape":[],"data_offsets":[10,12]}}
      """#
    let elements: [UInt8] = [0x00, 0x3E, 0x80, 0x3F, 0x20, 0xC1, 1, 0, 0, 0, 0x34, 0x12]
    let file = try ArrayFile(bytes: Fixture.safetensors(header, elements))
    #expect(try file.array("h").readNumbers() == [1.5])
    #expect(try file.array("b").readNumbers() == [1.0, -10])
    #expect(try file.array("t").readIntegers() == [1, 0])
    #expect(try file.array("n").readMatrix() == Matrix<Double>.zeros(0, 3))
    #expect(try file.array("s").readIntegers() == [0x1234])
    #expect(faultKind { _ = try file.array("e") } == .unsupportedType)
  }

  @Test(
    arguments: [
      (#"{"a":{"dtype":"F64","shape":[2],"data_offsets":[0,16]}}"#, 8, .truncated),
      (#"{"a":{"dtype":"F64","shape":[2],"data_offsets":[0,16]}}"#, 24, .malformed),
      (#"{"a":{"dtype":"F64","shape":[1],"data_offsets":[0,16]}}"#, 16, .malformed),
      (#"{"a":{"dtype":"F64","shape":[-2],"data_offsets":[0,16]}}"#, 16, .malformed),
      (#"{"a":{"dtype":"F64","shape":[2.5],"data_offsets":[0,16]}}"#, 16, .malformed),
      (#"{"a":{"dtype":"F64","shape":[9223372036854775807,9],"data_offsets":[0,16]}}"#, 16, .tooLarge),
      (#"{"a":{"dtype":"F64","shape":[9223372036854775807,0],"data_offsets":[0,0]}}"#, 0, .tooLarge),
      (#"{"a":{"dtype":"F64","shape":[2],"data_offsets":[16,0]}}"#, 16, .malformed),
      (#"{"a":{"dtype":"F64","shape":[2],"data_offsets":[-16,0]}}"#, 16, .malformed),
      (#"{"a":{"dtype":"F64","shape":[2],"data_offsets":[0,9223372036854775807]}}"#, 16, .truncated),
      (#"{"a":{"dtype":"F64","shape":[2]}}"#, 16, .malformed),
      (
        #"{"a":{"dtype":"F64","shape":[1],"data_offsets":[0,8]},"b":{"dtype":"F64","shape":[1],"data_offsets":[4,12]}}"#,
        12, .overlapping
      ),
      (
        #"{"a":{"dtype":"F64","shape":[1],"data_offsets":[0,8]},"a":{"dtype":"F64","shape":[1],"data_offsets":[8,16]}}"#,
        16, .malformed
      ),
      (#"{"a":{"dtype":"F64","shape":[1],"data_offsets":[8,16]}}"#, 16, .malformed),
      (#"{"__metadata__":{"a":1}}"#, 0, .malformed),
      (#"{"a":1}"#, 0, .malformed),
      (#"{"#, 0, .malformed),
    ] as [(String, Int, ArrayFault.Kind)])
  func hostileHeadersAreTypedErrors(header: String, count: Int, kind: ArrayFault.Kind) {
    let bytes = Fixture.safetensors(header, [UInt8](repeating: 0, count: count))
    #expect(faultKind { try ArrayFile(bytes: bytes, format: .safetensors).readEverything() } == kind)
  }

  @Test func aHeaderThatIsLongerThanTheFileIsRefused() {
    for (length, kind) in [(UInt64(20), ArrayFault.Kind.truncated), (1 << 40, .tooLarge), (.max, .tooLarge)] {
      #expect(faultKind { _ = try ArrayFile(bytes: Fixture.littleEndian(length) + Array("{}".utf8)) } == kind)
    }
  }

  @Test func textHasNoPlaceInTheFormat() {
    #expect(
      faultKind { try ArrayWriter.safetensors([("a", .strings(["x"]))], to: { _ in }) } == .unsupportedType)
    #expect(
      faultKind { try ArrayWriter.safetensors([("a", .integers([1])), ("a", .integers([2]))], to: { _ in }) }
        == .malformed)
  }
}

@Suite struct MatrixFileTests {
  private let sparse = SparseMatrix(
    rows: 3, columns: 4, rowPointers: [0, 2, 2, 3], columnIndices: [0, 3, 1], values: [1.5, -2, 3])

  @Test func aSparseMatrixKeepsItsRowsAndTheirIds() throws {
    let ids = ["paper:a", "paper:ü", "paper:c"]
    let bytes = try ArrayWriter.bytes { try MatrixFile.write(sparse, rowIDs: ids, to: $0) }
    let file = try MatrixFile(ArrayFile(bytes: bytes))
    #expect(file.isSparse && file.rows == 3 && file.columns == 4)
    #expect(try file.sparse() == sparse)
    #expect(try file.rowIDs() == ids)
    let arrays = try ArrayFile(bytes: bytes)
    #expect(try arrays.array("format").info.type == .bytes(3) && arrays.array("format").info.shape.isEmpty)
    #expect(try arrays.array("indptr").info.type == .int32)
  }

  @Test func aDenseMatrixKeepsItsRowsAndTheirIds() throws {
    let matrix = randomMatrix(4, 3)
    let bytes = try ArrayWriter.bytes { try MatrixFile.write(matrix, rowIDs: ["a", "b", "c", "d"], to: $0) }
    let file = try MatrixFile(ArrayFile(bytes: bytes))
    #expect(!file.isSparse)
    #expect(try file.dense?.readMatrix(as: Double.self) == matrix)
    #expect(try file.rowIDs() == ["a", "b", "c", "d"])
    #expect(try file.sparse().dense() == matrix)
    #expect(
      faultKind { _ = try ArrayWriter.bytes { try MatrixFile.write(matrix, rowIDs: ["a"], to: $0) } } == .wrongShape)
    let short = try ArrayWriter.bytes {
      try ArrayWriter.npz([("matrix", .matrix(matrix)), ("rowIds", .strings(["a"]))], to: $0)
    }
    #expect(faultKind { _ = try MatrixFile(ArrayFile(bytes: short)).rowIDs() } == .wrongShape)
  }

  private func members(
    _ format: String, _ shape: [Int], _ pointers: [Int], _ indices: [Int], _ values: [Double]
  ) throws -> ArrayFile {
    try ArrayFile(
      bytes: ArrayWriter.bytes {
        try ArrayWriter.npz(
          [
            ("indices", .integers(indices)), ("indptr", .integers(pointers)), ("format", .strings([format])),
            ("shape", .integers(shape)), ("data", .vector(values)),
          ], to: $0)
      })
  }

  @Test func columnsInAnyOrderAndRepeatedEntriesAreRead() throws {
    let shuffled = try MatrixFile(members("csr", [3, 4], [0, 3, 3, 4], [3, 0, 3, 1], [-1, 1.5, -1, 3]))
    #expect(try shuffled.sparse() == sparse)
    let byColumns = try MatrixFile(members("csc", [3, 4], [0, 1, 2, 2, 3], [0, 2, 0], [1.5, 3, -2]))
    #expect(byColumns.rows == 3 && byColumns.columns == 4)
    #expect(try byColumns.sparse() == sparse)
  }

  @Test func membersThatAreNoMatrixAreTypedErrors() throws {
    let cases: [(ArrayFile, ArrayFault.Kind)] = [
      (try members("coo", [3, 4], [0, 1, 1, 1], [0], [1]), .unsupportedPacking),
      (try members("csr", [3, 4], [0, 1], [0], [1]), .wrongShape),
      (try members("csr", [-3, 4], [0, 1], [0], [1]), .wrongShape),
      (try members("csr", [3], [0, 1, 1, 1], [0], [1]), .wrongShape),
      (try members("csr", [1_000_000_000_000, 4], [0, 1], [0], [1]), .wrongShape),
      (try members("csr", [1, 1_000_000_000_000], [0, 1], [0], [1]), .tooLarge),
      (try members("csr", [3, 4], [0, 5, 1, 1], [0], [1]), .malformed),
      (try members("csr", [3, 4], [0, -5, 1, 1], [0], [1]), .malformed),
      (try members("csr", [3, 4], [0, 1, 1, 1], [4], [1]), .malformed),
      (try members("csr", [3, 4], [0, 1, 1, 1], [-1], [1]), .malformed),
      (try members("csr", [3, 4], [0, 1, 1, 1], [0, 1], [1]), .malformed),
    ]
    for (i, (file, kind)) in cases.enumerated() {
      #expect(faultKind { _ = try MatrixFile(file).sparse() } == kind, "case \(i)")
    }
  }

  @Test func labelsKeepTheirClasses() throws {
    let labels = try LabelFile(codes: [0, -1, 1], classes: ["no", "yes"], rowIDs: ["a", "b", "c"])
    let bytes = try ArrayWriter.bytes { try labels.write(to: $0) }
    #expect(try LabelFile(ArrayFile(bytes: bytes)) == labels)
    #expect(faultKind { _ = try LabelFile(codes: [2], classes: ["no", "yes"]) } == .malformed)
    #expect(faultKind { _ = try LabelFile(codes: [-2], classes: ["no", "yes"]) } == .malformed)
    #expect(faultKind { _ = try LabelFile(codes: [0], classes: ["no"], rowIDs: []) } == .wrongShape)
  }
}

/// Files that were damaged at random: an answer or a typed error, never a crash and never a huge allocation.
@Suite struct DamagedFileTests {
  private func files() throws -> [(ArrayFile.Format, [UInt8])] {
    let sparse = SparseMatrix(randomMatrix(5, 4))
    return [
      (.npy, Fixture.npy(">f4", "(2, 3)", [UInt8](repeating: 7, count: 24), columnMajor: true)),
      (.npz, try Fixture.archive()),
      (.npz, try ArrayWriter.bytes { try MatrixFile.write(sparse, to: $0) }),
      (.safetensors, try Fixture.tensors()),
      (.csv, Array("a,b\n1,2\n\"3\",4e5\n".utf8)),
    ]
  }

  private func open(_ format: ArrayFile.Format, _ bytes: [UInt8]) throws {
    do {
      let file = try ArrayFile(bytes: bytes, format: format)
      try file.readEverything()
      if format == .npz, file.names.contains("indptr") { _ = try MatrixFile(file).sparse() }
    } catch is ArrayFault {
    } catch is ByteSourceFault {
    }
  }

  @Test func cutFilesAreTypedErrors() throws {
    for (format, bytes) in try files() {
      for length in 0..<bytes.count { try open(format, Array(bytes.prefix(length))) }
    }
  }

  @Test func changedBytesAreNeverFatal() throws {
    var numbers = RandomNumbers(seed: 2024)
    for (format, bytes) in try files() {
      for _ in 0..<3000 {
        var damaged = bytes
        for _ in 0...numbers.below(4) {
          let extreme: [UInt8] = [0, 1, 0x7F, 0x80, 0xFF, UInt8(ascii: "9"), UInt8(ascii: "-")]
          damaged[numbers.below(bytes.count)] = extreme[numbers.below(extreme.count)]
        }
        try open(format, damaged)
      }
    }
  }
}
