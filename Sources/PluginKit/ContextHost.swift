import JSON
import Linear
import PaperStore

/// What stands behind a `Context`: the kernel for a built-in method, the wire for an external one.
package protocol ContextHost: AnyObject, Sendable {
  /// The params after the defaults were filled in; special objects stand where they were given.
  var parameters: JSON { get }
  var seed: UInt64 { get }
  var cancellation: Cancellation { get }
  var workers: Workers { get }

  /// The file or artifact that stands at the pointer; `nil` when the value there was typed by hand.
  func open(_ pointer: String) throws -> InputFile?

  /// The text of the PDF that stands at the pointer, pages parted by form feeds; `nil` when the value there was typed
  /// by hand.
  func pdfText(_ pointer: String) throws -> [UInt8]?

  /// A new artifact, written in pieces.
  func create(_ name: String, _ media: MediaType) throws -> any ArtifactSink

  func display(_ bundle: JSON)
  func warn(_ warning: Warning)
  func report(_ fraction: Double?, _ message: String)
  func reserve(_ bytes: Int, for what: String) throws
  func memo(_ key: [String]) throws -> ArtifactReference?
  func remember(_ artifact: ArtifactReference, as key: [String]) throws
  /// Many memos at once, in the order of the keys.
  func memos(_ keys: [[String]]) throws -> [ArtifactReference?]
  func remember(_ artifact: ArtifactReference, as keys: [[String]]) throws
  /// What an artifact that a memo named holds; `nil` where the host does not lend it.
  func content(of artifact: ArtifactReference) throws -> (any ByteSource)?
  func partial(_ item: JSON)

  /// Throw `MethodError.internal` when the method's schema does not declare it.
  func readPapers(_ body: (PaperReader) throws -> Void) throws
  func changePapers(_ body: (PaperWriter) throws -> Void) throws
}

/// A file or an artifact that was given as a param.
package struct InputFile: Sendable {
  package let bytes: any ByteSource
  /// What messages call it.
  package let name: String
  /// What stood behind `#`.
  package let part: String?
  /// The SHA-256 of the content in hexadecimal digits, where it is known without reading.
  package let sha256: String?

  package init(bytes: any ByteSource, name: String, part: String?, sha256: String? = nil) {
    (self.bytes, self.name, self.part, self.sha256) = (bytes, name, part, sha256)
  }
}

/// Where the bytes of a new artifact go.
package protocol ArtifactSink: AnyObject {
  func write(_ bytes: UnsafeRawBufferPointer) throws
  /// Makes the artifact durable and gives its name.
  func finish() throws -> ArtifactReference
  /// Forgets what was written.
  func abandon()
}
