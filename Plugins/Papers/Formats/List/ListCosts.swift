import func Glibc.log
import func Glibc.pow

/// What it costs to read a stretch of lines as a title, an abstract or a banner, and to cut or join two lines.
///
/// Costs are in nats, roughly: a difference of 2.3 says ten to one. They were set from the looks of titles and
/// abstracts in general, and hold for lists of any length.
enum ListCosts {
  /// A title without an abstract behind it, and an abstract without a title before it.
  static let missingAbstract = 5.5
  static let missingTitle = 5.5

  // MARK: - Emissions

  /// Sums over the lines of a stretch.
  struct Sums: Sendable {
    var lines = 0
    var width = 0
    var sentenceEnds = 0
    var voice = 0
    var addresses = 0
    var titleCase = 0.0
    var sentenceCase = 0.0
    var joins = 0.0

    mutating func add(_ line: ListLine, join: Double) {
      lines += 1
      width += line.width + (lines > 1 ? 1 : 0)
      sentenceEnds += line.sentenceEnds
      voice += line.voice
      if line.hasAddress { addresses += 1 }
      joins += join
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
    cost -= 0.4 * Double(min(sums.voice, 3))
    if sums.sentenceEnds == 0 { cost += 1 }
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
    if line.width > 160 || line.sentenceEnds > 2 { return 14 }
    var cost = 7.5 - 4 * Double(hints)
    if repeats >= 3 { cost -= 3.5 }
    if line.ending == .mark { cost -= 0.5 }
    return max(0.4, cost)
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
  static func between(_ line: ListLine, _ next: ListLine, _ gap: Gap) -> (join: Double, cut: Double) {
    var join: Double
    var cut = 0.0
    let flowsOn = next.beginsLower && (line.ending == .plain || line.ending == .open)
    switch gap.breakKind {
    case .full(let oneIn):
      join = 0.1
      cut = log(min(max(oneIn, 2), 40))
    case .early(let room, let isLoose):
      join = isLoose ? 1.5 + min(6, 0.3 * Double(room)) : 7 + min(2, 0.1 * Double(room))
      if flowsOn { join -= 1 }
    case .unknown:
      join = flowsOn ? 1.5 : line.ending == .open ? 2.5 : 7
      if flowsOn { cut = 1.5 }
    }
    // Of the lines inside a paragraph few end with a sentence.
    if line.ending == .stop || line.ending == .mark || line.ending == .address, !next.beginsLower { join += 2.3 }
    switch gap.block {
    case .none: break
    case .ofTwoLines: join = min(join, 3.5)
    case .ofManyLines: join = min(join, 0.7)
    }
    if gap.isBlank {
      join += 8
      cut = 0
    }
    if gap.hasBanner { join += 1.5 }
    return (join, cut)
  }

  /// Within a block that is one paper, no second one begins.
  static func startsPaperInsideBlock(_ gap: Gap) -> Double { gap.block == .none ? 0 : 3 }
}
