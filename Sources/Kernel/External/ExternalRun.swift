import Glibc
import JSON
import Linear
import PluginKit
import RunLog
import Synchronization

/// One run in an external plugin: what goes out, what the program asks and tells meanwhile, and what comes back.
/// Guarded by `state`.
final class ExternalRun: Sendable {
  private struct Made: Sendable {
    var path: String
    var media: MediaType
    var reference: ArtifactReference?
  }

  let id: String
  /// Of `plugin/run`.
  let params: JSON
  private let context: RunContext
  /// Where the program writes its artifacts; removed with this object.
  private let folder: String
  private let state = Mutex<[String: Made]>([:])

  private static let mostArtifacts = 10_000
  private static let questions = [
    "host/artifact.create", "host/memo", "host/pdfText", "host/papers.query", "host/papers.write", "host/papers.open",
    "host/papers.logBatch",
  ]

  init(_ call: PluginCall, run: String, _ context: RunContext, in workspace: Workspace) throws {
    id = run
    self.context = context
    folder = "\(workspace.folder)/tmp/\(run)"
    params = [
      "run": .string(run), "method": .string(call.descriptor.name), "params": call.params,
      "seed": call.seed.map { JSON($0) } ?? .null, "inputs": Self.inputs(call.params, context),
    ]
  }

  deinit {
    for made in state.withLock({ $0.values }) { unlink(made.path) }
    rmdir(folder)
  }

  // MARK: - What goes out

  /// The params that hold files or artifacts, each of these as a path with what is known of it.
  private static func inputs(_ params: JSON, _ context: RunContext) -> JSON {
    var inputs: JSON.Object = [:]
    for member in params.object?.members ?? [] {
      var isInput = false
      let opened = member.value.replacing(at: JSON.Pointer([member.key])) { _, pointer -> JSON? in
        guard let input = context.input(pointer.description) else { return nil }
        isInput = true
        return input
      }
      if isInput { inputs[member.key] = opened }
    }
    return .object(inputs)
  }

  // MARK: - What it asks and tells

  func answer(_ method: String, _ params: JSON) throws(Fault) -> JSON {
    do {
      switch method {
      case "host/artifact.create":
        return ["path": .string(try create(params["name"]?.string ?? "", params["media"]?.string ?? ""))]
      case "host/memo": return try memo(params)
      case "host/pdfText":
        let text = try context.pdfText(params["pointer"]?.string ?? "")
        return ["text": text.map { .string(String(decoding: $0, as: UTF8.self)) } ?? .null]
      case "host/papers.query": return try PluginPapers(context).query(params)
      case "host/papers.write": return try PluginPapers(context).write(params)
      case "host/papers.open": return try PluginPapers(context).open(params)
      case "host/papers.logBatch": return try PluginPapers(context).logBatch(params)
      default: throw Fault.methodNotFound(method, similar: nearest(method, among: Self.questions))
      }
    } catch {
      throw Fault(any: error)
    }
  }

  func take(_ method: String, _ params: JSON) {
    switch method {
    case "host/progress":
      let (done, total) = (params["done"]?.double ?? 0, params["total"]?.double ?? 0)
      context.report(total > 0 ? min(max(done / total, 0), 1) : nil, params["message"]?.string ?? "")
    case "host/display":
      if let bundle = params["display"], bundle["data"]?.object != nil, bundle["title"]?.string != nil {
        context.display(bundle)
      }
    case "host/warning":
      context.warn(Warning(params["code"]?.string ?? "plugin.warning", params["message"]?.string ?? ""))
    case "host/partial": context.partial(params["item"] ?? .null)
    default: break
    }
  }

  private func create(_ name: String, _ media: String) throws -> String {
    let isName = !name.isEmpty && name.utf8.count <= 100 && name.utf8.allSatisfy { $0 != 0 && $0 >= 0x20 }
    guard isName else { throw Fault.parameter("/name", "a name of 1 to 100 bytes") }
    return try state.withLock { made in
      guard made[name] == nil else { throw Fault.parameter("/name", "'\(name)' was created before in this run") }
      guard made.count < Self.mostArtifacts else {
        throw Fault.parameter("/name", "one run makes at most \(Self.mostArtifacts) artifacts")
      }
      if made.isEmpty {
        mkdir(Path.folder(of: folder), 0o777)
        guard mkdir(folder, 0o700) == 0 || errno == EEXIST else {
          throw Fault(1007, "store.io", "cannot make the folder of the run: \(String(cString: strerror(errno)))")
        }
      }
      // The name is the program's, the file's is ours: it cannot lead elsewhere.
      let path = "\(folder)/\(made.count)"
      let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
      guard descriptor >= 0 else {
        throw Fault(1007, "store.io", "cannot make a file for '\(name)': \(String(cString: strerror(errno)))")
      }
      close(descriptor)
      made[name] = Made(path: path, media: MediaType(media.isEmpty ? "application/octet-stream" : media))
      return path
    }
  }

  private func memo(_ params: JSON) throws -> JSON {
    guard let key = params["key"]?.array?.compactMap(\.string), !key.isEmpty else {
      throw Fault.parameter("/key", "a list of strings")
    }
    if let given = params["artifact"] {
      let sealed = try seal(given)
      guard let digest = sealed["$artifact"]?.string, digest.hasPrefix("sha256:") else {
        throw Fault.parameter("/artifact", #"{"$artifact": "run:NAME"}"#)
      }
      try context.remember(ArtifactReference(sha256: String(digest.dropFirst(7))), as: key)
      return sealed
    }
    return try context.memo(key).map { ["$artifact": .string("sha256:" + $0.sha256)] } ?? .null
  }

  // MARK: - What comes back

  /// The value, its artifacts sealed and named by their hashes.
  func value(_ answer: JSON) throws -> JSON {
    for display in answer["displays"]?.array ?? [] { take("host/display", ["display": display]) }
    guard let value = answer["value"] else {
      throw Fault(1103, "plugin.result", "the answer to plugin/run has no 'value'")
    }
    return try value.replacing { value, _ -> JSON? in
      guard value["$artifact"] != nil else { return nil }
      return try seal(value)
    }
  }

  /// `run:NAME` becomes the hash of what was written; a hash stays.
  private func seal(_ reference: JSON) throws -> JSON {
    guard let text = reference["$artifact"]?.string, text.hasPrefix("run:") else { return reference }
    let name = String(text.dropFirst(4))
    guard let made = state.withLock({ $0[name] }) else {
      throw Fault(
        1103, "plugin.result", "the value names the artifact '\(name.cut(toBytes: 80))', which the run did not create",
        hint: "create it with host/artifact.create first")
    }
    if let known = made.reference { return ["$artifact": .string("sha256:" + known.sha256)] }
    let stored = try context.adopt(file: made.path, name, made.media)
    state.withLock { $0[name]?.reference = stored }
    return ["$artifact": .string("sha256:" + stored.sha256)]
  }
}
