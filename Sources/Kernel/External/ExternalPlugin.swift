import Dispatch
import JSON
import PluginKit
import Synchronization

/// A plugin that is a program of its own: started by its first call, stopped when nobody needs it, started again
/// after a crash, and left alone after three crashes within a minute. Guarded by `state`.
final class ExternalPlugin: Sendable {
  struct Settings: Sendable {
    /// Threads for numeric work, as the program is told.
    var jobs: Int
    /// Gets each line that the program writes to its standard error.
    var log: @Sendable (String) -> Void
    /// Gets all that passes between host and program, for whoever looks on; called on any thread.
    var observe: (@Sendable (PluginConnection.Event) -> Void)?
  }

  private struct State {
    var connection: PluginConnection?
    /// When it crashed, in seconds of the machine's uptime.
    var crashes: [Double] = []
    var isClosed = false
  }

  let manifest: PluginManifest
  private let settings: Settings
  private let state = Mutex(State())

  private static let crashesUntilBroken = 3
  private static let crashWindow = 60.0

  init(_ manifest: PluginManifest, _ settings: Settings) {
    self.manifest = manifest
    self.settings = settings
  }

  /// The process that runs now.
  var current: PluginConnection? { state.withLock { $0.connection } }

  /// One run of one of its methods.
  func run(_ run: ExternalRun, _ cancellation: Cancellation) throws -> JSON {
    while true {
      let connection = try open()
      do {
        if let answer = try connection.run(run, cancellation) { return try run.value(answer) }
      } catch MethodError.cancelled {
        throw MethodError.cancelled
      } catch {
        noteCrash(of: connection)
        throw error
      }
    }
  }

  /// Ends the program and starts it anew; the breaker is closed. Returns the new process.
  func restart() throws(Fault) -> Int {
    let old = state.withLock { state in
      defer { state.connection = nil }
      state.crashes = []
      return state.connection
    }
    old?.shutDown()
    return try open().processID
  }

  /// Ends the program; no call starts it again. One that is just being started is left alone: it ends with its input.
  func close(within seconds: Double) {
    let old = state.withLockIfAvailable { state in
      state.isClosed = true
      defer { state.connection = nil }
      return state.connection
    }
    old??.shutDown(within: seconds)
  }

  private func open() throws(Fault) -> PluginConnection {
    // Callers wait for one another here: a program is started once.
    let result = state.withLock { state -> Result<PluginConnection, Fault> in
      if let known = state.connection, known.isOpen { return .success(known) }
      let now = Double(DispatchTime.now().uptimeNanoseconds) * 1e-9
      state.crashes.removeAll { $0 < now - Self.crashWindow }
      guard !state.isClosed else { return .failure(Fault(-32802, "server.stops", "the host stops")) }
      guard state.crashes.count < Self.crashesUntilBroken else {
        return .failure(
          Fault(
            1102, "plugin.crashed",
            "\(manifest.name) crashed \(state.crashes.count) times within a minute and is left alone",
            hint: "mend it, then call plugin/restart"))
      }
      do throws(Fault) {
        let connection = try PluginConnection(manifest, settings)
        state.connection = connection
        stopWhenIdle(connection)
        return .success(connection)
      } catch {
        state.crashes.append(now)
        return .failure(error)
      }
    }
    return try result.get()
  }

  private func noteCrash(of connection: PluginConnection) {
    guard connection.hasCrashed else { return }
    state.withLock { state in
      // Of several runs in one process the first one counts.
      guard state.connection === connection else { return }
      state.connection = nil
      state.crashes.append(Double(DispatchTime.now().uptimeNanoseconds) * 1e-9)
    }
  }

  private func stopWhenIdle(_ connection: PluginConnection) {
    let seconds = manifest.limits.idleSeconds
    DispatchQueue.global().asyncAfter(deadline: .now() + min(seconds, 3600)) { [weak self, weak connection] in
      guard let self, let connection, connection.isOpen else { return }
      // A call that comes after it starts another process.
      if connection.retire(afterIdle: seconds) { connection.shutDown() } else { stopWhenIdle(connection) }
    }
  }
}
