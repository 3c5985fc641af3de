/// The widths at which a list's lines were wrapped, read off the line lengths.
///
/// A wrapped line ends where the next line's first word would no longer have fitted. Each pair of neighbours
/// therefore votes for a narrow range of widths; a width at which lines were wrapped gets nearly all votes of its
/// stretch, while the lengths of whole titles and abstracts scatter.
struct WrapWidths: Sendable {
  /// How the break between two neighbouring lines looks.
  enum Break: Sendable, Equatable {
    /// The next word would not have fitted: a wrapped line, or a line that is full by chance.
    case full
    /// So many more characters would have fitted: the line was ended on purpose.
    case early(Int)
    /// No width is known that both lines keep to.
    case unknown
  }

  private(set) var widths: [Int] = []
  /// Lines were cut at exactly the width, words and all.
  private(set) var cutsWords = false

  /// A line's own width, its successor's, and that of the successor's first word.
  struct Pair: Sendable {
    var width: Int
    var nextWidth: Int
    var nextWord: Int
  }

  private static let widest = 2000
  private static let narrowest = 20

  init(_ pairs: [Pair]) {
    var open = pairs.filter { $0.width >= Self.narrowest && max($0.width, $0.nextWidth) <= Self.widest }
    while widths.count < 4, let width = Self.best(open) {
      widths.append(width)
      open.removeAll { max($0.width, $0.nextWidth) <= width && $0.width + $0.nextWord + 1 > width }
    }
    widths.sort()
    if let width = widths.first, widths.count == 1 {
      let full = pairs.filter { max($0.width, $0.nextWidth) <= width && $0.width + $0.nextWord + 1 > width }
      cutsWords = full.count >= 5 && full.count { $0.width == width } * 10 >= full.count * 8
    }
  }

  /// The width with most votes, when they stand out from what chance would give.
  private static func best(_ pairs: [Pair]) -> Int? {
    var changes = [Int](repeating: 0, count: widest + 66)
    for pair in pairs {
      let low = max(pair.width, pair.nextWidth)
      let high = pair.width + min(pair.nextWord, 60)
      if low <= high {
        changes[low] += 1
        changes[high + 1] -= 1
      }
    }
    var votes = changes
    for index in 1..<votes.count { votes[index] += votes[index - 1] }
    guard let most = votes.max(), most >= 4, let first = votes.firstIndex(of: most) else { return nil }
    let last = votes[first...].firstIndex { $0 != most } ?? first + 1
    // What the neighbourhood gets by chance.
    let near = (max(0, first - 120)..<max(0, first - 20)).map { votes[$0] }
    let far = (min(votes.count, last + 20)..<min(votes.count, last + 120)).map { votes[$0] }
    let chance = Double((near + far).reduce(0, +)) / Double(max(1, near.count + far.count))
    guard Double(most) >= 4 + 4 * chance else { return nil }
    return last - 1
  }

  func kind(_ pair: Pair) -> Break {
    var least: Int?
    for width in widths where max(pair.width, pair.nextWidth) <= width {
      let room = width - (pair.width + 1 + pair.nextWord)
      if room < 0 { return .full }
      least = min(least ?? room, room)
    }
    return least.map(Break.early) ?? .unknown
  }
}
