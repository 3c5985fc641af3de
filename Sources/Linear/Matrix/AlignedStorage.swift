/// The memory of one matrix: uninitialised at first, on a 64-byte border (a cache line, the widest vector register).
///
/// Sendable, though it holds a pointer: only `Matrix` sees it, and writes only while it holds the one reference
/// (`isKnownUniquelyReferenced`), so no other thread can be reading.
@usableFromInline
final class AlignedStorage<S: Scalar>: @unchecked Sendable {
  @usableFromInline let start: UnsafeMutablePointer<S>
  @usableFromInline let count: Int

  @usableFromInline
  init(count: Int) {
    // Whatever makes the first matrix also sets the library up, so no product can run with other settings.
    NumericLibrary.prepare()
    self.count = count
    let memory = UnsafeMutableRawPointer.allocate(byteCount: max(1, count) * MemoryLayout<S>.stride, alignment: 64)
    start = memory.bindMemory(to: S.self, capacity: max(1, count))
  }

  deinit {
    start.deallocate()
  }

  @usableFromInline
  func copy() -> AlignedStorage {
    let other = AlignedStorage(count: count)
    other.start.update(from: start, count: count)
    return other
  }
}
