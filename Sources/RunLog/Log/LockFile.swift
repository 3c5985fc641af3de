import Glibc

/// The kernel's lock on `.quire/lock`. A dead process holds nothing, so there is never a lock to remove.
enum LockFile {
  /// Opens and locks the file; the lock ends with the file that is returned.
  ///
  /// Throws `store.locked` with the holder's process id after `seconds`.
  static func take(_ folder: StoreFolder, seconds: Double) throws -> OpenFile {
    while true {
      let file = try folder.open("lock", O_RDWR | O_CREAT, action: "lock")
      try wait(for: file, LOCK_EX, seconds: seconds)
      // Somebody may have removed the file between opening and locking: then another holds the real one.
      guard let now = FileStatus(path: folder.path("lock")), try file.status().isSameFile(as: now) else { continue }
      try sign(file)
      return file
    }
  }

  static func wait(for file: OpenFile, _ operation: Int32, seconds: Double) throws {
    var pause = 50_000
    var waited = 0.0
    while true {
      if try file.tryLock(operation) { return }
      guard waited < seconds else { throw timedOut(file, seconds) }
      var time = timespec(tv_sec: 0, tv_nsec: pause)
      nanosleep(&time, nil)
      waited += Double(pause) / 1e9
      pause = min(pause * 2, 2_000_000)
    }
  }

  /// Who holds it, for messages only.
  private static func sign(_ file: OpenFile) throws {
    let text = Array("\(getpid()) \(WallClock.now().text)\n".utf8)
    _ = text.withUnsafeBytes { pwrite(file.descriptor, $0.baseAddress, $0.count, 0) }
  }

  private static func timedOut(_ file: OpenFile, _ seconds: Double) -> RunLogError {
    let text = (try? file.read(at: 0, count: 64)).map { String(decoding: $0, as: UTF8.self) } ?? ""
    let holder = text.split(separator: " ").first.flatMap { Int($0) }
    let who = holder.map { "process \($0)" } ?? "another process"
    return RunLogError(
      .locked, "\(who) has held the log's lock (\(file.name)) for \(seconds) s",
      hint: "wait for it or end it; the lock goes with the process, the file need not be removed", processID: holder)
  }
}
