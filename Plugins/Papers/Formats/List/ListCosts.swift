import func Glibc.log
import func Glibc.pow

/// What it costs to read a stretch of lines as a title, an abstract or a banner, and to cut or join two lines.
///
/// Costs are in nats, roughly: a difference of 2.3 says ten to one. They were set from the looks of titles and
/// abstracts in general, and hold for lists of any length.
enum ListCosts {
  // MARK: - Emissions

  /// Sums over the lines of a stretch.
  struct Sums: Sendable {
    var lines = 0
    var width = 0
    var sentenceEnds = 0
    var voice = 0
    var addresses = 0
    var names = 0
    var titleCase = 0.0
    var sentenceCase = 0.0
    var joins = 0.0
    /// How many breaks in a row could have been made by wrapping at one width, and what that width may be.
    private var agreeing = 0
    private var narrowest = 0
    private var widest = Int.max

    mutating func add(_ line: ListLine, behind between: Between?, _ habit: Habit) {
      lines += 1
      if let between {
        let low = max(narrowest, line.width)
        let high = min(widest, between.reach)
        var cost = between.join
        if low <= high + habit.slack {
          agreeing += 1
          cost = min(cost, habit.break(agreeing, at: low) + (low <= high ? 0 : 0.6))
          narrowest = low
          widest = high
        } else {
          agreeing = 0
          narrowest = line.width
          widest = .max
        }
        joins += cost + between.strain
      } else {
        narrowest = line.width
      }
      width += line.width + (lines > 1 ? 1 : 0)
      sentenceEnds += line.sentenceEnds
      voice += line.voice
      if line.hasAddress { addresses += 1 }
      if line.beginsWithName { names += 1 }
      // A line of many capitals is hardly ever a part of an abstract; the other way round is common enough.
      let weight = min(1, Double(line.longWords) / 4)
      let share = line.capitalShare
      titleCase += share > 0.8 ? 4 * weight : share > 0.6 ? 2 * weight : 0
      sentenceCase += share < 0.4 ? 0.8 * weight : 0
    }
  }

  static func title(_ sums: Sums, first: ListLine, last: ListLine) -> Double {
    var cost = titleLength(sums.width) + 2 * Double(min(sums.sentenceEnds, 5)) + 1.2 * Double(min(sums.voice, 4))
    cost += min(sums.sentenceCase, 1.6) + 0.5 * Double(sums.lines - 1) + sums.joins
    if first.beginsLower { cost += 2 }
    if first.beginsWithComma { cost += 2.5 }
    if first.beginsWithName { cost -= 1 }
    switch last.ending {
    case .stop: cost += 3
    case .mark: cost += 0.2
    case .open: cost += 3
    case .plain, .address: break
    }
    if sums.addresses > 0 { cost += 6 }
    return cost
  }

  static func abstract(_ sums: Sums, first: ListLine, last: ListLine) -> Double {
    var cost = abstractLength(sums.width) + sums.titleCase + sums.joins
    cost += 4 * Double(sums.names) - 0.4 * Double(min(sums.voice, 3))
    // A text without any sentence is hardly an abstract.
    if sums.sentenceEnds == 0 { cost += last.ending == .stop || last.ending == .mark ? 1 : 3 }
    if first.beginsLower { cost += 4 }
    switch last.ending {
    case .stop, .mark: break
    case .address: cost += 0.3
    case .open: cost += 2.5
    case .plain: cost += 1.8
    }
    return cost
  }

  /// From log-normal lengths: titles about 70 characters, abstracts about 1,200, both with long tails.
  private static let lengthCosts: [(title: Double, abstract: Double)] = (0..<4096).map { width in
    let length = log(Double(max(1, width)))
    let title = length - log(70.0)
    let abstract = length - log(1200.0)
    return (
      min(10, 0.5 * pow(title / (title > 0 ? 0.5 : 0.9), 2)),
      min(9, 0.5 * pow(abstract / (abstract > 0 ? 1.2 : 0.7), 2))
    )
  }

  private static func titleLength(_ width: Int) -> Double { lengthCosts[min(width, lengthCosts.count - 1)].title }
  private static func abstractLength(_ width: Int) -> Double { lengthCosts[min(width, lengthCosts.count - 1)].abstract }

  /// A line that no known phrase calls a banner.
  static func banner(_ line: ListLine, hints: Int, repeats: Int) -> Double {
    if line.width > 160 || line.sentenceEnds > 2 { return 40 }
    // Nothing is called a banner only because it fits nowhere else.
    if hints == 0, repeats < 3 { return 40 }
    var cost = 9.5 - 4 * Double(hints)
    if repeats >= 3 { cost -= 5.5 }
    return max(0.4, line.ending == .mark ? cost - 0.5 : cost)
  }

  // MARK: - Between lines

  /// What stands between two lines that hold text.
  struct Gap: Sendable {
    var breakKind = WrapWidths.Break.unknown
    /// Blank lines that mean something: in a file with blanks between all lines a single one says nothing.
    var isBlank = false
    var hasBanner = false
    /// The lines are in one block of a file whose blocks are papers.
    var block = Block.none
  }

  /// What blocks between blank lines usually hold, where they are papers.
  enum Block: Sendable { case none, ofTwoLines, ofManyLines }

  /// Costs of reading two neighbours as one text, and as two.
  struct Between: Sendable {
    /// Cost of the break if both are one text; more when a text seldom has what stands there.
    var join: Double
    var strain = 0.0
    var cut = 0.0
    /// The width up to which the next line's first word would not have fitted behind the line.
    var reach: Int
  }

  static func between(_ line: ListLine, _ next: ListLine, _ gap: Gap) -> Between {
    var result = Between(join: 8.5, reach: line.width + next.firstWordWidth)
    let flowsOn = next.beginsLower && (line.ending == .plain || line.ending == .open)
    switch gap.breakKind {
    case .full(let oneIn):
      result.join = 0.1
      result.cut = log(min(max(oneIn, 2), 40))
    case .early(let room, let isLoose):
      result.join = isLoose ? 1.5 + min(6, 0.3 * Double(room)) : 7 + min(2, 0.1 * Double(room))
      if flowsOn { result.join -= 1 }
    case .unknown:
      switch line.ending {
      case .plain:
        // A sentence that was broken off: both lines hold sentences, so neither is a title.
        let isBroken = next.sentenceEnds > 0 && (line.sentenceEnds > 0 || line.width > 200)
        result.join = flowsOn ? 1.5 : isBroken ? 6 : 8.5
        // A short line before a much longer one was not wrapped.
        if !flowsOn, next.width > 2 * result.reach { result.join = 10 }
      case .open: result.join = flowsOn ? 1.5 : 2.5
      case .stop, .mark, .address: break
      }
      if flowsOn { result.cut = 1.5 }
      switch gap.block {
      case .none: break
      case .ofTwoLines: result.join = min(result.join, 5)
      case .ofManyLines: result.join = min(result.join, 0.7)
      }
    }
    // Of the lines inside a paragraph few end with a sentence.
    let endsSentence = line.ending == .stop || line.ending == .mark || line.ending == .address
    if endsSentence, !next.beginsLower, gap.block != .ofManyLines || gap.breakKind != .unknown { result.strain += 2.3 }
    if gap.isBlank {
      result.strain += 8
      result.cut = 0
    }
    if gap.hasBanner { result.strain += 1.5 }
    return result
  }

  /// What the file's texts are like that were read as wrapped: at which widths, and how many there are.
  ///
  /// Papers may be wrapped each at a width of its own. Then no width of the whole file shows, but the lines of one
  /// text agree on one, which makes all its breaks but the first one cheap; how dear that is, the habit says.
  struct Habit: Sendable, Equatable {
    /// Cost of a title without an abstract behind it, and of an abstract without a title before it.
    var missingAbstract = 6.3
    var missingTitle = 6.3
    var widths: ClosedRange<Int>?
    var share = 0.0
    /// By how much lines may fall short of the width: the right margin is ragged, as `fmt` leaves it.
    var slack = 0

    /// Cost of the n-th break of a text whose breaks agree on a width. The first one says nothing by itself.
    func `break`(_ number: Int, at width: Int) -> Double {
      if let widths, width >= widths.lowerBound - 5, width <= widths.upperBound + 5 {
        return number == 1 ? min(6, 0.7 - log(max(share, 0.01))) : 0.1
      }
      return number == 1 ? 8 : number == 2 ? 2 : 0.1
    }
  }

  /// Within a block that is one paper, no second one begins.
  static func startsPaperInsideBlock(_ gap: Gap) -> Double { gap.block == .none ? 0 : 3 }
}
