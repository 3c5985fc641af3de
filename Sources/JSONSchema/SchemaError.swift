/// Why a schema cannot be compiled, and which part of it is at fault.
public struct SchemaError: Error, Sendable, Hashable, CustomStringConvertible {
  public enum Kind: String, Sendable {
    /// A keyword's value is not what the keyword takes.
    case malformed
    /// A `$ref`, `$dynamicRef` or `$schema` names nothing that was given to the registry.
    case unresolved
    /// A schema applies itself to one and the same value without end.
    case endless
    /// Two schemas bear the same URI or the same anchor.
    case duplicate
    /// The schema asks for something that this validator does not have.
    case unsupported
  }

  public let kind: Kind
  /// The URI of the schema resource, `#`, and the JSON Pointer to the keyword.
  public let location: String
  /// What is wrong, and what to write.
  public let message: String

  public var description: String { "\(location): \(message)" }
}
