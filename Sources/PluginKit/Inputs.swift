import JSON
import Linear

/// Opening what the parameters refer to. All inputs are immutable and are part of the cache key.
extension Context {
  /// A matrix in blocks: of any size and any stored kind of number.
  public func rows(_ reference: MatrixReference) throws -> RowSource {
    try rows(at: reference.pointer)
  }

  /// A matrix in memory.
  public func matrix<S: Scalar>(_ reference: MatrixReference, as: S.Type = S.self) throws -> Matrix<S> {
    let source = try rows(reference)
    try reserve(source.rowCount * source.columnCount * MemoryLayout<S>.stride, for: "the matrix \(reference.pointer)")
    return try source.matrix(as: S.self)
  }

  /// A matrix as sparse rows, with its row ids.
  public func sparse(_ reference: MatrixReference) throws -> (matrix: SparseMatrix, rowIDs: [String]?) {
    guard let file = try host.open(reference.pointer) else {
      let source = try rows(reference)
      return (SparseMatrix(try source.matrix(as: Double.self)), source.rowIDs)
    }
    do {
      let stored = try MatrixFile(ArrayFile(file.bytes, format: file.format), selection: file.part)
      return (try stored.sparse(), try stored.rowIDs())
    } catch {
      throw MethodError(reading: error, reference.pointer, name: file.name)
    }
  }

  /// The bytes of a file or an artifact.
  public func bytes(_ reference: FileReference) throws -> any ByteSource { try file(reference.pointer).bytes }

  /// The text of a PDF in UTF-8, pages parted by form feeds. The host has poppler's `pdftotext` read the file, for at
  /// most a minute.
  ///
  /// - Throws: `MethodError.notFound` with how to install the program when it is missing.
  public func text(ofPDF reference: FileReference) throws -> [UInt8] { try host.pdfText(reference.pointer) ?? [] }

  /// What messages call the file.
  public func name(_ reference: FileReference) throws -> String { try file(reference.pointer).name }

  /// Classes, one a row.
  public func labels(_ reference: LabelReference) throws -> Labels {
    guard let file = try host.open(reference.pointer) else {
      let typed = value(reference.pointer).array ?? []
      return Labels(names: typed.map { $0.string ?? $0.int.map(String.init) })
    }
    do {
      let arrays = try ArrayFile(file.bytes, format: file.format)
      if arrays.format == .npz, file.part == nil, Set(arrays.names).isSuperset(of: ["labels", "classes"]) {
        let stored = try LabelFile(arrays)
        return Labels(
          codes: stored.codes, classes: stored.classes, rowIDs: stored.rowIDs, madeFrom: stored.madeFrom)
      }
      if arrays.format == .csv { return Labels(names: try arrays.strings(file.part)) }
      let array = try arrays.array(file.part)
      if array.info.type.isText { return Labels(names: try array.readStrings()) }
      return Labels(names: try array.readIntegers().map(String.init))
    } catch {
      throw MethodError(reading: error, reference.pointer, name: file.name)
    }
  }

  /// Row numbers, from 0.
  public func rowNumbers(_ reference: RowsReference, of count: Int) throws -> [Int] {
    let numbers: [Int]
    if let file = try host.open(reference.pointer) {
      do {
        numbers = try ArrayFile(file.bytes, format: file.format).array(file.part).readIntegers()
      } catch {
        throw MethodError(reading: error, reference.pointer, name: file.name)
      }
    } else {
      numbers = (value(reference.pointer).array ?? []).compactMap(\.int)
    }
    if let place = numbers.firstIndex(where: { $0 < 0 || $0 >= count }) {
      throw MethodError.invalidParameter(
        pointer: "\(reference.pointer)/\(place)", expected: "a row number below \(count), found \(numbers[place])")
    }
    return numbers
  }

  /// The named arrays of an archive (`.npz`) of row numbers, such as `train` and `test` of a split.
  public func rowLists(_ reference: FileReference, _ names: [String], of count: Int) throws -> [[Int]] {
    let file = try file(reference.pointer)
    return try names.map { name in
      let numbers: [Int]
      do {
        numbers = try ArrayFile(file.bytes, format: file.format).array(name).readIntegers()
      } catch {
        throw MethodError(reading: error, reference.pointer, name: file.name)
      }
      guard numbers.allSatisfy({ $0 >= 0 && $0 < count }) else {
        throw MethodError.data(
          .shape, pointer: reference.pointer, message: "\(file.name) names rows beyond the \(count) there are",
          hint: "make the split from the same rows")
      }
      return numbers
    }
  }

  /// A paper set, read whole.
  public func papers(_ reference: PapersReference) throws -> PaperSet {
    guard let file = try host.open(reference.pointer) else { return try typedPapers(reference.pointer) }
    let decoder = JSON.Decoder()
    var papers: [PaperEntry] = []
    var line = 0
    try file.bytes.forEachLine { bytes in
      line += 1
      if line % 256 == 0 { try checkCancellation() }
      do {
        papers.append(try decoder.decode(PaperEntry.self, from: JSON.parse(bytes, .largeIntegers)))
      } catch {
        throw MethodError.data(
          .format, pointer: reference.pointer, message: "\(file.name), line \(line) is no paper: \(error)",
          hint: "give the output 'papers' of papers.select")
      }
    }
    return PaperSet(papers: papers)
  }

  private func typedPapers(_ pointer: String) throws -> PaperSet {
    guard let typed = value(pointer).array else {
      throw MethodError.invalidParameter(pointer: pointer, expected: "a paper set")
    }
    let decoder = JSON.Decoder()
    return PaperSet(
      papers: try typed.enumerated().map { place, paper in
        do {
          return try decoder.decode(PaperEntry.self, from: paper)
        } catch {
          throw MethodError.invalidParameter(
            pointer: "\(pointer)/\(place)", expected: "a paper with id and title, other members as a set has them")
        }
      })
  }

  /// What another method saved by `save(model:…)`; refused when its kind differs.
  public func model<M: Decodable>(
    _ reference: ModelReference, _ kind: String, _ type: M.Type
  ) throws -> (model: M, arrays: Arrays) {
    let file = try file(reference.pointer)
    do {
      guard try ArrayFile.format(of: file.bytes) == .safetensors else {
        throw MethodError.invalidParameter(
          pointer: reference.pointer, expected: "a model of kind '\(kind)', found another kind of file",
          hint: "give the output of the method that fits it")
      }
      let stored = try ArrayFile(file.bytes, format: .safetensors)
      guard stored.metadata["kind"] == kind, let fields = stored.metadata["fields"] else {
        throw MethodError.invalidParameter(
          pointer: reference.pointer,
          expected: "a model of kind '\(kind)', found '\(stored.metadata["kind"] ?? "none")'",
          hint: "give the output of the method that fits it")
      }
      return (
        try JSON.Decoder().decode(type, from: JSON.parse(fields)),
        Arrays(file: stored, pointer: reference.pointer, name: file.name)
      )
    } catch let error as MethodError {
      throw error
    } catch let error as DecodingError {
      throw MethodError.data(.format, pointer: reference.pointer, message: "\(file.name): \(error)")
    } catch {
      throw MethodError(reading: error, reference.pointer, name: file.name)
    }
  }

  // MARK: - Places

  private func value(_ pointer: String) -> JSON {
    JSON.Pointer(pointer).flatMap { host.parameters[$0] } ?? .null
  }

  private func file(_ pointer: String) throws -> InputFile {
    guard let file = try host.open(pointer) else {
      throw MethodError.invalidParameter(pointer: pointer, expected: "a file or an artifact")
    }
    return file
  }

  private func rows(at pointer: String) throws -> RowSource {
    if let file = try host.open(pointer) { return try stored(file, pointer) }
    guard case .array(let elements) = value(pointer) else {
      throw MethodError.invalidParameter(pointer: pointer, expected: "a matrix")
    }
    if case .object? = elements.first { return try stacked(elements.count, pointer) }
    return try typed(elements, pointer)
  }

  private func stored(_ file: InputFile, _ pointer: String) throws -> RowSource {
    do {
      let arrays = try ArrayFile(file.bytes, format: file.format)
      let stored = try MatrixFile(arrays, selection: file.part)
      let reader: any RowReader
      if let dense = stored.dense { reader = dense } else { reader = SparseRows(matrix: try stored.sparse()) }
      return RowSource(
        reader, rowIDs: try stored.rowIDs(),
        eraserRows: try EraserRows.stored(in: arrays, part: file.part, of: stored.rows),
        rankedRows: try EraserRows.stored(
          in: arrays, part: file.part, of: stored.rows, name: EraserRows.rankedName), pointer: pointer)
    } catch {
      throw MethodError(reading: error, pointer, name: file.name)
    }
  }

  /// A list of files is one matrix, in list order.
  private func stacked(_ count: Int, _ pointer: String) throws -> RowSource {
    let parts = try (0..<count).map { try rows(at: "\(pointer)/\($0)") }
    let columns = parts.first?.columnCount ?? 0
    if let wrong = parts.first(where: { $0.columnCount != columns }) {
      throw MethodError.data(
        .shape, pointer: wrong.pointer, message: "\(wrong.columnCount) columns where the first matrix has \(columns)")
    }
    let ids = parts.compactMap(\.rowIDs)
    return RowSource(
      StackedRows(parts.map { $0.asReader }), rowIDs: ids.count == count ? ids.flatMap { $0 } : nil,
      eraserRows: EraserRows.stacked(parts) { $0.eraserRows }, rankedRows: EraserRows.stacked(parts) { $0.rankedRows },
      pointer: pointer)
  }

  private static let mostTypedNumbers = 10_000

  private func typed(_ elements: [JSON], _ pointer: String) throws -> RowSource {
    // Numbers without rows are one column, as one dimension of a file is.
    let columns = elements.first.map { $0.array?.count ?? 1 } ?? 0
    guard elements.count * columns <= Self.mostTypedNumbers else {
      throw MethodError.invalidParameter(
        pointer: pointer, expected: "at most \(Self.mostTypedNumbers) numbers typed by hand", hint: "give a file")
    }
    var rows: [[Double]] = []
    for (index, element) in elements.enumerated() {
      let numbers = (element.array ?? [element]).compactMap(\.double)
      guard numbers.count == columns else {
        throw MethodError.invalidParameter(
          pointer: "\(pointer)/\(index)", expected: "\(columns) numbers as in the first row, found \(numbers.count)")
      }
      rows.append(numbers)
    }
    return RowSource(
      Matrix<Double>(rows: rows.count, columns: columns, elements: rows.flatMap { $0 }), rowIDs: nil, pointer: pointer)
  }
}

extension InputFile {
  /// Tables are known by their name alone.
  var format: ArrayFile.Format? { name.lowercased().hasSuffix(".csv") ? .csv : nil }
}

extension ByteSource {
  /// Calls the closure with each line that is not empty, read in pieces; a line holds at most 64 MiB.
  func forEachLine(_ body: ([UInt8]) throws -> Void) throws {
    var rest: [UInt8] = []
    var offset = 0
    while offset < count {
      let piece = try bytes(at: offset, count: min(1 << 20, count - offset))
      offset += piece.count
      var start = 0
      while let end = piece[start...].firstIndex(of: 0x0A) {
        let line = rest + piece[start..<end]
        rest = []
        start = end + 1
        if !line.isEmpty { try body(line) }
      }
      rest += piece[start...]
      guard rest.count <= 64 << 20 else { throw ArrayFault(.tooLarge, "a line of over 64 MiB", offset: offset) }
    }
    if !rest.isEmpty { try body(rest) }
  }
}
