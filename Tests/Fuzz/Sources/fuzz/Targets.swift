import JSONRPC
import JSONSchema
import Linear
import Notebook
import Pattern

@testable import JSON
@testable import Papers

/// A law that does not hold is a finding like a crash.
private func require(_ holds: Bool, _ law: String) {
  if !holds { fatalError(law) }
}

/// The first byte decides how the rest is cut into pieces.
func fuzzFraming(_ bytes: [UInt8]) {
  guard let first = bytes.first else { return }
  let stream = Array(bytes.dropFirst())
  var limits = FramingLimits()
  limits.message = 200
  limits.headerBlock = 100
  func read(_ piece: Int) -> (bodies: [[UInt8]], isClean: Bool) {
    var reader = FrameReader(limits: limits)
    var bodies: [[UInt8]] = []
    var isClean = true
    func take(_ frame: FrameReader.Frame) {
      switch frame {
      case .body(let range):
        bodies.append(Array(reader.bytes[range]))
        if (try? JSON.parse(Array(reader.bytes[range]))) == nil {
          isClean = false
          reader.resynchronise(after: range)
        }
      case .badHeader, .tooLarge: isClean = false
      }
      require(bodies.count <= stream.count + 1, "a stream holds no more bodies than bytes")
    }
    for start in stride(from: 0, to: stream.count, by: piece) {
      stream[start..<min(stream.count, start + piece)].withUnsafeBytes { reader.append($0) }
      while let frame = reader.next() { take(frame) }
    }
    if let frame = reader.finish() { take(frame) }
    return (bodies, isClean)
  }
  let whole = read(max(1, stream.count))
  let pieces = read(1 + Int(first) % 40)
  if whole.isClean {
    require(pieces.isClean && pieces.bodies == whole.bodies, "the pieces of a sound stream do not matter")
  }
}

func fuzzJSON(_ bytes: [UInt8]) {
  let plain = Result { try bytes.withUnsafeBytes { try JSON.parsePlainly($0, []) } }
  // Long enough for the pass that takes long strings out, whatever the input is.
  let padded = bytes + Array(repeating: 0x20, count: LongStrings.shortestText)
  switch (plain, Result { try JSON.parse(padded) }) {
  case (.success(let value), .success(let lifted)):
    require(value.text == lifted.text, "both ways of reading agree")
    require((try? JSON.parse(value.bytes))?.text == value.text, "what is written reads back")
    if let canonical = try? value.canonicalBytes() {
      let again = (try? JSON.parse(canonical, .largeIntegers)).flatMap { try? $0.canonicalBytes() }
      require(again == canonical, "the canonical form is its own canonical form")
    }
    _ = Message(value)
  case (.failure, .failure): break
  default: fatalError("both ways of reading accept the same texts")
  }
}

/// A schema on the first line and an instance behind it.
func fuzzSchema(_ bytes: [UInt8]) {
  let parts = bytes.split(separator: 0x0A, maxSplits: 1, omittingEmptySubsequences: false)
  guard let document = try? JSON.parse(Array(parts[0])), let schema = try? CompiledSchema(document, uri: "fuzz:schema")
  else { return }
  _ = CompiledSchema.unknownKeywords(in: document)
  let instance = (parts.count > 1 ? try? JSON.parse(Array(parts[1])) : nil) ?? document
  let violations = schema.validate(instance)
  require(violations.isEmpty == schema.isValid(instance), "an instance without violations is valid")
  for violation in violations { _ = violation.message }
  _ = schema.applyingDefaults(to: instance)
}

/// An expression on the first line and a text behind it.
func fuzzPattern(_ bytes: [UInt8]) {
  let parts = bytes.split(separator: 0x0A, maxSplits: 1, omittingEmptySubsequences: false)
  guard let pattern = try? Pattern(String(decoding: parts[0], as: UTF8.self)) else { return }
  let text = parts.count > 1 ? String(decoding: parts[1], as: UTF8.self) : "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab"
  require(pattern.matches(in: text) == (pattern.firstMatch(in: text) != nil), "what matches has a place")
}

func fuzzNotebook(_ bytes: [UInt8]) {
  let document = NotebookDocument(bytes)
  require(document.bytes == bytes, "a notebook is its own text")
  for diagnostic in document.diagnostics { _ = "\(diagnostic)" }
  let again = NotebookDocument(bytes, reusing: document)
  require(again.cells.count == document.cells.count, "reading again gives the same cells")
  if let value = try? JSON.parse(bytes), let text = try? JupyterReader.text(value) { _ = NotebookDocument(text) }
}

/// The first byte chooses the format, or none.
func fuzzPapers(_ bytes: [UInt8]) {
  guard let first = bytes.first else { return }
  let formats: [PaperFormat?] = [nil] + PaperFormat.readable
  let source = Array(bytes.dropFirst())
  _ = try? PaperFormat.read(source, as: formats[Int(first) % formats.count])
}

/// `.npy`, `.npz`, `.safetensors` or CSV, as the content says or, by the first byte, as a name says.
func fuzzArrays(_ bytes: [UInt8]) {
  guard let first = bytes.first else { return }
  let formats: [ArrayFile.Format?] = [nil] + ["npy", "npz", "safetensors", "csv"].map(ArrayFile.format(ofName:))
  let source = MemoryBytes(Array(bytes.dropFirst()))
  guard let file = try? ArrayFile(source, format: formats[Int(first) % formats.count], inflateLimit: 1 << 20) else {
    return
  }
  for name in file.names.prefix(4) {
    if let array = try? file.array(name), array.info.count <= 1 << 16 {
      _ = try? array.readNumbers(as: Double.self)
      _ = try? array.readIntegers()
      _ = try? array.readStrings()
    }
  }
  if let reader = try? file.reader(), reader.rowCount * max(1, reader.columnCount) <= 1 << 16 {
    _ = try? reader.readRows(0..<reader.rowCount, as: Float.self)
  }
  _ = try? LabelFile(file)
  if let matrix = try? MatrixFile(file) {
    _ = try? matrix.rowIDs()
    if matrix.isSparse { _ = try? matrix.sparse() }
  }
}
