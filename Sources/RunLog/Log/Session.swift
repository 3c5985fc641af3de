import Glibc

/// The sign of life of one process at work in a store: an `flock` on `log/sessions/<id>` for as long as it lives.
///
/// All calls are made under the log's lock, so that nobody sees a session's file before it is locked.
enum Session {
  private static func relative(_ id: String) -> String { "log/sessions/" + id }

  static func begin(_ folder: StoreFolder, id: String) throws -> OpenFile {
    try folder.makeFolder("log/sessions")
    let file = try folder.open(relative(id), O_RDWR | O_CREAT, action: "make")
    try file.lock()
    try file.write(Array("\(getpid()) \(WallClock.now().text)\n".utf8))
    try folder.passed(.sessionLocked)
    return file
  }

  static func end(_ folder: StoreFolder, id: String) { folder.remove(relative(id)) }

  /// Whether a living process holds the session.
  static func isAlive(_ folder: StoreFolder, id: String) -> Bool {
    // An id from a log that somebody edited must not lead out of the folder.
    guard !id.utf8.contains(UInt8(ascii: "/")),
      let file = try? folder.openExisting(relative(id), O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
    else { return false }
    return (try? file.tryLock(LOCK_SH)) == false
  }

  /// The sessions that living processes hold. The files of dead ones are removed when `cleaning`.
  static func living(_ folder: StoreFolder, cleaning: Bool = false) throws -> Set<String> {
    var living: Set<String> = []
    for id in try folder.names(in: "log/sessions") {
      if isAlive(folder, id: id) {
        living.insert(id)
      } else if cleaning {
        end(folder, id: id)
      }
    }
    return living
  }
}
