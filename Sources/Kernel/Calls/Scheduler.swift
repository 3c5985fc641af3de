import Dispatch
import Synchronization
import Threads

/// What jobs may not touch at the same time.
enum Resource: Hashable, Sendable {
  case store
  /// The texts of the open notebooks: opening, editing, saving.
  case notebooks
  /// The runs of one notebook.
  case runs(String)
}

/// Runs jobs side by side, except that writes of one resource keep their order of arrival, and that a job which only
/// reads a resource waits for the writes that were accepted before it (protocol.md, section 6). Guarded by `state`.
final class Scheduler: Sendable {
  /// One accepted call; `state` guards what changes in it.
  private final class Job: Sendable {
    let body: @Sendable () -> Void
    let state: Mutex<JobState>

    init(_ body: @escaping @Sendable () -> Void) {
      self.body = body
      state = Mutex(JobState())
    }
  }

  private struct JobState {
    var missing = 0
    var finished = false
    var dependents: [Job] = []
  }

  /// The last unfinished write of each resource.
  private let lastWrites = Mutex<[Resource: Job]>([:])
  private let pool: CallPool
  private let idle = Mutex<[IdleCall]>([])
  private typealias IdleCall = @Sendable () -> Void

  init(_ pool: CallPool) { self.pool = pool }

  /// Accepts a job. The order of the calls of this function is the order of arrival.
  func submit(reads: [Resource] = [], writes: [Resource] = [], _ body: @escaping @Sendable () -> Void) {
    let job = Job(body)
    let isReady = lastWrites.withLock { lastWrites in
      var missing = 0
      for resource in reads + writes {
        guard let before = lastWrites[resource], before !== job else { continue }
        let waits = before.state.withLock { before in
          if before.finished { return false }
          before.dependents.append(job)
          return true
        }
        if waits { missing += 1 }
      }
      for resource in writes { lastWrites[resource] = job }
      return job.state.withLock { state in
        state.missing += missing
        return state.missing == 0
      }
    }
    if isReady { start(job) }
  }

  private func start(_ job: Job) {
    pool.run {
      job.body()
      self.finish(job)
    }
  }

  private func finish(_ job: Job) {
    let dependents = lastWrites.withLock { lastWrites in
      for (resource, last) in lastWrites where last === job { lastWrites[resource] = nil }
      return job.state.withLock { state in
        defer { state.dependents = [] }
        state.finished = true
        return state.dependents
      }
    }
    let waiting = lastWrites.withLock { lastWrites -> [IdleCall] in
      guard lastWrites.isEmpty else { return [] }
      return idle.withLock { idle in
        defer { idle = [] }
        return idle
      }
    }
    for call in waiting { call() }
    for dependent in dependents {
      let isReady = dependent.state.withLock { state in
        state.missing -= 1
        return state.missing == 0
      }
      if isReady { start(dependent) }
    }
  }

  /// Calls the closure once no write is unfinished, or after so many seconds; on any thread.
  func whenIdle(within seconds: Int, _ body: @escaping @Sendable () -> Void) {
    let once = Mutex(false)
    let fire: @Sendable () -> Void = {
      let first = once.withLock { done in
        defer { done = true }
        return !done
      }
      if first { body() }
    }
    let isIdle = lastWrites.withLock { lastWrites in
      if !lastWrites.isEmpty { idle.withLock { $0.append(fire) } }
      return lastWrites.isEmpty
    }
    if isIdle { fire() } else { DispatchQueue.global().asyncAfter(deadline: .now() + .seconds(seconds)) { fire() } }
  }
}
