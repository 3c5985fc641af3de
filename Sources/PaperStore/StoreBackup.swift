import Foundation
import GRDB

/// Copies of the store's file, whole and without a write-ahead log.
enum StoreBackup {
  /// How many copies that migrations made are kept.
  private static let kept = 3

  /// Writes a copy of the snapshot to a file that does not exist yet, synced.
  static func write(_ pool: DatabasePool, to path: String) throws {
    guard access(path, F_OK) != 0 else {
      throw StoreError(.io, "'\(path)' exists already", hint: "name a file that does not exist")
    }
    do {
      try pool.writeWithoutTransaction { try $0.execute(sql: "VACUUM INTO ?", arguments: [path]) }
    } catch {
      unlink(path)
      throw error
    }
    sync(path)
    sync((path as NSString).deletingLastPathComponent)
  }

  /// Makes `quire.sqlite.v1-…` beside the file, named after the version that it holds, and removes the oldest ones.
  static func beforeMigration(of path: String, version: Int, _ pool: DatabasePool) throws {
    var number = 1
    while access("\(path).v\(version)-\(number)", F_OK) == 0 { number += 1 }
    // Two processes may begin a migration at once: each writes a file of its own first.
    let draft = "\(path).backup-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
    try write(pool, to: draft)
    guard rename(draft, "\(path).v\(version)-\(number)") == 0 else {
      unlink(draft)
      throw StoreError(.io, "the backup before the migration could not be kept", hint: "look at the folder's rights")
    }
    for old in beside(path).dropFirst(kept) { unlink(old) }
  }

  /// The copies that migrations made, newest first.
  static func beside(_ path: String) -> [String] {
    let folder = (path as NSString).deletingLastPathComponent
    let prefix = (path as NSString).lastPathComponent + ".v"
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.filter { $0.hasPrefix(prefix) }.map { name -> (path: String, time: Double) in
      var status = stat()
      stat("\(folder)/\(name)", &status)
      return ("\(folder)/\(name)", Double(status.st_mtim.tv_sec) + Double(status.st_mtim.tv_nsec) * 1e-9)
    }
    .sorted { ($0.time, $0.path) > ($1.time, $1.path) }.map(\.path)
  }

  private static func sync(_ path: String) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    fsync(descriptor)
    close(descriptor)
  }
}
