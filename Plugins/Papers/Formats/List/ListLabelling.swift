/// Reads a sequence of lines as titles, abstracts and banners at least cost (semi-Markov dynamic programming).
///
/// A state is a stretch of lines: a title of up to eight lines, an abstract, or one banner line. The cost of a whole
/// reading is that of its stretches (`ListCosts`), of the cuts between them, and of each missing title or abstract.
/// Forward and backward sums together give, for every line, the least cost of a reading in which that line is
/// something else; the difference to the best reading is the line's margin.
struct ListLabelling: Sendable {
  enum Label: Int, Sendable, CaseIterable {
    case title, titleContinued, abstract, abstractContinued, banner
  }

  let labels: [Label]
  /// By how much the best reading beats the best one that labels the line otherwise.
  let margins: [Double]

  /// The cost of the reading.
  private let total: Double

  private static let longestTitle = 8
  private static let longestAbstract = 160
  /// A stretch whose joins cost more is never better than two.
  private static let dearestJoins = 16.0

  /// The last stretch that was no banner.
  private enum State: Int, CaseIterable { case start, title, abstract }

  private struct Step {
    var cost = Double.infinity
    var from = State.start
    var length = 0
    var isBanner = false
  }

  /// `gaps[i]` stands between line `i` and the next; `banners[i]` is the cost of reading line `i` as a banner.
  init(_ lines: [ListLine], gaps: [ListCosts.Gap], banners: [Double]) {
    var best = ListLabelling(lines, gaps: gaps, banners: banners, habit: ListCosts.Habit())
    let habit = best.habit(lines)
    if habit != ListCosts.Habit() { best = ListLabelling(lines, gaps: gaps, banners: banners, habit: habit) }
    // The lines may be wrapped loosely. Two nats a paper speak for it, or it is not so.
    if habit.widths != nil {
      var loose = habit
      loose.slack = 12
      loose.share = max(habit.share, 0.3)
      let other = ListLabelling(lines, gaps: gaps, banners: banners, habit: loose)
      if other.total + 2 * Double(other.papers) < best.total { best = other }
    }
    self = best
  }

  /// How many papers the reading has; a title or an abstract that stands alone is one.
  private var papers: Int {
    var count = 0
    var followsTitle = false
    for label in labels {
      switch label {
      case .title: count += 1
      case .abstract: count += followsTitle ? 0 : 1
      default: continue
      }
      followsTitle = label == .title
    }
    return count
  }

  /// How the abstracts of a reading were wrapped.
  private func habit(_ lines: [ListLine]) -> ListCosts.Habit {
    var abstracts = 0
    // What is certainly no title.
    var prose = 0
    var wrapped = 0
    var widths: [Int] = []
    var index = 0
    while index < labels.count {
      guard labels[index] == .abstract else {
        index += 1
        continue
      }
      var end = index + 1
      while end < labels.count, labels[end] == .abstractContinued || labels[end] == .banner { end += 1 }
      abstracts += 1
      let text = lines[index..<end]
      if text.reduce(0, { $0 + $1.width }) > 180 || text.contains(where: { $0.sentenceEnds > 0 || $0.ending == .stop })
      {
        prose += 1
      }
      if end - index >= 4 {
        wrapped += 1
        widths.append(lines[index..<end].lazy.map(\.width).max() ?? 0)
      }
      index = end
    }
    var habit = ListCosts.Habit()
    // In a list of titles alone no abstract is missed, nor a title among abstracts alone.
    if prose * 3 < papers { habit.missingAbstract = 1.5 }
    if labels.count(where: { $0 == .title }) * 3 < papers { habit.missingTitle = 1.5 }
    guard wrapped > 0 else { return habit }
    // A few odd widths do not make a habit.
    widths.sort()
    let odd = widths.count / 20
    habit.widths = widths[odd]...widths[widths.count - 1 - odd]
    habit.share = Double(wrapped) / Double(abstracts)
    return habit
  }

  private init(_ lines: [ListLine], gaps: [ListCosts.Gap], banners: [Double], habit: ListCosts.Habit) {
    let count = lines.count
    let between = lines.indices.dropLast().map { ListCosts.between(lines[$0], lines[$0 + 1], gaps[$0]) }
    let states = State.allCases

    func transition(_ from: State, _ to: State, at line: Int) -> Double {
      var cost = line > 0 ? between[line - 1].cut : 0
      switch (from, to) {
      case (.title, .title): cost += habit.missingAbstract
      case (.start, .abstract), (.abstract, .abstract): cost += habit.missingTitle
      default: break
      }
      if line > 0, from == .abstract { cost += ListCosts.startsPaperInsideBlock(gaps[line - 1]) }
      return cost
    }

    /// Calls `body` with the last line and the cost of each stretch of one kind that begins at `line`.
    func stretches(_ kind: State, from line: Int, _ body: (Int, Double) -> Void) {
      var sums = ListCosts.Sums()
      let limit = kind == .title ? Self.longestTitle : Self.longestAbstract
      for last in line..<min(count, line + limit) {
        sums.add(lines[last], behind: last > line ? between[last - 1] : nil, habit)
        if sums.joins > Self.dearestJoins { return }
        body(
          last,
          kind == .title
            ? ListCosts.title(sums, first: lines[line], last: lines[last])
            : ListCosts.abstract(sums, first: lines[line], last: lines[last]))
      }
    }

    // best[3 i + s]: the first i lines are read and s was the last stretch.
    var best = [Step](repeating: Step(), count: 3 * (count + 1))
    best[State.start.rawValue].cost = 0
    for line in 0..<count {
      for state in states {
        let cost = best[3 * line + state.rawValue].cost + banners[line]
        let target = 3 * (line + 1) + state.rawValue
        if cost < best[target].cost { best[target] = Step(cost: cost, from: state, length: 1, isBanner: true) }
      }
      for kind in [State.title, .abstract] {
        var entry = Step()
        for state in states {
          let cost = best[3 * line + state.rawValue].cost + transition(state, kind, at: line)
          if cost < entry.cost { entry = Step(cost: cost, from: state) }
        }
        guard entry.cost < .infinity else { continue }
        stretches(kind, from: line) { last, cost in
          let target = 3 * (last + 1) + kind.rawValue
          if entry.cost + cost < best[target].cost {
            best[target] = Step(cost: entry.cost + cost, from: entry.from, length: last + 1 - line)
          }
        }
      }
    }
    let endings = states.map { best[3 * count + $0.rawValue].cost + ($0 == .title ? habit.missingAbstract : 0) }
    let total = endings.min() ?? 0

    // rest[3 i + s]: the least cost of the lines from i on when s was the last stretch before them.
    var rest = [Double](repeating: .infinity, count: 3 * (count + 1))
    for state in states { rest[3 * count + state.rawValue] = state == .title ? habit.missingAbstract : 0 }
    // least[5 i + label]: the least cost of a reading that gives line i the label.
    let kinds = Label.allCases.count
    var least = [Double](repeating: .infinity, count: kinds * count)
    func offer(_ cost: Double, _ label: Label, at line: Int) {
      least[kinds * line + label.rawValue] = min(least[kinds * line + label.rawValue], cost)
    }
    var throughs: [Double] = []
    for line in stride(from: count - 1, through: 0, by: -1) {
      for state in states {
        let cost = banners[line] + rest[3 * (line + 1) + state.rawValue]
        rest[3 * line + state.rawValue] = cost
        offer(best[3 * line + state.rawValue].cost + cost, .banner, at: line)
      }
      for kind in [State.title, .abstract] {
        var cheapest = Double.infinity
        throughs.removeAll(keepingCapacity: true)
        stretches(kind, from: line) { last, cost in
          let tail = cost + rest[3 * (last + 1) + kind.rawValue]
          cheapest = min(cheapest, tail)
          throughs.append(tail)
        }
        var entry = Double.infinity
        for state in states {
          let step = transition(state, kind, at: line)
          entry = min(entry, best[3 * line + state.rawValue].cost + step)
          rest[3 * line + state.rawValue] = min(rest[3 * line + state.rawValue], step + cheapest)
        }
        var through = Double.infinity
        for last in stride(from: line + throughs.count - 1, through: line, by: -1) {
          through = min(through, throughs[last - line])
          let isFirst = last == line
          offer(
            entry + through,
            kind == .title ? (isFirst ? .title : .titleContinued) : (isFirst ? .abstract : .abstractContinued),
            at: last)
        }
      }
    }

    var labels = [Label](repeating: .banner, count: count)
    var position = count
    var state = states.first { endings[$0.rawValue] == total } ?? .start
    while position > 0 {
      let step = best[3 * position + state.rawValue]
      if !step.isBanner {
        let first = position - step.length
        labels[first] = state == .title ? .title : .abstract
        for line in first + 1..<position { labels[line] = state == .title ? .titleContinued : .abstractContinued }
      }
      position -= max(1, step.length)
      state = step.from
    }
    var margins: [Double] = []
    for line in 0..<count {
      var other = Double.infinity
      for label in Label.allCases where label != labels[line] {
        other = min(other, least[kinds * line + label.rawValue])
      }
      margins.append(other - total)
    }
    self.total = total
    self.labels = labels
    self.margins = margins
  }
}
