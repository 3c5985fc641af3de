import Dispatch
import Glibc
import JSON
import JSONRPC
import PluginKit
import RunLog
import Synchronization

/// Runs the examples of a plugin, each in a workspace and a process of its own.
struct TestBench: Sendable {
  let plugins: [any Plugin.Type]
  /// Of a plugin that is a program of its own.
  let folder: String?
  let patience: Conformance.Patience
  let log: @Sendable (String) -> Void

  /// Runs all examples.
  func examples(_ descriptors: [MethodDescriptor]) throws(Fault) -> [Evidence.ExampleRun] {
    var runs: [Evidence.ExampleRun] = []
    for descriptor in descriptors {
      for (number, example) in descriptor.examples.enumerated() {
        runs.append(
          try run(
            Evidence.ExampleRun(
              method: descriptor, number: number, example: example, outcome: .failure(.cancelled))))
      }
    }
    return runs
  }

  private func run(_ run: Evidence.ExampleRun) throws(Fault) -> Evidence.ExampleRun {
    var run = run
    let place = try ScratchFolder()
    let recorder = Recorder()
    let kernel = kernel(place, jobs: 2, recorder)
    defer { kernel.close(within: patience.end) }
    let watch = Watch(seconds: patience.example)
    let began = monotonicMilliseconds()
    var runID: String?
    do {
      let params = try run.example.prepared(kernel, place.path, watch.cancellation)
      var caller = Caller(roots: [place.path])
      caller.wantsRunDetails = true
      caller.progress = { recorder.take($0) }
      var value = try kernel.perform(run.method.name, params, caller, cancellation: watch.cancellation)
      runID = value["_meta"]?["run"]?.string
      value["_meta"] = nil
      run.outcome = .success(value)
      run.artifactFaults = try ArtifactFaults(kernel.workspace.log()).find(in: value)
    } catch {
      run.outcome = .failure(Fault(any: error))
    }
    run.seconds = (monotonicMilliseconds() - began) / 1000
    run.isTooSlow = watch.stop()
    if folder != nil, let connection = kernel.registry.external(family(run))?.current, connection.isOpen {
      run.departure = connection.depart(within: patience.end)
    }
    (run.events, run.progress) = recorder.taken
    if case .success = run.outcome, run.method.determinism != .none, let runID {
      run.again = try again(runID, place)
    }
    return run
  }

  /// The run once more, by another process and with another number of threads.
  private func again(_ runID: String, _ place: ScratchFolder) throws(Fault) -> Replay.Outcome? {
    let kernel = kernel(place, jobs: 1, nil)
    defer { kernel.close(within: patience.end) }
    let watch = Watch(seconds: patience.example)
    defer { _ = watch.stop() }
    do {
      let record = try kernel.workspace.log().run(runID)
      return try Replay(kernel: kernel, caller: Caller(roots: [place.path]), cancellation: watch.cancellation)
        .replay(record)
    } catch {
      throw Fault(any: error)
    }
  }

  /// The shortest example that can be stopped half way, in seconds.
  private static let longEnough = 0.25

  /// Cancels the first example of each method that takes long enough.
  func cancelled(_ runs: [Evidence.ExampleRun]) throws(Fault) -> [Evidence.Cancelled] {
    var found: [Evidence.Cancelled] = []
    for run in runs where run.seconds >= Self.longEnough && !found.contains(where: { $0.method == run.method.name }) {
      guard case .success = run.outcome else { continue }
      if let one = try cancel(run) { found.append(one) }
    }
    return found
  }

  private func cancel(_ run: Evidence.ExampleRun) throws(Fault) -> Evidence.Cancelled? {
    let place = try ScratchFolder()
    let recorder = Recorder()
    let kernel = kernel(place, jobs: 2, recorder)
    defer { kernel.close(within: patience.end) }
    guard let params = try? run.example.prepared(kernel, place.path) else { return nil }
    recorder.forget()
    let cancelAfter = min(run.seconds / 2, 0.5)
    let watch = Watch(seconds: cancelAfter)
    let began = monotonicMilliseconds()
    _ = try? kernel.perform(run.method.name, params, Caller(roots: [place.path]), cancellation: watch.cancellation)
    let seconds = (monotonicMilliseconds() - began) / 1000 - cancelAfter
    guard watch.stop() else { return nil }
    var answer: Result<JSON, RPCError>?
    var wasEnded = false
    for event in recorder.taken.events {
      switch event {
      case .answered("plugin/run", let given): answer = given
      case .ended: wasEnded = true
      default: break
      }
    }
    return Evidence.Cancelled(method: run.method.name, seconds: seconds, answer: answer, wasEnded: wasEnded)
  }

  private func family(_ run: Evidence.ExampleRun) -> String {
    String(run.method.name.prefix { $0 != "." })
  }

  private func kernel(_ place: ScratchFolder, jobs: Int, _ recorder: Recorder?) -> Kernel {
    var settings = Kernel.Settings(jobs: jobs)
    settings.validatesResults = true
    settings.pluginFolders = folder.map { [$0] } ?? []
    settings.pluginLog = log
    if let recorder { settings.pluginEvents = { recorder.take($0) } }
    return Kernel(workspace: Workspace(root: place.path), plugins: plugins, settings: settings)
  }
}

/// What passed and what was told, in order; guarded by its lock.
private final class Recorder: Sendable {
  private let state = Mutex<(events: [PluginConnection.Event], progress: [Double])>(([], []))

  var taken: (events: [PluginConnection.Event], progress: [Double]) { state.withLock { $0 } }

  func take(_ event: PluginConnection.Event) { state.withLock { $0.events.append(event) } }

  func take(_ progress: Progress) {
    guard let fraction = progress.fraction else { return }
    state.withLock { $0.progress.append(fraction) }
  }

  func forget() { state.withLock { $0 = ([], []) } }
}

/// Raises a cancellation after a time, unless it is stopped before; guarded by its lock.
private final class Watch: Sendable {
  let cancellation = Cancellation()
  private let isStopped = Mutex(false)

  init(seconds: Double) {
    DispatchQueue.global().asyncAfter(deadline: .now() + seconds) { [weak self] in
      guard let self else { return }
      isStopped.withLock { if !$0 { self.cancellation.cancel() } }
    }
  }

  /// Returns whether the time was over.
  func stop() -> Bool {
    isStopped.withLock { isStopped in
      isStopped = true
      return cancellation.isCancelled
    }
  }
}

/// A folder for a workspace that is removed with this object.
private final class ScratchFolder: Sendable {
  let path: String

  init() throws(Fault) {
    let place = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    var template = Array((place + "/quire-check-XXXXXX").utf8CString)
    guard let made = mkdtemp(&template) else {
      throw Fault(1007, "store.io", "cannot make a folder in \(place): \(String(cString: strerror(errno)))")
    }
    path = Path.resolved(String(cString: made)) ?? String(cString: made)
  }

  deinit { FolderRemoval.remove(path) }
}
