import CLinux
import Dispatch
import Glibc
import JSON
import Logging
import Synchronization
import Threads

/// What the host says about itself: lines for standard error or a file, written by one thread.
///
/// Standard error may be a pipe that nobody reads. So lines wait in a ring, the thread asks for room before it writes,
/// and where there is none the oldest lines are dropped and counted. Guarded by `state`.
public final class Log: Sendable {
  public enum Format: String, Sendable, CaseIterable { case text, json }

  private struct State {
    var lines: [[UInt8]] = []
    var first = 0
    var bytes = 0
    var dropped = 0
    /// Nobody reads, or the disk is full: what comes is forgotten.
    var isDead = false
    var isWriting = false
    var hasThread = false
  }

  /// Bytes that may wait.
  static let capacity = 1 << 20
  /// The longest line, its end included.
  static let lineLimit = 2 << 10

  private let descriptor: Int32
  private let level: Logger.Level
  private let format: Format
  private let state = Mutex(State())
  private let work = DispatchSemaphore(value: 0)

  /// - Parameter descriptor: standard error, or a file that was opened for appending.
  public init(_ descriptor: Int32, level: Logger.Level, format: Format) {
    self.descriptor = descriptor
    self.level = level
    self.format = format
  }

  /// A logger for one area of the host.
  public func logger(_ area: String) -> Logger {
    Logger(label: area) { area in Handler(log: self, area: area, logLevel: self.level) }
  }

  /// Writes what waits, as far as there is room at once.
  func flush(milliseconds: Int) {
    let deadline = monotonicSeconds() + Double(milliseconds) / 1e3
    while monotonicSeconds() < deadline {
      let isDone = state.withLock { ($0.first == $0.lines.count && !$0.isWriting) || $0.isDead }
      if isDone { return }
      usleep(1000)
    }
  }

  private func append(_ line: [UInt8]) {
    let start = state.withLock { state -> Bool? in
      if state.isDead { return nil }
      state.lines.append(line)
      state.bytes += line.count
      while state.bytes > Self.capacity {
        state.bytes -= state.lines[state.first].count
        state.lines[state.first] = []
        state.first += 1
        state.dropped += 1
      }
      if state.first > 4096, state.first > state.lines.count / 2 {
        state.lines.removeSubrange(..<state.first)
        state.first = 0
      }
      defer { state.hasThread = true }
      return !state.hasThread
    }
    guard let start else { return }
    if start { PlainThread.start("quire-log") { self.drain() } }
    work.signal()
  }

  // MARK: - The log's own thread

  private func drain() {
    while true {
      work.wait()
      while hasLines {
        // On a pipe POLLOUT promises PIPE_BUF bytes, which is more than a line.
        var poller = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        guard poll(&poller, 1, -1) == 1 else { continue }
        guard let line = take() else { break }
        let isWritten = write(line)
        state.withLock { state in
          state.isWriting = false
          if !isWritten { state.isDead = true }
        }
        if !isWritten { return }
      }
    }
  }

  private var hasLines: Bool { state.withLock { $0.first < $0.lines.count } }

  private func take() -> [UInt8]? {
    let (line, dropped) = state.withLock { state -> ([UInt8]?, Int) in
      if state.dropped > 0 {
        defer { state.dropped = 0 }
        state.isWriting = true
        return (nil, state.dropped)
      }
      guard state.first < state.lines.count else { return (nil, 0) }
      let line = state.lines[state.first]
      state.lines[state.first] = []
      state.first += 1
      state.bytes -= line.count
      if state.first == state.lines.count {
        state.lines.removeAll(keepingCapacity: true)
        state.first = 0
      }
      state.isWriting = true
      return (line, 0)
    }
    return dropped > 0 ? self.line(.warning, "log", "\(dropped) lines were dropped: nobody read them") : line
  }

  private func write(_ line: [UInt8]) -> Bool {
    var rest = line[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count >= 0 { rest = rest.dropFirst(count) } else if errno != EINTR && errno != EAGAIN { return false }
    }
    return true
  }

  // MARK: - Lines

  fileprivate func line(_ level: Logger.Level, _ area: String, _ text: String) -> [UInt8] {
    var line: [UInt8]
    switch format {
    case .text:
      line = Array("\(Self.now()) \(level.rawValue) \(area) ".utf8)
      line.append(contentsOf: text.cut(toBytes: Self.lineLimit - line.count - 1).utf8.map { $0 < 0x20 ? 0x20 : $0 })
    case .json:
      // An escape takes up to six bytes for one.
      let isPlain = !text.utf8.contains { $0 < 0x20 || $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\\") }
      let room = Self.lineLimit - 120 - area.utf8.count
      let message: JSON = .string(text.cut(toBytes: isPlain ? room : room / 6))
      line =
        (["time": .string(Self.now()), "level": .string(level.rawValue), "area": .string(area), "text": message]
        as JSON).bytes
    }
    line.append(0x0A)
    return line
  }

  /// RFC 3339, UTC, milliseconds.
  private static func now() -> String {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    var parts = tm()
    gmtime_r(&time.tv_sec, &parts)
    func padded(_ number: Int, _ width: Int) -> String {
      let text = String(number)
      return String(repeating: "0", count: max(0, width - text.count)) + text
    }
    let date = "\(1900 + Int(parts.tm_year))-\(padded(Int(parts.tm_mon) + 1, 2))-\(padded(Int(parts.tm_mday), 2))"
    let clock = [parts.tm_hour, parts.tm_min, parts.tm_sec].map { padded(Int($0), 2) }.joined(separator: ":")
    return "\(date)T\(clock).\(padded(Int(time.tv_nsec / 1_000_000), 3))Z"
  }

  private struct Handler: LogHandler {
    let log: Log
    let area: String
    var logLevel: Logger.Level
    var metadata: Logger.Metadata = [:]

    init(log: Log, area: String, logLevel: Logger.Level) {
      (self.log, self.area, self.logLevel) = (log, area, logLevel)
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
      let pairs = metadata.merging(event.metadata ?? [:]) { _, new in new }.sorted { $0.key < $1.key }
      log.append(log.line(event.level, area, "\(event.message)" + pairs.map { " \($0.key)=\($0.value)" }.joined()))
    }
  }
}
