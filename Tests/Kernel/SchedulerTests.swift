import Dispatch
import Glibc
import Synchronization
import Testing
import Threads

@testable import Kernel

/// Notes what happened, in order.
private final class Journal: Sendable {
  private let entries = Mutex<[String]>([])
  func note(_ text: String) { entries.withLock { $0.append(text) } }
  var all: [String] { entries.withLock { $0 } }
}

private func scheduler() -> Scheduler { Scheduler(CallPool("test", limit: 16)) }

private func wait(_ semaphore: DispatchSemaphore, _ count: Int = 1) -> Bool {
  (0..<count).allSatisfy { _ in semaphore.wait(timeout: .now() + 10) == .success }
}

@Test func writesOfOneResourceKeepTheirOrder() {
  let (scheduler, journal, done) = (scheduler(), Journal(), DispatchSemaphore(value: 0))
  for number in 0..<50 {
    scheduler.submit(writes: [.store]) {
      journal.note("\(number)")
      done.signal()
    }
  }
  #expect(wait(done, 50))
  #expect(journal.all == (0..<50).map(String.init))
}

@Test func aReadAcceptedAfterAWriteSeesItAndAWriteDoesNotWaitForReads() {
  let (scheduler, journal, done) = (scheduler(), Journal(), DispatchSemaphore(value: 0))
  let (mayWrite, mayRead) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
  scheduler.submit(reads: [.store]) {
    mayRead.wait()
    journal.note("early read")
    done.signal()
  }
  scheduler.submit(writes: [.store]) {
    mayWrite.wait()
    journal.note("write")
    done.signal()
  }
  scheduler.submit(reads: [.store]) {
    journal.note("late read")
    done.signal()
  }
  mayWrite.signal()
  #expect(wait(done, 2))
  #expect(journal.all == ["write", "late read"])
  mayRead.signal()
  #expect(wait(done))
}

@Test func runsOfDifferentNotebooksGoSideBySide() {
  let (scheduler, done) = (scheduler(), DispatchSemaphore(value: 0))
  let arrived = [DispatchSemaphore(value: 0), DispatchSemaphore(value: 0)]
  let met = Atomic(0)
  // Each waits for the other to have begun: one after the other the first would wait in vain.
  for number in 0...1 {
    scheduler.submit(writes: [.runs("notebook \(number)")]) {
      arrived[number].signal()
      if arrived[1 - number].wait(timeout: .now() + 10) == .success { met.add(1, ordering: .relaxed) }
      done.signal()
    }
  }
  #expect(wait(done, 2))
  #expect(met.load(ordering: .relaxed) == 2)
}

@Test func aCallThatWaitsIsAnsweredAtOnceWhenItIsCancelled() throws {
  let kernel = Kernel(workspace: Workspace(root: "/nonexistent"), plugins: [], settings: .init(jobs: 1))
  let answered = DispatchSemaphore(value: 0)
  let fault = Mutex<Fault?>(nil)
  let call = kernel.prepare("plugin/list", [:], Caller(roots: [])) { result in
    if case .failure(let found) = result { fault.withLock { $0 = found } }
    answered.signal()
  }
  call.cancel()
  #expect(wait(answered))
  #expect(fault.withLock { $0?.code } == -32800)
  // Started afterwards, it is not answered a second time.
  kernel.start(call)
  #expect(answered.wait(timeout: .now() + 0.1) == .timedOut)
}

@Test func whenIdleComesAfterTheLastWriteOrItsTime() {
  let (scheduler, journal, done) = (scheduler(), Journal(), DispatchSemaphore(value: 0))
  scheduler.whenIdle(within: 5) { journal.note("idle at once") }
  #expect(journal.all == ["idle at once"])
  scheduler.submit(writes: [.store]) {
    usleep(50_000)
    journal.note("written")
  }
  scheduler.whenIdle(within: 5) {
    journal.note("idle")
    done.signal()
  }
  #expect(wait(done))
  #expect(journal.all == ["idle at once", "written", "idle"])
}
