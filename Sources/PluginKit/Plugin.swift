import JSON
import Synchronization

/// A family of methods: a name, a version, and the methods.
///
///     public enum ProbePlugin: Plugin {
///       public static let name = "probe"
///       public static let version = "0.1.0"
///       public static let summary = "Linear probes: is a concept linearly readable?"
///       public static let methods: [any Method.Type] = [LogisticProbe.self]
///     }
public protocol Plugin: Sendable {
  /// Lower-case letters and digits; the part of a method's name before the dot.
  static var name: String { get }
  /// Semantic version; part of every cache key, so it rises with every change of a result.
  static var version: String { get }
  /// One line, shown in lists.
  static var summary: String { get }
  static var methods: [any Method.Type] { get }
}

/// One method of a plugin. Its file in `Schemas/` states all else: words, params, defaults, effects.
///
/// A method is a pure function of its parameters and inputs; whatever else it may use the context gives.
public protocol Method: Sendable {
  /// `plugin.method`, in lower case.
  static var name: String { get }
  /// Decoded after validation, with the defaults of the schema filled in.
  associatedtype Parameters: Decodable & Sendable
  /// The result's value; artifacts appear in it as references.
  associatedtype Output: Encodable & Sendable
  init()
  /// Called on a worker thread; may use all of BLAS, asks `context.checkCancellation()` in its loops.
  func run(_ parameters: Parameters, _ context: Context) throws -> Output
}

extension Method {
  /// Decodes the parameters, runs, encodes the value: the way by which every host calls a method.
  package static func invoke(_ parameters: JSON, _ context: Context) throws -> JSON {
    let decoded: Parameters
    do {
      decoded = try JSON.Decoder().decode(Parameters.self, from: parameters)
    } catch let error as DecodingError {
      throw MethodError(error)
    }
    return try JSON.Encoder().encode(Self().run(decoded, context))
  }
}

extension Method {
  /// The members that decoding the parameters asks for, as JSON Pointers: a test holds them against the schema.
  package static func membersAskedFor(in parameters: JSON) throws -> Set<String> {
    let asked = Mutex<Set<String>>([])
    let decoder = JSON.Decoder { pointer in asked.withLock { _ = $0.insert(pointer) } }
    _ = try decoder.decode(Parameters.self, from: parameters)
    return asked.withLock { $0 }
  }
}
