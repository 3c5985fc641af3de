import JSON
import PluginKit
import RunLog

/// A call of a plugin's method whose params were checked: all that decides its result, and for whom it is made.
struct PluginCall: Sendable {
  /// The cell that makes the call.
  struct Origin: Sendable {
    var cell: String
    var notebook: RunStart.NotebookText
  }

  /// Whether a result may come from the cache and go into it.
  enum CachePolicy: String, Sendable {
    case on, off, refresh
  }

  let method: any MethodRunner
  let plugin: PluginInfo
  let descriptor: MethodDescriptor
  /// Defaults filled in, the seed taken out; special objects stand where they were given.
  let params: JSON
  /// `nil` when the method uses none.
  let seed: Int?
  let caller: Caller
  let files: FileAccess
  var origin: Origin?
  var cache = CachePolicy.on

  /// Checks the params, and throws the fault that names the first wrong one.
  init(
    method: any MethodRunner, plugin: PluginInfo, descriptor: MethodDescriptor, given: JSON,
    caller: Caller, base: String? = nil
  ) throws(Fault) {
    var given = given
    if descriptor.usesSeed, given["seed"] == nil, let seed = caller.seed { given["seed"] = .integer(Int64(seed)) }
    for (pointer, object) in try SpecialObject.all(in: given) {
      if case .reference = object {
        throw .parameter(pointer.description, "a $ref names a cell, and this call is made outside a notebook")
      }
    }
    var params = try descriptor.check(given)
    seed = descriptor.usesSeed ? params["seed"]?.int ?? 0 : nil
    if descriptor.usesSeed { params["seed"] = nil }
    self.method = method
    self.plugin = plugin
    self.descriptor = descriptor
    self.params = params
    self.caller = caller
    files = FileAccess(caller, base: base)
  }

  var identity: PluginIdentity {
    PluginIdentity(id: plugin.name, version: plugin.version, build: plugin.build)
  }

  /// A run whose result another run of the same key may take.
  var isCacheable: Bool { descriptor.isCacheable }
}

/// What a call gave.
struct CallResult: Sendable {
  /// Members in the order of the schema; the same bytes whether it was computed or remembered.
  var value: JSON
  /// `nil` for a look-up that was not logged.
  var run: String?
  var key: ContentHash?
  /// The hash of the canonical value.
  var digest: ContentHash
  /// As they stand in the log.
  var outputs: [LoggedOutput]
  var cached: Bool
  /// MIME bundles.
  var displays: [JSON]
  var warnings: [JSON]
  var milliseconds: Double

  /// The value; with details, `_meta {run, cached, displays, warnings}` beside its members.
  func json(withDetails: Bool) -> JSON {
    guard withDetails, case .object(var object) = value else { return value }
    var meta: JSON.Object = [:]
    meta["run"] = run.map(JSON.string)
    meta["cached"] = .bool(cached)
    meta["displays"] = .array(displays)
    meta["warnings"] = .array(warnings)
    object["_meta"] = .object(meta)
    return .object(object)
  }
}
