import Charts
import JSON
import Linear
import PaperStore

/// All that a method may use beside its parameters.
///
/// A built-in method gets it from the kernel, an external one by messages; no method can make one up.
public struct Context: Sendable {
  package let host: any ContextHost
  /// What share of the run's progress this is, and where it begins.
  private var (begin, share) = (0.0, 1.0)

  package init(_ host: any ContextHost) { self.host = host }

  // MARK: - Work

  /// The run's seed: the param, the cell's, or 0.
  public var seed: UInt64 { host.seed }

  /// The sub-stream of random numbers that belongs to a step of the method: (seed, step, index).
  public func random(_ step: String, _ index: Int? = nil) -> RandomNumbers {
    RandomNumbers(seed: host.seed, step: step, index: index)
  }

  /// Threads for work in fixed blocks, added in a fixed tree; they look at the cancellation themselves.
  public var workers: Workers { host.workers }

  /// To be called at least every 50 ms of work; throws `MethodError.cancelled`.
  public func checkCancellation() throws { try host.cancellation.check() }

  /// Cheap enough for an inner loop.
  public func progress(_ done: Int, of total: Int, _ message: String) {
    host.report(total > 0 ? begin + share * Double(done) / Double(total) : nil, message)
  }

  /// The same context for a step that counts its own progress: the `index`-th of `count` equal parts of this one.
  public func part(_ index: Int, of count: Int) -> Context {
    var part = self
    part.share = share / Double(max(1, count))
    part.begin = begin + part.share * Double(index)
    return part
  }

  /// To be called before a large allocation; throws when it is over the budget.
  public func reserve(_ bytes: Int, for what: String) throws { try host.reserve(bytes, for: what) }

  /// What was made under this key before, else what the closure makes now. A memo is a pure function of its key and
  /// may vanish.
  public func memo(_ key: [String], _ make: () throws -> ArtifactReference) throws -> ArtifactReference {
    if let known = try host.memo(key) { return known }
    let made = try make()
    try host.remember(made, as: key)
    return made
  }

  // MARK: - Telling

  /// Shows a result: several pictures of one thing, of which a front end picks the richest.
  public func display(_ title: String, _ pictures: Display...) {
    host.display(Display.bundle(title, pictures))
  }

  public func warn(_ code: String, _ message: String, at span: ByteSpan? = nil) {
    host.warn(Warning(code, message, at: span))
  }

  /// Sends an item of a list method as soon as it is known.
  public func partial(_ item: some Encodable) throws { host.partial(try JSON.Encoder().encode(item)) }

  // MARK: - The paper store

  /// One snapshot; only for methods whose schema declares `reads: ["papers"]`.
  public func readPapers<T>(_ body: (PaperReader) throws -> T) throws -> T {
    var result: T?
    try host.readPapers { result = try body($0) }
    guard let result else { throw MethodError.internal("the paper store gave no snapshot") }
    return result
  }

  /// One transaction, one durable batch; only for methods whose schema declares `effects: writesStore`.
  public func changePapers<T>(_ body: (PaperWriter) throws -> T) throws -> T {
    var result: T?
    try host.changePapers { result = try body($0) }
    guard let result else { throw MethodError.internal("the paper store took no change") }
    return result
  }

  // MARK: - Outputs

  /// Writes an artifact in pieces; what the closure throws leaves nothing behind.
  public func artifact(
    _ name: String, _ media: MediaType, _ write: (inout ArtifactWriter) throws -> Void
  ) throws -> ArtifactReference {
    let sink = try host.create(name, media)
    do {
      var writer = ArtifactWriter(sink)
      try write(&writer)
      try writer.flush()
      return try sink.finish()
    } catch {
      sink.abandon()
      throw error
    }
  }
}

/// Collects small writes into large ones.
public struct ArtifactWriter {
  private let sink: any ArtifactSink
  private var buffer: [UInt8] = []

  fileprivate init(_ sink: any ArtifactSink) {
    self.sink = sink
    buffer.reserveCapacity(1 << 16)
  }

  public mutating func write(_ bytes: [UInt8]) throws {
    buffer.append(contentsOf: bytes)
    if buffer.count >= 1 << 16 { try flush() }
  }

  public mutating func write(_ text: String) throws { try write(Array(text.utf8)) }

  /// Large pieces go straight through.
  public mutating func write(_ bytes: UnsafeRawBufferPointer) throws {
    if bytes.count < 1 << 14 {
      buffer.append(contentsOf: bytes)
      if buffer.count >= 1 << 16 { try flush() }
    } else {
      try flush()
      try sink.write(bytes)
    }
  }

  fileprivate mutating func flush() throws {
    try buffer.withUnsafeBytes { try sink.write($0) }
    buffer.removeAll(keepingCapacity: true)
  }
}

extension Context {
  /// Shows a chart: as Vega-Lite, as SVG and in words.
  public func display(_ chart: some Chart) {
    host.display(Display.bundle(chart.title, [.vegaLite(chart.vegaLite), .svg(chart.svg), .text(chart.plainText)]))
  }
}
