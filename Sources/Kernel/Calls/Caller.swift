import JSON

/// How far a call has come.
public struct Progress: Sendable {
  /// 0 … 1; `nil` when it is not known.
  public var fraction: Double?
  public var message: String

  public init(fraction: Double?, message: String) {
    self.fraction = fraction
    self.message = message
  }
}

/// On whose behalf a call is made, and what that side wants to hear.
public struct Caller: Sendable {
  /// Files may be read and written only below these folders (absolute paths).
  public var roots: [String]
  /// True on the command line, where a person names the files: they may lie anywhere.
  public var mayNameAnyFile = false
  /// The seed of the command line or the front matter, for methods that use one and got none in their params.
  public var seed: UInt64?
  /// Wants `_meta {run, cached, displays, warnings}` beside the members of the result.
  public var wantsRunDetails = false
  public var progress: (@Sendable (Progress) -> Void)?
  /// Milliseconds from acceptance after which the caller no longer wants an answer.
  public var deadlineMilliseconds: Int?
  /// Items of a list method, as they come.
  public var partial: (@Sendable (JSON) -> Void)?
  /// Events such as `cell/state`; a later one of the same topic may replace one that still waits.
  public var notify: (@Sendable (_ method: String, _ params: JSON, _ topic: String?) -> Void)?

  public init(roots: [String]) { self.roots = roots }
}
