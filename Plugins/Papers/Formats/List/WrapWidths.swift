/// The widths at which a list's lines were wrapped, read off the line lengths.
///
/// A wrapped line ends where the next line's first word would no longer have fitted. Each pair of neighbours
/// therefore votes for a narrow range of widths; a width at which lines were wrapped gets nearly all votes of its
/// stretch, while the lengths of whole titles and abstracts scatter.
struct WrapWidths: Sendable {
  /// How the break between two neighbouring lines looks.
  enum Break: Sendable, Equatable {
    /// The next word would not have fitted: a wrapped line, or a line that is full by chance, which happens to one
    /// text in so many.
    case full(oneIn: Double)
    /// So many more characters would have fitted: the line was ended on purpose, unless lines were broken loosely.
    case early(Int, isLoose: Bool)
    /// No width is known that both lines keep to.
    case unknown
  }

  private(set) var widths: [Int] = []
  /// Lines were cut at exactly the width, words and all.
  private(set) var cutsWords = false
  /// Lines were not filled as far as they go (as `fmt` does, which evens them out).
  private var isLoose = false

  /// A line's own width, its successor's, and that of the successor's first word.
  struct Pair: Sendable {
    var width: Int
    var nextWidth: Int
    var nextWord: Int

    var breadth: Int { max(width, nextWidth) }
    func isFull(at limit: Int) -> Bool { width + 1 + nextWord > limit }
  }

  private static let widest = 2000
  private static let narrowest = 20

  init(_ pairs: [Pair]) {
    var open = pairs.filter { $0.width >= Self.narrowest && max($0.width, $0.nextWidth) <= Self.widest }
    while widths.count < 4, let width = best(open) {
      widths.append(width)
      open.removeAll { $0.breadth <= width && $0.isFull(at: width) }
    }
    widths.sort()
    if let width = widths.first, widths.count == 1 {
      let full = pairs.filter { $0.breadth <= width && $0.isFull(at: width) }
      cutsWords = full.count >= 5 && full.count { $0.width == width } * 10 >= full.count * 5
    }
    let breaks = pairs.map(kind)
    let full = breaks.count { if case .full = $0 { true } else { false } }
    let nearlyFull = breaks.count { if case .early(0..<8, _) = $0 { true } else { false } }
    isLoose = nearlyFull * 10 > full * 2
  }

  /// The width with most votes, when they stand out from what chance would give.
  private func best(_ pairs: [Pair]) -> Int? {
    var changes = [Int](repeating: 0, count: Self.widest + 66)
    for pair in pairs {
      let high = pair.width + min(pair.nextWord, 60)
      if pair.breadth <= high {
        changes[pair.breadth] += 1
        changes[high + 1] -= 1
      }
    }
    var votes = changes
    for index in 1..<votes.count { votes[index] += votes[index - 1] }
    guard let most = votes.max(), most >= 4, let first = votes.firstIndex(of: most) else { return nil }
    let last = (votes[first...].firstIndex { $0 != most } ?? first + 1) - 1
    // What the neighbourhood gets by chance.
    let near = (max(0, first - 120)..<max(0, first - 20)).map { votes[$0] }
    let far = (min(votes.count, last + 21)..<min(votes.count, last + 121)).map { votes[$0] }
    let chance = Double((near + far).reduce(0, +)) / Double(max(1, near.count + far.count))
    guard Double(most) >= 4 + 4 * chance else { return nil }
    // Where lines were wrapped, nearly all neighbours say so; or, where wrapped lines are few among short ones, at
    // least no line is longer, and the lines near the width are full.
    let within = pairs.count { $0.breadth <= last }
    let close = pairs.count { $0.width <= last && $0.width > last - last / 8 }
    let below = pairs.count { $0.width <= last && $0.width > last / 2 }
    let above = pairs.count { $0.width > last && $0.width <= last + last / 2 }
    let isEdge = widths.isEmpty && above * 10 <= below && most * 10 >= close * 7
    guard most * 10 >= within * 6 || isEdge else { return nil }
    return last
  }

  func kind(_ pair: Pair) -> Break {
    var least: Int?
    for width in widths where pair.breadth <= width {
      let room = width - (pair.width + 1 + pair.nextWord)
      if room < 0 { return .full(oneIn: Double(width) / Double(pair.nextWord + 1)) }
      least = min(least ?? room, room)
    }
    return least.map { .early($0, isLoose: isLoose) } ?? .unknown
  }
}
