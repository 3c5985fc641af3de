import JSON
import Linear
import PluginKit
import RunLog

/// A file or an artifact among the params, opened and known by its content.
struct ResolvedInput: Sendable {
  /// Its JSON Pointer in the params.
  let pointer: String
  let hash: ContentHash
  let part: String?
  let media: String
  let bytes: any ByteSource
  /// What messages call it.
  let displayName: String
  /// The file's name from the workspace's folder; `nil` for an artifact.
  let file: String?
  /// The file as it was hashed; it must be the same when the run ends.
  private let hashed: (file: HashedFile, path: String)?

  /// What of an input goes into a key.
  typealias Identity = (name: String, hash: ContentHash, part: String?)

  /// As the key and the log name it.
  var name: String { String(pointer.dropFirst()) }

  var logged: LoggedInput {
    LoggedInput(
      name: name, hash: hash, bytes: bytes.count, media: media, file: file, array: part)
  }

  /// Where its bytes are.
  func path(_ log: LogStore) -> String { hashed?.path ?? log.artifacts.path(of: hash) }

  /// Throws when the file is another one than at the start of the run.
  func checkUnchanged(_ log: LogStore) throws(Fault) {
    guard let hashed, !log.isUnchanged(hashed.file, at: hashed.path) else { return }
    throw Fault(
      1054, "file.changed", "'\(displayName)' changed while it was read", path: pointer,
      hint: "run it again when nothing writes the file")
  }

  static func resolve(
    _ call: PluginCall, in workspace: Workspace, _ cancellation: Cancellation
  ) throws -> (params: JSON, inputs: [ResolvedInput]) {
    let taken = CacheKey.takeInputs(from: call.params)
    let inputs = try taken.inputs.map { input in
      switch input.source {
      case .file(let path): try file(path, input, call, workspace, cancellation)
      case .artifact(let reference): try artifact(reference, input, workspace)
      }
    }
    return (taken.params, inputs)
  }

  /// What the inputs are, without opening artifacts. Throws where one is not there.
  static func identify(
    _ call: PluginCall, in workspace: Workspace, _ cancellation: Cancellation
  ) throws -> (params: JSON, inputs: [Identity]) {
    let taken = CacheKey.takeInputs(from: call.params)
    let inputs = try taken.inputs.map { input in
      let hash =
        switch input.source {
        case .file(let path): try hashed(path, input, call, workspace, cancellation).file.hash
        case .artifact(let reference):
          try workspace.found(artifactHash(reference, input), at: input.pointer.description)
        }
      return (name: String(input.pointer.description.dropFirst()), hash: hash, part: input.part)
    }
    return (taken.params, inputs)
  }

  private static func hashed(
    _ path: String, _ input: CacheKey.TakenInput, _ call: PluginCall, _ workspace: Workspace,
    _ cancellation: Cancellation
  ) throws -> (file: HashedFile, path: String) {
    let pointer = input.pointer.description
    let real = try call.files.existing(path, at: pointer)
    return try named(real, path, pointer) {
      (try workspace.log().hash(file: real, checkCancellation: cancellation.check), real)
    }
  }

  /// What goes wrong with a file is told by the name that the caller gave it.
  private static func named<T>(_ real: String, _ path: String, _ pointer: String, _ body: () throws -> T) throws -> T {
    do {
      return try body()
    } catch {
      var fault = Fault(any: error)
      fault.path = pointer
      fault.message = fault.message.replacing(real, with: path)
      throw fault
    }
  }

  private static func file(
    _ path: String, _ input: CacheKey.TakenInput, _ call: PluginCall, _ workspace: Workspace,
    _ cancellation: Cancellation
  ) throws -> ResolvedInput {
    let pointer = input.pointer.description
    let hashed = try hashed(path, input, call, workspace, cancellation)
    return try named(hashed.path, path, pointer) {
      ResolvedInput(
        pointer: pointer, hash: hashed.file.hash, part: input.part, media: mediaType(ofFile: path),
        bytes: try FileBytes(path: hashed.path), displayName: path,
        file: Path.relative(hashed.path, to: Path.resolved(workspace.root) ?? workspace.root), hashed: hashed)
    }
  }

  private static func artifactHash(
    _ reference: String, _ input: CacheKey.TakenInput
  ) throws(Fault) -> ContentHash {
    guard let hash = ContentHash(reference: reference) else {
      throw Fault.parameter(
        input.pointer.description, "'\(reference.cut(toBytes: 80))' is no sha256: and 64 hexadecimal digits")
    }
    return hash
  }

  private static func artifact(
    _ reference: String, _ input: CacheKey.TakenInput, _ workspace: Workspace
  ) throws -> ResolvedInput {
    let pointer = input.pointer.description
    let hash = try artifactHash(reference, input)
    let (bytes, media) = try workspace.openArtifact(hash, at: pointer)
    return ResolvedInput(
      pointer: pointer, hash: hash, part: input.part, media: media, bytes: bytes,
      displayName: "artifact sha256:\(hash.hex.prefix(12))…", file: nil, hashed: nil)
  }
}

/// What a file holds, by the end of its name.
private func mediaType(ofFile name: String) -> String {
  let ending = name.lowercased().split(separator: ".").last.map(String.init) ?? ""
  return switch ending {
  case "npy": "application/x-npy"
  case "npz": "application/x-npz"
  case "safetensors": "application/x-safetensors"
  case "csv": "text/csv"
  case "json": "application/json"
  case "jsonl": "application/jsonl"
  case "txt", "md": "text/plain"
  case "bib": "application/x-bibtex"
  default: "application/octet-stream"
  }
}
