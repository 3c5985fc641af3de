import JSON

/// The plugin that a run used: `build` (the binary's commit, or the SHA-256 of an external plugin's manifest)
/// is logged and is no part of a key.
public struct PluginIdentity: Sendable, Equatable {
  public var id: String
  public var version: String
  public var build: String?

  public init(id: String, version: String, build: String? = nil) {
    self.id = id
    self.version = version
    self.build = build
  }

  var json: JSON {
    var object: JSON.Object = ["id": .string(id), "version": .string(version)]
    object["build"] = build.map(JSON.string)
    return .object(object)
  }
}

/// The numeric library as it was really used: what decides the bits of a numeric result.
public struct NumericLibrary: Sendable, Equatable {
  public var library: String
  public var version: String
  /// The core type whose kernels run (Zen uses Haswell's and is named so).
  public var core: String
  public var threads: Int

  public init(library: String, version: String, core: String, threads: Int) {
    self.library = library
    self.version = version
    self.core = core
    self.threads = threads
  }

  public var json: JSON {
    ["lib": .string(library), "version": .string(version), "core": .string(core), "threads": JSON(threads)]
  }

  public init?(_ json: JSON) {
    guard let library = json["lib"]?.string, let version = json["version"]?.string,
      let core = json["core"]?.string, let threads = json["threads"]?.int
    else { return nil }
    self.init(library: library, version: version, core: core, threads: threads)
  }
}

/// The identity of a result: everything that can change it and nothing else. Two calls with equal keys give
/// the same result.
///
///     let key = CacheKey(method: "probe.logistic", plugin: plugin, params: params, inputs: ["features": …])
///     try key.hash()
public struct CacheKey: Sendable {
  public var method: String
  /// After defaults are filled in and inputs are taken out.
  public var params: JSON
  /// Name of the input (its JSON Pointer without the first slash) → identity of its content.
  public var inputs: [(name: String, identity: String)]
  public var plugin: PluginIdentity
  /// `nil` when the method uses none.
  public var seed: Int?
  /// `nil` for methods of class `exact`, so that their results are shared between machines.
  public var numeric: NumericLibrary?

  public init(
    method: String, plugin: PluginIdentity, params: JSON, inputs: [(name: String, identity: String)] = [],
    seed: Int? = nil, numeric: NumericLibrary? = nil
  ) {
    self.method = method
    self.params = params
    self.inputs = inputs
    self.plugin = plugin
    self.seed = seed
    self.numeric = numeric
  }

  /// The identity of an input: its hash, and `#` and the part's name when only a part of the file is meant.
  public static func identity(_ hash: ContentHash, part: String? = nil) -> String {
    part.map { "\(hash.hex)#\($0)" } ?? hash.hex
  }

  /// The object that is hashed.
  public var parts: JSON {
    var names = JSON.Object()
    for input in inputs { names[input.name] = .string(input.identity) }
    return [
      "k": 1, "method": .string(method), "params": params, "inputs": .object(names),
      "plugin": ["id": .string(plugin.id), "version": .string(plugin.version)],
      "seed": seed.map { JSON($0) } ?? .null, "num": numeric?.json ?? .null,
    ]
  }

  /// SHA-256 of the canonical form of `parts`.
  ///
  /// Throws `params.value` when a number in the params has no canonical form.
  public func hash() throws -> ContentHash { try CacheKey.hash(parts: parts) }

  static func hash(parts: JSON) throws -> ContentHash {
    do {
      return ContentHash(of: try parts.canonicalBytes())
    } catch {
      throw RunLogError(unhashable: error)
    }
  }
}

extension CacheKey {
  /// A `{"$file": …}` or `{"$artifact": …}` that stood in the params.
  public struct TakenInput: Sendable, Equatable {
    public enum Source: Sendable, Equatable {
      case file(path: String)
      /// The text as it was given, `sha256:…`.
      case artifact(reference: String)
    }
    /// Its JSON Pointer without the first slash: `features`, `matrices/0`.
    public let name: String
    public let pointer: JSON.Pointer
    public let source: Source
    /// What stood behind `#`.
    public let part: String?
  }

  /// Takes the inputs out of params: in an object their member is left out, in a list `null` keeps the place.
  public static func takeInputs(from params: JSON) -> (params: JSON, inputs: [TakenInput]) {
    var inputs: [TakenInput] = []
    let rest = strip(params, JSON.Pointer(), &inputs)
    return (rest, inputs)
  }

  private static func strip(_ value: JSON, _ pointer: JSON.Pointer, _ inputs: inout [TakenInput]) -> JSON {
    switch value {
    case .array(let elements):
      return .array(
        elements.enumerated().map { index, element in
          let place = pointer.appending("\(index)")
          if let input = takenInput(element, place) {
            inputs.append(input)
            return .null
          }
          return strip(element, place, &inputs)
        })
    case .object(let object):
      var members: [JSON.Object.Member] = []
      for member in object.members {
        let place = pointer.appending(member.key)
        if let input = takenInput(member.value, place) {
          inputs.append(input)
        } else {
          members.append(JSON.Object.Member(member.key, strip(member.value, place, &inputs)))
        }
      }
      return .object(JSON.Object(distinct: members))
    default: return value
    }
  }

  private static func takenInput(_ value: JSON, _ pointer: JSON.Pointer) -> TakenInput? {
    guard case .object(let object) = value, object.count == 1, let member = object.members.first,
      let text = member.value.string
    else { return nil }
    let pieces = text.utf8.lastIndex(of: UInt8(ascii: "#")).map { (text[..<$0], text[text.utf8.index(after: $0)...]) }
    let whole = pieces.map { String($0.0) } ?? text
    let part = pieces.map { String($0.1) }
    switch member.key {
    case "$file":
      return TakenInput(name: pointer.name, pointer: pointer, source: .file(path: whole), part: part)
    case "$artifact":
      return TakenInput(name: pointer.name, pointer: pointer, source: .artifact(reference: whole), part: part)
    default: return nil
    }
  }
}

extension RunLogError {
  /// A value that cannot be hashed, at its JSON Pointer.
  init(unhashable error: JSON.CanonicalError) {
    switch error {
    case .inexactInteger(let pointer):
      self.init(
        .value, "\(pointer): this integer is not held exactly by a binary64 number", hint: "send it as a string")
    case .notFinite(let pointer):
      self.init(.value, "\(pointer): a number that is not finite has no JSON text")
    }
  }
}
