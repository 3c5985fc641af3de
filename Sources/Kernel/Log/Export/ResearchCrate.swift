import JSON
import RunLog

/// The runs as an RO-Crate 1.1 after the profile Process Run Crate 0.5: a folder with the artifacts, the inputs that
/// are still as they were, the log itself, and `ro-crate-metadata.json`.
///
/// `quire log verify --workspace FOLDER` verifies the log inside it.
struct ResearchCrate {
  /// A file of the crate, and where its bytes come from.
  struct File {
    var path: String
    var source: String
    var hash: ContentHash?
    var bytes: Int
    var media: String
    var name: String
  }

  private let exported: ExportedRuns
  private let agent: String
  /// In order of path.
  private(set) var files: [File] = []
  private var byContent: [String: String] = [:]
  /// What a run read and is not in the crate.
  private var absent: [String: JSON] = [:]

  private static let profile = "https://w3id.org/ro/wfrun/process/0.5"

  init(_ exported: ExportedRuns, agent: String?) throws {
    self.exported = exported
    self.agent = agent ?? "not named"
    for run in exported.runs {
      for input in run.inputs { addInput(input) }
      for output in run.outputs { addArtifact(output.hash, output.bytes, output.media, output.name) }
      if let text = run.start.object["notebook"], let hash = text["sha256"]?.string.flatMap({ ContentHash(hex: $0) }) {
        addArtifact(hash, text["bytes"]?.int ?? 0, "text/markdown", run.notebook ?? "notebook")
      }
    }
    for name in try exported.log.logFiles() {
      files.append(
        File(
          path: ".quire/" + name, source: exported.log.path + "/" + name, hash: nil, bytes: 0,
          media: name.hasSuffix(".jsonl") ? "application/jsonl" : "application/json", name: name))
    }
    // `.quire/log/HEAD` comes before the segments, so the copy of the log is never behind it.
    files.sort { $0.path < $1.path }
  }

  private mutating func addArtifact(_ hash: ContentHash, _ bytes: Int, _ media: String, _ name: String) {
    guard byContent[hash.hex] == nil else { return }
    guard exported.log.artifacts.size(of: hash) == bytes else { return addAbsent(hash, name) }
    let path = ".quire/artifacts/\(hash.hex.prefix(2))/\(hash.hex.dropFirst(2))"
    byContent[hash.hex] = path
    let source = exported.log.artifacts.path(of: hash)
    files.append(File(path: path, source: source, hash: hash, bytes: bytes, media: media, name: name))
  }

  private mutating func addInput(_ input: LoggedInput) {
    guard let file = input.file else { return addArtifact(input.hash, input.bytes, input.media, input.name) }
    guard byContent[input.hash.hex] == nil else { return }
    let source = Path.absolute(file, in: exported.kernel.workspace.root)
    guard file != "store" || input.name != "store", (try? exported.log.hash(file: source))?.hash == input.hash else {
      return addAbsent(input.hash, input.name == "store" ? "the paper store" : file)
    }
    let path = "inputs/\(input.hash.hex.prefix(12))/\(Path.lastComponent(file))"
    byContent[input.hash.hex] = path
    files.append(
      File(
        path: path, source: source, hash: input.hash, bytes: input.bytes, media: input.media,
        name: Path.lastComponent(file)))
  }

  private mutating func addAbsent(_ hash: ContentHash, _ name: String) {
    let id = "#sha256-\(hash.hex)"
    byContent[hash.hex] = id
    absent[id] = [
      "@id": .string(id), "@type": "CreativeWork", "name": .string(name), "sha256": .string(hash.hex),
      "description": "Not in this crate: it was not kept, or has changed since.",
    ]
  }

  // MARK: - ro-crate-metadata.json

  /// - Parameter sizes: of the files, by path, as they were copied.
  func metadata(_ sizes: [String: (bytes: Int, hash: ContentHash)]) throws -> JSON {
    var graph: [JSON] = [
      [
        "@id": "ro-crate-metadata.json", "@type": "CreativeWork", "about": ["@id": "./"],
        "conformsTo": ["@id": "https://w3id.org/ro/crate/1.1"],
      ],
      root(),
      ["@id": .string(Self.profile), "@type": "CreativeWork", "name": "Process Run Crate", "version": "0.5"],
      [
        "@id": "https://spdx.org/licenses/CC-BY-4.0", "@type": "CreativeWork",
        "name": "Creative Commons Attribution 4.0", "identifier": "https://spdx.org/licenses/CC-BY-4.0",
        "description": "Of the description in this crate; data and results bear their own.",
      ],
      ["@id": "#agent", "@type": "Person", "name": .string(agent)],
    ]
    graph += exported.methods.map { instrument($0.method, $0.plugin) }
    graph += exported.references.map(citation)
    graph += exported.runs.map(action)
    graph += files.map { file in
      var entity: JSON.Object = [
        "@id": .string(file.path), "@type": "File", "name": .string(file.name), "encodingFormat": .string(file.media),
        "description": .string(describe(file)),
      ]
      entity["contentSize"] = .string("\(sizes[file.path]?.bytes ?? file.bytes)")
      entity["sha256"] = (sizes[file.path]?.hash ?? file.hash).map { .string($0.hex) }
      return .object(entity)
    }
    graph += absent.sorted { $0.key < $1.key }.map(\.value)
    return [
      "@context": [
        "https://w3id.org/ro/crate/1.1/context", ["sha256": "https://w3id.org/ro/terms/workflow-run#sha256"],
      ],
      "@graph": .array(graph),
    ]
  }

  private func describe(_ file: File) -> String {
    if file.path.hasPrefix("inputs/") { return "A file that a run read." }
    return file.path.hasPrefix(".quire/artifacts") ? "A result, named by its SHA-256." : "The run log."
  }

  private func reference(_ id: String) -> JSON { ["@id": .string(id)] }

  /// A list as RO-Crate writes it: one value stands alone, none is left out.
  private func one(or values: [JSON]) -> JSON? { values.count > 1 ? .array(values) : values.first }

  private func root() -> JSON {
    let names = Set(exported.runs.compactMap(\.notebook)).sorted()
    let what = names.isEmpty ? "Analyses" : names.joined(separator: ", ")
    var entity: JSON.Object = [
      "@id": "./", "@type": "Dataset", "name": .string("\(what), as run with Quire"),
      "description": .string("\(exported.runs.count) runs with their inputs, results and log."),
      "datePublished": .string(time(exported.runs.last?.finish?.time ?? exported.runs.last?.start.time ?? "")),
      "license": reference("https://spdx.org/licenses/CC-BY-4.0"), "author": reference("#agent"),
      "conformsTo": reference(Self.profile),
    ]
    entity["hasPart"] = one(or: files.map { reference($0.path) })
    entity["mentions"] = one(or: exported.runs.map { reference("#run-\($0.run)") })
    return .object(entity)
  }

  private func instrumentID(_ method: String, _ version: String) -> String {
    "https://quire.invalid/methods/\(method)/\(version)"
  }

  private func instrument(_ method: String, _ plugin: PluginIdentity) -> JSON {
    let document = exported.document(method)
    var entity: JSON.Object = [
      "@id": .string(instrumentID(method, plugin.version)), "@type": "SoftwareApplication",
      "name": .string(document?["title"]?.string.map { "\(method) (\($0))" } ?? method),
      "softwareVersion": .string(plugin.version),
      "url": .string("https://quire.invalid/methods/\(method)"),
    ]
    entity["description"] = document?["summary"]
    let papers = exported.references.filter { $0.methods.contains(method) }.map { reference(citationID($0)) }
    entity["citation"] = one(or: papers)
    return .object(entity)
  }

  private func citationID(_ reference: (id: String, item: JSON, methods: [String])) -> String {
    if let doi = reference.item["DOI"]?.string { return "https://doi.org/\(doi)" }
    return reference.item["URL"]?.string ?? "#\(reference.id)"
  }

  private func citation(_ reference: (id: String, item: JSON, methods: [String])) -> JSON {
    var entity: JSON.Object = [
      "@id": .string(citationID(reference)), "@type": "ScholarlyArticle",
      "name": reference.item["title"] ?? .string(reference.id),
    ]
    let authors = (reference.item["author"]?.array ?? []).map { person in
      person["literal"]?.string
        ?? [person["given"]?.string, person["family"]?.string].compactMap { $0 }.joined(separator: " ")
    }
    if !authors.isEmpty { entity["author"] = .string(authors.joined(separator: ", ")) }
    entity["datePublished"] = reference.item["issued"]?["date-parts"]?[0]?[0]?.int.map { .string("\($0)") }
    return .object(entity)
  }

  private func action(_ run: RunRecord) -> JSON {
    let isGood = run.state == .ok
    var entity: JSON.Object = [
      "@id": .string("#run-\(run.run)"), "@type": "CreateAction",
      "name": .string(run.cell.map { "\($0): \(run.method)" } ?? run.method),
      "description": .string("\(run.method) with \(run.params.text)"),
      "instrument": reference(instrumentID(run.method, run.plugin?.version ?? "0")), "agent": reference("#agent"),
      "startTime": .string(time(run.start.time)), "endTime": .string(time(run.finish?.time ?? run.start.time)),
      "actionStatus": .string(
        isGood ? "http://schema.org/CompletedActionStatus" : "http://schema.org/FailedActionStatus"),
    ]
    entity["object"] = one(or: unique(run.inputs.map(\.hash)))
    entity["result"] = one(or: unique(run.outputs.map(\.hash)))
    if !isGood {
      entity["error"] = .string(
        run.error?["message"]?.string ?? (run.state == .cancelled ? "cancelled" : "it gave no result"))
    }
    return .object(entity)
  }

  private func unique(_ hashes: [ContentHash]) -> [JSON] {
    var seen = Set<String>()
    return hashes.compactMap { byContent[$0.hex] }.filter { seen.insert($0).inserted }.map(reference)
  }

  /// The log's UTC time with a numeric zone, as the profile wants it.
  private func time(_ text: String) -> String {
    text.hasSuffix("Z") ? text.dropLast() + "+00:00" : text
  }
}
