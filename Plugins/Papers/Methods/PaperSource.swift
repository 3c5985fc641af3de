import Linear
import PluginKit

/// The members of a params object that name a source of papers: a file or a text, and its format.
struct PaperSource {
  let source: FileReference?
  let text: String?
  let format: String?

  /// The largest source that is read in one piece, in bytes.
  private static let limit = 1 << 30

  /// What the source holds, its bytes and what to call it.
  func read(_ context: Context) throws -> (document: PaperDocument, bytes: [UInt8], name: String) {
    let (bytes, name) = try bytes(context)
    let pointer = source?.pointer ?? "/text"
    do throws(FormatError) {
      let format = if let format { try PaperFormat.named(format) } else { try PaperFormat.detect(bytes) }
      if format != .pdf { return (try PaperFormat.read(bytes, as: format), bytes, name) }
    } catch {
      switch error {
      case .unknownName: throw MethodError.invalidParameter(pointer: "/format", expected: "\(error)")
      default: throw MethodError.data(.format, pointer: pointer, message: "\(name): \(error)")
      }
    }
    guard let source else {
      throw MethodError.invalidParameter(pointer: pointer, expected: "a PDF as a file, not as text")
    }
    return (PDFReader.read(text: try context.text(ofPDF: source), count: bytes.count), bytes, name)
  }

  private func bytes(_ context: Context) throws -> ([UInt8], String) {
    guard let source else { return (Array((text ?? "").utf8), "text") }
    let file = try context.bytes(source)
    guard file.count <= Self.limit else {
      throw MethodError.data(
        .memory, pointer: source.pointer, message: "the source holds \(file.count >> 20) MiB; at most 1024 are read",
        hint: "split it into several files")
    }
    try context.reserve(3 * file.count, for: "the source and its records")
    return (try file.bytes(at: 0, count: file.count), try context.name(source))
  }
}
