import CLinux
import Glibc

/// A fault of the store, the log or an artifact: what went wrong, where, and what to do about it.
public struct RunLogError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The stable name that programs test; the raw value is the protocol's `kind`.
  public enum Kind: String, Sendable {
    case locked = "store.locked"
    case corrupt = "store.corrupt"
    case readOnly = "store.readOnly"
    case io = "store.io"
    case tooNew = "store.tooNew"
    case artifactNotFound = "artifact.notFound"
    case artifactHash = "artifact.hash"
    case runNotFound = "log.notFound"
    case fileNotFound = "file.notFound"
    case fileFormat = "file.format"
    case fileChanged = "file.changed"
    case value = "params.value"
  }

  public let kind: Kind
  public let message: String
  /// What the person can do next.
  public let hint: String?
  /// The name of the system's error (`ENOSPC`) where one stands behind this.
  public let systemError: String?
  /// The process that holds the lock, when it is known.
  public let processID: Int?

  public init(
    _ kind: Kind, _ message: String, hint: String? = nil, systemError: String? = nil, processID: Int? = nil
  ) {
    self.kind = kind
    self.message = message
    self.hint = hint
    self.systemError = systemError
    self.processID = processID
  }

  public var isDiskFull: Bool { systemError == "ENOSPC" || systemError == "EDQUOT" }

  /// The number that a notebook's diagnostics show (`E505`), where the fault has one.
  public var number: String? {
    switch kind {
    case .corrupt: "E501"
    case .artifactNotFound: "E502"
    case .artifactHash: "E503"
    case .locked: "E504"
    case .io: isDiskFull ? "E505" : nil
    case .tooNew: "E506"
    default: nil
    }
  }

  public var description: String { hint.map { "\(message) (\($0))" } ?? message }
}

extension RunLogError {
  /// A failed system call: `action` is what was tried, in words; `name` is the file as the user knows it.
  static func system(_ action: String, _ name: String, _ code: Int32 = errno) -> RunLogError {
    let symbol = strerrorname_np(code).map { String(cString: $0) } ?? "errno \(code)"
    if code == ENOSPC || code == EDQUOT {
      return RunLogError(
        .io, "the disk is full: cannot \(action) \(name)", hint: "free some space and run it again",
        systemError: symbol)
    }
    if code == EROFS {
      return RunLogError(.readOnly, "cannot \(action) \(name): the file system is read-only", systemError: symbol)
    }
    let reason = strerror(code).map { String(cString: $0) } ?? symbol
    return RunLogError(.io, "cannot \(action) \(name): \(reason)", systemError: symbol)
  }
}
