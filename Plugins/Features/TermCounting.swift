import Linear
import PluginKit
import Text

/// Counting and weighing texts in blocks over the threads; the result is that of one pass, to the last bit.
enum TermCounting {
  /// So many texts are a few milliseconds' work: a cancel waits for no more.
  private static let checkedTexts = 512

  /// Counts texts.
  static func counter(
    of documents: [TextDocument], _ options: TermCounter.Options, _ context: Context
  ) throws -> TermCounter {
    var total = try checked { try TermCounter(options) }
    if context.workers.jobs == 1 {
      for start in stride(from: 0, to: documents.count, by: Workers.blockRows) {
        try context.checkCancellation()
        context.progress(start, of: documents.count, "counting terms")
        total.add(documents[start..<min(documents.count, start + Workers.blockRows)])
      }
      return total
    }
    try forEachBlock(of: documents, context, "counting terms") { block -> TermCounter in
      var counter = try TermCounter(options)
      for start in stride(from: 0, to: block.count, by: Self.checkedTexts) {
        try context.checkCancellation()
        counter.add(block[start..<min(block.count, start + Self.checkedTexts)])
      }
      return counter
    } collect: { part in
      try context.checkCancellation()
      try total.merge(part)
    }
    return total
  }

  /// Texts in the columns of a model.
  static func weights(of documents: [TextDocument], _ model: TFIDF, _ context: Context) throws -> SparseMatrix {
    var pointers = [0]
    var indices: [Int32] = []
    var values: [Double] = []
    try forEachBlock(of: documents, by: checkedTexts, context, "weighing terms") { block in
      model.apply(block).matrix
    } collect: { part in
      let start = values.count
      pointers.append(contentsOf: part.rowPointers.dropFirst().lazy.map { $0 + start })
      indices.append(contentsOf: part.columnIndices)
      values.append(contentsOf: part.values)
    }
    return SparseMatrix(
      rows: documents.count, columns: model.vocabulary.count, rowPointers: pointers, columnIndices: indices,
      values: values)
  }

  /// As many blocks at once as there are threads; what they give is collected in order.
  private static func forEachBlock<Part: Sendable>(
    of documents: [TextDocument], by size: Int = Workers.blockRows, _ context: Context, _ message: String,
    _ body: @escaping @Sendable ([TextDocument]) throws -> Part, collect: (Part) throws -> Void
  ) throws {
    let blocks = (documents.count + size - 1) / size
    let workers = context.workers
    for first in stride(from: 0, to: blocks, by: workers.jobs) {
      context.progress(first * size, of: documents.count, message)
      let parts = try workers.map(min(workers.jobs, blocks - first)) { block in
        let start = (first + block) * size
        return try body(Array(documents[start..<min(documents.count, start + size)]))
      }
      for part in parts { try collect(part) }
    }
  }

  /// Errors of the text library at the parameter that they name.
  static func checked<R>(_ body: () throws -> R) throws -> R {
    do {
      return try body()
    } catch let error as TextFault {
      throw MethodError.invalidParameter(pointer: "/\(error.name)", expected: error.message)
    }
  }
}
