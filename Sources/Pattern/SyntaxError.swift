extension Pattern {
  /// Why an expression was refused, and where.
  public struct SyntaxError: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Kind: String, Sendable {
      /// It is no expression of the syntax.
      case malformed
      /// It is an expression of ECMA-262 that this engine does not have.
      case unsupported
      /// Its compiled form would be too large.
      case tooLarge
    }

    public let kind: Kind
    /// 1-based, in code points of the expression.
    public let column: Int
    /// What is wrong and what to write in its place.
    public let message: String

    public var description: String { "column \(column): \(message)" }
  }
}
