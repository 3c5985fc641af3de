internal import Glibc

/// The memory of one matrix: uninitialised at first, on a 64-byte border (a cache line, the widest vector register).
///
/// From 4 to 128 MiB, the sizes that come and go, it is asked for in pages of 2 MiB: the system takes longer to hand out
/// small ones than it takes to fill them. Larger ones are mostly filled once, and fresh large pages are slow to come by
/// where a virtual machine has given them back.
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
    let bytes = max(1, count) * MemoryLayout<S>.stride
    let isLarge = bytes >= 2 * largePage && bytes <= 64 * largePage
    let memory = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: isLarge ? largePage : 64)
    // Advice only: where the system has no such pages, all stays as it is.
    if isLarge { _ = madvise(memory, bytes, MADV_HUGEPAGE) }
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

private let largePage = 2 << 20
