import JSON
import JSONSchema
import RunLog

/// `quire-plugin.json` of a plugin that is a program of its own, with the schema files that it names.
struct PluginManifest: Sendable {
  struct Limits: Decodable, Sendable {
    var memoryMiB: Int
    var startSeconds: Double
    var idleSeconds: Double
  }

  struct MethodFile: Sendable {
    let name: String
    /// As the manifest has it.
    let path: String
    let document: JSON
  }

  static let fileName = "quire-plugin.json"
  private static let largestFile = 4 << 20

  let folder: String
  let name: String
  let version: String
  let summary: String
  let command: [String]
  var limits: Limits
  let methods: [MethodFile]
  /// Of the manifest's bytes: what a run's entry calls the plugin's build.
  let hash: ContentHash

  var file: String { "\(folder)/\(Self.fileName)" }

  private struct Members: Decodable {
    var name, version, summary: String
    var command, methods: [String]
    var limits: Limits
  }

  /// Reads and checks a manifest. A fault says which file is wrong and where.
  init(folder: String) throws(Fault) {
    self.folder = folder
    let bytes = try Self.read(Self.fileName, in: folder)
    hash = ContentHash(of: bytes)
    let schema = try Registry.manifestSchema()
    let given = try Self.parse(bytes, Self.fileName)
    if let wrong = schema.validate(given, limit: 1).first {
      throw Fault(1053, "file.format", "\(Self.fileName): \(wrong.message(under: "the manifest"))", hint: wrong.hint)
    }
    let members: Members
    do {
      members = try JSON.Decoder().decode(Members.self, from: schema.applyingDefaults(to: given))
    } catch {
      throw Fault(any: error)
    }
    (name, version, summary) = (members.name, members.version, members.summary)
    (command, limits) = (members.command, members.limits)
    var methods: [MethodFile] = []
    for path in members.methods {
      let document = try Self.parse(try Self.read(path, in: folder), path)
      guard let method = document["name"]?.string, Self.isName(method, of: members.name) else {
        throw Fault(
          1053, "file.format",
          "\(path): 'name' must be \(members.name).METHOD, in lower case, found \(document["name"]?.text.cut(toBytes: 80) ?? "nothing")"
        )
      }
      if methods.contains(where: { $0.name == method }) {
        throw Fault(1053, "file.format", "\(path): a second file for the method \(method)")
      }
      methods.append(MethodFile(name: method, path: path, document: document))
    }
    self.methods = methods
  }

  /// What to do when the program that it names is not there.
  var missingProgram: String? {
    let program = command.first ?? ""
    if ChildProcess.path(of: program, in: folder) != nil { return nil }
    return "\(Self.fileName): no program '\(program.cut(toBytes: 80))'; install it, or give its path"
  }

  /// `family.method`: lower-case letters, digits and `_` behind one dot, at most 63 bytes.
  private static func isName(_ method: String, of family: String) -> Bool {
    guard method.utf8.count <= 63, method.hasPrefix(family + ".") else { return false }
    let own = method.utf8.dropFirst(family.utf8.count + 1)
    return !own.isEmpty
      && own.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == UInt8(ascii: "_") }
  }

  private static func read(_ path: String, in folder: String) throws(Fault) -> [UInt8] {
    let whole = Path.absolute(path, in: folder)
    guard let real = Path.resolved(whole), Path.isBelow(real, Path.resolved(folder) ?? folder) else {
      throw Fault(1051, "file.notFound", "\(path): no such file in the plugin's folder")
    }
    return try readFile(real, shownAs: path, limit: largestFile, pointer: nil)
  }

  private static func parse(_ bytes: [UInt8], _ path: String) throws(Fault) -> JSON {
    do {
      return try JSON.parse(bytes)
    } catch {
      throw Fault(1053, "file.format", "\(path): \(error)".cut(toBytes: 190))
    }
  }
}
