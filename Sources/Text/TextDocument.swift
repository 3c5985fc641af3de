/// One text to be counted: a body and, apart from it, a title that may weigh more.
public struct TextDocument: Sendable, Hashable {
  public var title: String
  public var body: String

  public init(title: String = "", body: String) {
    self.title = title
    self.body = body
  }
}

/// An option out of its range, or state that does not fit together.
public struct TextFault: Error, Sendable, Equatable, CustomStringConvertible {
  /// The option's or the argument's name, such as `ngram`.
  public let name: String
  public let message: String

  init(_ name: String, _ message: String) {
    self.name = name
    self.message = message
  }

  public var description: String { "\(name): \(message)" }
}
