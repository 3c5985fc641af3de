import JSON
import JSONSchema
import PluginKit
import Synchronization

/// All methods, by name: those of the plugins that the program was built with, of plugins that are programs of their
/// own, and the kernel's.
///
/// Nothing is parsed at the start, and no method's code is touched: the table of methods is made when the first one
/// is asked for, and a schema is read and compiled when its method is first used. Guarded by `table` and `compiled`.
final class Registry: Sendable {
  enum Implementation: Sendable {
    case plugin(any MethodRunner, PluginInfo)
    case kernel(any KernelMethod.Type)
    /// Of a session's life: described here, answered by the face.
    case session
  }

  struct Entry: Sendable {
    let name: String
    let implementation: Implementation
    fileprivate let schema: SchemaFile?
  }

  /// Where a method's schema file is.
  fileprivate enum SchemaFile: Sendable {
    case embedded(EmbeddedSchema)
    case read(JSON, path: String)
  }

  let plugins: [PluginInfo]
  private let builtIn: [any Plugin.Type]
  private let kernelMethods: [any KernelMethod.Type]
  private let external: [(plugin: ExternalPlugin, info: PluginInfo)]
  /// Those of a session, which every message asks for.
  private let sessionEntries: [Entry]
  private let table = Mutex<Table?>(nil)
  private let compiled = Mutex(Compiled())

  private struct Table {
    /// In order of name.
    let entries: [Entry]
    let byName: [String: Int]

    init(_ entries: [Entry]) {
      self.entries = entries.sorted { $0.name < $1.name }
      byName = Dictionary(
        self.entries.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
    }
  }

  private struct Compiled {
    var common: SchemaRegistry?
    var descriptors: [String: MethodDescriptor] = [:]
    var openRPC: Result<JSON, Fault>?
  }

  /// - Parameter found: plugins that are programs of their own; a built-in one, and one found earlier, wins over
  ///   another of its name.
  init(
    plugins: [any Plugin.Type], kernelMethods: [any KernelMethod.Type], found: [PluginFolders.Found] = [],
    _ settings: ExternalPlugin.Settings = .init(jobs: 1, log: { _ in })
  ) {
    sessionEntries = Self.sessionMethods.map(Self.sessionEntry)
    builtIn = plugins
    self.kernelMethods = kernelMethods
    var infos = plugins.map { PluginInfo($0) }
    var external: [(ExternalPlugin, PluginInfo)] = []
    for found in found {
      let info = PluginInfo(found, taken: infos)
      infos.append(info)
      guard info.problem == nil, case .success(let manifest) = found.manifest else { continue }
      external.append((ExternalPlugin(manifest, settings), info))
    }
    self.plugins = infos
    self.external = external
  }

  /// All methods, in order of name.
  var entries: [Entry] { withTable { $0.entries } }

  private func withTable<Value>(_ body: (Table) -> Value) -> Value {
    table.withLock { table in
      let made = table ?? Table(allEntries())
      table = made
      return body(made)
    }
  }

  private func allEntries() -> [Entry] {
    let schemas = Dictionary(
      EmbeddedSchema.all.map { ($0.path, SchemaFile.embedded($0)) }, uniquingKeysWith: { first, _ in first })
    var entries = sessionEntries
    for method in kernelMethods {
      entries.append(
        Entry(name: method.name, implementation: .kernel(method), schema: schemas[Self.schemaPath(method.name)]))
    }
    for (plugin, info) in zip(builtIn, plugins) {
      for method in plugin.methods {
        entries.append(
          Entry(
            name: method.name, implementation: .plugin(BuiltInMethod(type: method), info),
            schema: schemas[Self.schemaPath(method.name)]))
      }
    }
    for (plugin, info) in external {
      for method in plugin.manifest.methods {
        entries.append(
          Entry(
            name: method.name, implementation: .plugin(ExternalMethod(plugin: plugin), info),
            schema: .read(method.document, path: "\(plugin.manifest.name)/\(method.path)")))
      }
    }
    return entries
  }

  private static func sessionEntry(_ name: String) -> Entry {
    let path = schemaPath(name)
    return Entry(
      name: name, implementation: .session,
      schema: EmbeddedSchema.all.first { $0.path == path }.map { .embedded($0) })
  }

  static let sessionMethods = ["initialize", "ping", "shutdown"]

  /// `probe.logistic` → `probe/logistic.json`, `cell/run` → `kernel/cell.run.json`.
  static func schemaPath(_ method: String) -> String {
    let isPlugin = !method.contains("/") && method.contains(".") && method != "rpc.discover"
    guard isPlugin, let dot = method.firstIndex(of: ".") else {
      return "kernel/\(String(method.map { $0 == "/" ? "." : $0 })).json"
    }
    return "\(method[..<dot])/\(method[method.index(after: dot)...]).json"
  }

  func entry(_ name: String) -> Entry? {
    if let entry = sessionEntries.first(where: { $0.name == name }) { return entry }
    return withTable { table in table.byName[name].map { table.entries[$0] } }
  }

  /// All methods as an OpenRPC document, made at first use from the files as they are: nothing is compiled.
  var openRPC: Result<JSON, Fault> {
    compiled.withLock { compiled in
      if let known = compiled.openRPC { return known }
      let made: Result<JSON, Fault>
      do throws(Fault) {
        var methods: [(name: String, file: JSON)] = []
        for entry in entries { methods.append((entry.name, MethodDescriptor.withSeed(try file(of: entry).document))) }
        made = .success(try Discover.document(methods))
      } catch {
        made = .failure(error)
      }
      compiled.openRPC = made
      return made
    }
  }

  /// The method's file as it stands in `Schemas/` or in a plugin's folder.
  private func file(of entry: Entry) throws(Fault) -> (document: JSON, path: String) {
    switch entry.schema {
    case .embedded(let file)?: return (try Self.parse(file), file.path)
    case .read(let document, let path)?: return (document, path)
    case nil: throw .internalFault("\(entry.name) has no file in Schemas/")
    }
  }

  /// The method's contract, compiled at first use.
  func descriptor(_ entry: Entry) throws(Fault) -> MethodDescriptor {
    let result = compiled.withLock { compiled -> Result<MethodDescriptor, Fault> in
      if let known = compiled.descriptors[entry.name] { return .success(known) }
      do throws(Fault) {
        let common: SchemaRegistry
        if case .session = entry.implementation {
          // A greeting refers to none of them.
          common = SchemaRegistry()
        } else {
          if let known = compiled.common { common = known } else { common = try Self.commonSchemas() }
          compiled.common = common
        }
        let (document, path) = try file(of: entry)
        let descriptor = try MethodDescriptor(document, path: path, common)
        compiled.descriptors[entry.name] = descriptor
        return .success(descriptor)
      } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }

  func descriptor(of name: String) throws(Fault) -> MethodDescriptor {
    guard let entry = entry(name) else { throw notFound(name) }
    return try descriptor(entry)
  }

  /// The plugin of that name that is a program of its own.
  func external(_ family: String) -> ExternalPlugin? { external.first { $0.plugin.manifest.name == family }?.plugin }

  /// Ends the programs.
  func close(within seconds: Double) { for (plugin, _) in external { plugin.close(within: seconds) } }

  /// Why a plugin, or a method of it, cannot be used: which file, what was expected there, what to do.
  func trouble(_ plugin: PluginInfo) -> String? {
    if let known = plugin.problem ?? plugin.manifest?.missingProgram { return known }
    for method in plugin.manifest?.methods ?? [] {
      do throws(Fault) {
        _ = try descriptor(of: method.name)
      } catch {
        return "\(method.path): \(error.message); expected schemas of JSON Schema 2020-12 in params and result"
      }
    }
    return nil
  }

  func notFound(_ name: String) -> Fault {
    let family = name.split(separator: ".", maxSplits: 1).first.map(String.init) ?? ""
    if let plugin = plugins.first(where: { $0.name == family && $0.problem != nil }) {
      return Fault(
        -32601, "plugin.unavailable", "\(family) could not be loaded: \(plugin.problem ?? "")".cut(toBytes: 199),
        hint: "quire plugin list shows its folder; quire plugin check FOLDER says what to do")
    }
    return .methodNotFound(name, similar: nearest(name, among: entries.map(\.name)))
  }

  private static func parse(_ schema: EmbeddedSchema) throws(Fault) -> JSON {
    do throws(JSON.ParseError) {
      return try schema.parse()
    } catch {
      throw .internalFault("Schemas/\(schema.path): \(error)")
    }
  }

  /// The schema of `quire-plugin.json`.
  static func manifestSchema() throws(Fault) -> CompiledSchema {
    do {
      return try CompiledSchema(uri: "quire:common/manifest.json", registry: try commonSchemas())
    } catch {
      throw Fault(any: error)
    }
  }

  static func commonSchemas() throws(Fault) -> SchemaRegistry {
    var registry = SchemaRegistry()
    for schema in EmbeddedSchema.all where schema.path.hasPrefix("common/") {
      let document = try parse(schema)
      do {
        try registry.add(document, uri: "quire:\(schema.path)")
      } catch {
        throw .internalFault("Schemas/\(schema.path): \(error)")
      }
    }
    return registry
  }

  /// The documents in `Schemas/common`, for bundling into what clients get.
  static func commonDocuments() throws(Fault) -> [(path: String, document: JSON)] {
    var documents: [(path: String, document: JSON)] = []
    for schema in EmbeddedSchema.all where schema.path.hasPrefix("common/") {
      documents.append((schema.path, try parse(schema)))
    }
    return documents
  }
}

/// Up to three names that are close to the given one, nearest first.
func nearest(_ name: String, among names: [String]) -> [String] {
  let wanted = Array(name.utf8.prefix(64))
  let limit = max(2, wanted.count / 3)
  return
    names.map { ($0, editDistance(wanted, Array($0.utf8))) }
    .filter { $0.1 <= limit || $0.0.hasSuffix("." + name) }
    .sorted { ($0.1, $0.0) < ($1.1, $1.0) }.prefix(3).map(\.0)
}

/// Levenshtein's distance in bytes.
private func editDistance(_ a: [UInt8], _ b: [UInt8]) -> Int {
  var row = Array(0...b.count)
  for i in a.indices {
    var diagonal = row[0]
    row[0] = i + 1
    for j in b.indices {
      let above = row[j + 1]
      row[j + 1] = min(above + 1, row[j] + 1, diagonal + (a[i] == b[j] ? 0 : 1))
      diagonal = above
    }
  }
  return row[b.count]
}
