import GRDB

/// Why the paper store could not do what was asked; `kind` is the protocol's stable name.
public struct StoreError: Error, Sendable, Equatable, CustomStringConvertible {
  public enum Kind: String, Sendable {
    case notFound = "store.notFound"
    case conflict = "store.conflict"
    case locked = "store.locked"
    case corrupt = "store.corrupt"
    case readOnly = "store.readOnly"
    case io = "store.io"
    case tooNew = "store.tooNew"
    /// The papers changed since the plan was made.
    case stale = "plan.stale"
  }

  public let kind: Kind
  public let message: String
  /// What to do.
  public let hint: String?

  public init(_ kind: Kind, _ message: String, hint: String? = nil) {
    self.kind = kind
    self.message = message
    self.hint = hint
  }

  public var description: String { hint.map { "\(message) (\($0))" } ?? message }

  /// What to do about a damaged file.
  static func howToRestore(_ path: String) -> String {
    StoreBackup.beside(path).first.map {
      "put the backup \($0.split(separator: "/").last ?? "") beside it in its place, or one of quire store backup"
    } ?? "put a backup in its place, or move it away and import the papers again"
  }

  /// SQLite's errors in the store's terms; others as they are.
  static func translated(_ error: any Error, path: String) -> any Error {
    guard let error = error as? DatabaseError else { return error }
    switch error.resultCode {
    case .SQLITE_FULL:
      return StoreError(.io, "the disk is full: the papers could not be written", hint: "free some space and try again")
    case .SQLITE_IOERR:
      return StoreError(
        .io, "the papers could not be written: \(error.message ?? "input/output error")",
        hint: "look whether the disk is full or a limit on file sizes is set")
    case .SQLITE_BUSY, .SQLITE_LOCKED:
      return StoreError(.locked, "another process holds the paper store", hint: "try again when it has finished")
    case .SQLITE_CANTOPEN:
      return StoreError(
        .io, "the paper store could not be opened: \(error.message ?? "")",
        hint: "look whether its folder exists and may be entered")
    case .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_AUTH:
      return StoreError(
        .readOnly, "the paper store may not be written", hint: "change its permissions, or work on a copy")
    case .SQLITE_CORRUPT, .SQLITE_NOTADB:
      return StoreError(
        .corrupt, "quire.sqlite is damaged: \(error.message ?? "")", hint: howToRestore(path))
    default: return StoreError(.io, "the paper store failed: \(error.message ?? "\(error.resultCode)")")
    }
  }
}
