import Glibc
import JSON
import PluginKit
import RunLog

/// Holds a plugin, built in or a program of its own, against what hosts expect of it.
///
///     let report = Conformance(plugins: builtInPlugins).check(folder: "/home/me/readability")
///     for line in report.lines { … }
///
/// The plugin is started and its examples are run, each in an empty workspace that is removed afterwards.
public struct Conformance: Sendable {
  /// How long is waited for what may never come, in seconds.
  public struct Patience: Sendable {
    /// For one example with the calls before it.
    public var example = 60.0
    /// For an answer to a message that needs no work.
    public var answer = 10.0
    /// For the end of a program that was told to go.
    public var end = 5.0

    public init() {}
  }

  /// Gets what the program writes to its standard error, line by line.
  public var log: @Sendable (String) -> Void = { _ in }
  public var patience = Patience()
  /// Bytes of the message that a program must survive, where its memory has room for it.
  public var largeMessage = 64 << 20
  private let plugins: [any Plugin.Type]

  /// - Parameter plugins: the built-in ones, whose methods examples may call first.
  public init(plugins: [any Plugin.Type]) { self.plugins = plugins }

  /// Checks the plugin in a folder that holds a `quire-plugin.json`.
  ///
  /// - Parameter replaces: true when a built-in plugin of the same name shall step aside for it.
  public func check(folder: String, replaces: Bool = false) throws -> ConformanceReport {
    let began = monotonicMilliseconds()
    let folder = Path.absolute(folder)
    var evidence = Evidence(name: Path.lastComponent(folder), version: "", folder: folder)
    let manifest: PluginManifest
    do throws(Fault) {
      manifest = try PluginManifest(folder: folder)
      (evidence.name, evidence.version) = (manifest.name, manifest.version)
      guard replaces || !plugins.contains(where: { $0.name == manifest.name }) else {
        throw Fault(
          1053, "file.format", "a built-in plugin is called \(manifest.name)", hint: "choose another name")
      }
    } catch {
      evidence.manifestFault = error
      return report(evidence, since: began)
    }
    evidence.schemas = try manifest.methods.map { file throws(Fault) in
      try schemaFile(file.name, file.path, file.document)
    }
    let others = plugins.filter { $0.name != manifest.name }
    try gather(&evidence, manifest, TestBench(plugins: others, folder: folder, patience: patience, log: log))
    return report(evidence, since: began)
  }

  /// Checks a built-in plugin.
  public func check(_ plugin: any Plugin.Type) throws -> ConformanceReport {
    let began = monotonicMilliseconds()
    var evidence = Evidence(name: plugin.name, version: plugin.version)
    let bench = TestBench(plugins: plugins, folder: nil, patience: patience, log: log)
    evidence.schemas = try plugin.methods.map { method in
      let path = Registry.schemaPath(method.name)
      let document = try EmbeddedSchema.all.first { $0.path == path }?.parse() ?? .null
      return try schemaFile(method.name, "Schemas/\(path)", document)
    }
    evidence.examples = try bench.examples(evidence.descriptors)
    evidence.cancelled = try bench.cancelled(evidence.examples ?? [])
    return report(evidence, since: began)
  }

  private func schemaFile(_ name: String, _ path: String, _ document: JSON) throws(Fault) -> Evidence.SchemaFile {
    let common = try Registry.commonSchemas()
    let descriptor = Result { () throws(Fault) in try MethodDescriptor(document, path: path, common) }
    return Evidence.SchemaFile(method: name, path: path, document: document, descriptor: descriptor)
  }

  private func gather(_ evidence: inout Evidence, _ manifest: PluginManifest, _ bench: TestBench) throws(Fault) {
    let (start, link) = LinkProbe(manifest, self).gather(evidence.descriptors)
    evidence.start = start
    evidence.link = link
    // A program that starts late is run no further: every call would wait for it in vain.
    guard start.fault == nil, start.seconds <= start.allowed else { return }
    evidence.examples = try bench.examples(evidence.descriptors)
    evidence.cancelled = try bench.cancelled(evidence.examples ?? [])
  }

  private func report(_ evidence: Evidence, since began: Double) -> ConformanceReport {
    ConformanceReport(
      plugin: evidence.name, version: evidence.version, folder: evidence.folder,
      lines: ConformanceCheck.all.map { $0.line(evidence) }, seconds: (monotonicMilliseconds() - began) / 1000)
  }
}
