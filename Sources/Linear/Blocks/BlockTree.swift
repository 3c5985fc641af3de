/// Partial results of blocks 0, 1, 2, … merged in one binary tree whose shape only the number of blocks decides.
///
///     var tree = BlockTree<Moments> { $0.merge($1) }
///     for block in 0..<blocks { tree.add(partial(block), at: block) }
///     let all = tree.total
///
/// Blocks 2ᵏ·i ..< 2ᵏ·(i + 1) are one node; what is left over at the end is merged from the right. So the bits of
/// the total depend neither on the order of arrival nor on how many threads or machines made the parts, and a
/// machine that did 2ᵏ blocks hands in one node. In order of arrival, log₂ of the blocks are held at a time.
public struct BlockTree<Value> {
  private let merge: (inout Value, Value) -> Void
  /// `waiting[k][i]` is the node of blocks 2ᵏ·i ..< 2ᵏ·(i + 1), whose neighbour has not come.
  private var waiting: [[Int: Value]] = []

  /// `merge` puts the right part into the left.
  public init(merge: @escaping (inout Value, Value) -> Void) { self.merge = merge }

  /// Puts in the result of one block; each block comes once.
  public mutating func add(_ value: Value, at block: Int) { add(value, level: 0, at: block) }

  /// Puts in what blocks 2ᵏ·i ..< 2ᵏ·(i + 1) have together, k = `level`.
  public mutating func add(_ value: Value, level: Int, at index: Int) {
    var (level, index, value) = (level, index, value)
    while var neighbour = exchange(value, level: level, at: index) {
      Self.join(&value, &neighbour, at: index, merge)
      (level, index) = (level + 1, index / 2)
    }
  }

  /// Takes out the neighbour of a node, or lets the node wait for it.
  mutating func exchange(_ value: Value, level: Int, at index: Int) -> Value? {
    while waiting.count <= level { waiting.append([:]) }
    if let neighbour = waiting[level].removeValue(forKey: index ^ 1) { return neighbour }
    waiting[level][index] = value
    return nil
  }

  /// Puts the merge of node `index` and its neighbour into `value`.
  static func join(_ value: inout Value, _ neighbour: inout Value, at index: Int, _ merge: (inout Value, Value) -> Void)
  {
    if index & 1 == 1 { swap(&value, &neighbour) }
    merge(&value, neighbour)
  }

  /// The merge of all parts, which are blocks 0 ..< n; nil when there are none.
  public var total: Value? {
    var copy = self
    return copy.takeTotal()
  }

  /// The same, and the tree is empty from then on: what lies in it need not be copied to be merged.
  mutating func takeTotal() -> Value? {
    var sum: Value?
    while !waiting.isEmpty {
      var level = waiting.removeFirst()
      for index in level.keys.sorted(by: >) {
        guard var left = level.removeValue(forKey: index) else { continue }
        if let right = sum { merge(&left, right) }
        sum = left
      }
    }
    return sum
  }
}
