import Dispatch
import JSON
import Linear
import Notebook
import PluginKit
import RunLog
import Synchronization
import Threads

/// The host's core: what methods there are, how a call goes through the house, and the workspace where it is
/// remembered. Faces translate to and from it and hold no behaviour of their own.
///
///     let kernel = Kernel(workspace: Workspace("/data/study"), plugins: [ProbePlugin.self])
///     let value = try kernel.perform("probe.logistic", params, Caller(roots: ["/data/study"]))
public final class Kernel: Sendable {
  public static let version = "0.1.0"
  public static let protocolVersion = 1
  /// The commit that the program was built from, as far as the build knew it.
  public static let commit = "unknown"

  public struct Settings: Sendable {
    /// Threads for the blocks of numeric work.
    public var jobs: Int
    /// Results are held against their schemas.
    public var validatesResults = false
    /// Bytes that one call may hold.
    public var memoryBudget = 2 << 30
    /// Folders of plugins that are programs of their own, beside those of the workspace and `QUIRE_PLUGIN_PATH`.
    public var pluginFolders: [String] = []
    /// Gets what such programs write to their standard error, line by line.
    public var pluginLog: @Sendable (String) -> Void = { _ in }
    /// Gets all that passes between the host and such programs.
    var pluginEvents: (@Sendable (PluginConnection.Event) -> Void)?

    public init(jobs: Int) { self.jobs = jobs }
  }

  public let settings: Settings
  public let workspace: Workspace
  let registry: Registry
  let notebooks = OpenNotebooks()
  private let scheduler: Scheduler
  /// Threads for the blocks of one numeric call; the calling thread works too.
  let workerPool: Linear.ThreadPool
  /// For whatever must not stand on the thread that reads messages.
  public let pool: CallPool

  public init(workspace: Workspace, plugins: [any Plugin.Type], settings: Settings) {
    // Now, so that the idle threads of the library take no processor from the first calls.
    Linear.NumericLibrary.prepare()
    self.workspace = workspace
    self.settings = settings
    registry = Registry(
      plugins: plugins, kernelMethods: Self.kernelMethods,
      found: PluginFolders(named: settings.pluginFolders, workspaceFolder: workspace.folder).find(),
      ExternalPlugin.Settings(jobs: settings.jobs, log: settings.pluginLog, observe: settings.pluginEvents))
    pool = CallPool("quire-call", limit: 64, nice: 10)
    scheduler = Scheduler(pool)
    workerPool = Linear.ThreadPool(threads: settings.jobs, niceness: 10)
  }

  /// Ends the programs of external plugins and closes the workspace; nothing can be called afterwards.
  ///
  /// - Parameter seconds: how long such a program may take to go by itself.
  public func close(within seconds: Double = 5) {
    registry.close(within: seconds)
    workspace.close()
  }

  // MARK: - What there is

  /// True for a method that is answered on the reading thread.
  public func isInline(_ method: String) -> Bool {
    if case .kernel(let type)? = registry.entry(method)?.implementation { return type.effect == .inline }
    return false
  }

  /// All methods but those of a session's life, in order of name.
  public var methodNames: [String] {
    registry.entries.compactMap { entry in
      if case .session = entry.implementation { nil } else { entry.name }
    }
  }

  public func knows(_ method: String) -> Bool { registry.entry(method) != nil }

  public func notFound(_ method: String) -> Fault { registry.notFound(method) }

  // MARK: - Calls

  /// Accepts a call: the method is looked up and its params are checked at once; `start` does the rest.
  public func prepare(
    _ method: String, _ params: JSON, _ caller: Caller, _ reply: @escaping ActiveCall.Reply
  ) -> ActiveCall {
    do throws(Fault) {
      let call = ActiveCall(try work(method, params, caller), reply)
      if let milliseconds = caller.deadlineMilliseconds { call.cancel(after: milliseconds) }
      return call
    } catch {
      let call = ActiveCall(nil, reply)
      call.refuse(error)
      return call
    }
  }

  /// Runs an accepted call: at once when it only looks at memory, else beside what it may run beside.
  public func start(_ call: ActiveCall) {
    guard let work = call.work else {
      call.answerRefusal()
      return
    }
    if work.effect == .inline {
      call.perform()
    } else {
      if let capture = work.capture { scheduler.submit(writes: [.notebooks], capture) }
      scheduler.submit(reads: work.reads, writes: work.writes) { call.perform() }
    }
  }

  /// One call on the calling thread.
  public func perform(
    _ method: String, _ params: JSON, _ caller: Caller, cancellation: Cancellation = Cancellation()
  ) throws(Fault) -> JSON {
    let work = try work(method, params, caller)
    do {
      return try work.run(cancellation)
    } catch {
      throw Fault(any: error)
    }
  }

  /// Calls the closure when no write is running any more, or after so many seconds.
  public func whenIdle(within seconds: Int, _ body: @escaping @Sendable () -> Void) {
    scheduler.whenIdle(within: seconds, body)
  }

  /// Waits until no write is running, at most so long.
  public func waitUntilIdle(seconds: Int) {
    let done = DispatchSemaphore(value: 0)
    whenIdle(within: seconds) { done.signal() }
    done.wait()
  }

  private func work(_ method: String, _ params: JSON, _ caller: Caller) throws(Fault) -> ActiveCall.Work {
    guard let entry = registry.entry(method) else { throw registry.notFound(method) }
    let descriptor = try registry.descriptor(entry)
    switch entry.implementation {
    case .session:
      throw Fault(-32600, "request.invalid", "\(method) belongs to a session, not to a call")
    case .kernel(let type):
      return try work(type, try descriptor.check(params), caller, descriptor)
    case .plugin(let type, let plugin):
      let call = try PluginCall(
        method: type, plugin: plugin, descriptor: descriptor, given: params, caller: caller)
      return ActiveCall.Work(
        method: method, effect: descriptor.writesStore ? .write : .read,
        reads: descriptor.readsPapers ? [.store] : [], writes: descriptor.writesStore ? [.store] : [],
        mayBeAbandoned: !descriptor.writesStore
      ) { cancellation in
        try self.run(call, cancellation).json(withDetails: caller.wantsRunDetails)
      }
    }
  }

  private func work<M: KernelMethod>(
    _ type: M.Type, _ params: JSON, _ caller: Caller, _ descriptor: MethodDescriptor
  ) throws(Fault) -> ActiveCall.Work {
    let parameters: M.Parameters
    do {
      parameters = try JSON.Decoder().decode(M.Parameters.self, from: params)
    } catch {
      throw Fault(any: error)
    }
    let resources = M.resources(parameters)
    let text = CapturedText()
    var capture: (@Sendable () -> Void)?
    if M.effect == .run, let named = (parameters as? any NotebookNaming)?.notebook {
      capture = { text.document.withLock { $0 = (try? self.notebooks.find(named))?.document } }
    }
    return ActiveCall.Work(
      method: M.name, effect: M.effect, reads: resources.reads, writes: resources.writes, capture: capture
    ) { cancellation in
      let document = text.document.withLock { $0 }
      return try JSON.Encoder().encode(
        M.run(
          parameters, KernelCall(kernel: self, caller: caller, cancellation: cancellation, document: document)))
    }
  }

  /// The text of a run; guarded by its lock.
  private final class CapturedText: Sendable {
    let document = Mutex<NotebookDocument?>(nil)
  }

  /// The kernel's own methods; the session's are the face's.
  static let kernelMethods: [any KernelMethod.Type] = [
    PluginList.self, PluginDescribe.self, PluginRestart.self, Discover.self,
    NotebookOpen.self, NotebookUpdate.self, NotebookGet.self, NotebookList.self, NotebookSave.self, NotebookClose.self,
    NotebookRunMethod.self, NotebookReport.self, NotebookConvert.self,
    CellCheckMethod.self, CellRun.self, CellWhy.self, CellOutputs.self, CellGraphMethod.self,
    ArtifactList.self, ArtifactRead.self, ArtifactPut.self, ArtifactCollect.self,
    LogVerify.self, LogList.self, LogShow.self, LogCheckpoint.self, LogReplay.self, LogDiff.self, LogExport.self,
    StoreInfo.self, StoreCheck.self, StoreBackup.self,
  ]
}
