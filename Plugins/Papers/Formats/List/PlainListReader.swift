/// Reads a plain list: a title line and an abstract line in turn, with banners, blank lines, wrapped lines, missing
/// titles and missing abstracts as they come.
struct PlainListReader: FormatReader {
  /// A reading that is better than the next one by less than this many nats is called uncertain.
  private static let uncertainMargin = 1.0

  static func read(_ source: SourceText) -> PaperDocument {
    let layout = ListLayout(source)
    var builder = ListBuilder(source, layout, uncertainMargin: uncertainMargin)
    return builder.document()
  }
}

/// The lines of a list and what each one is.
struct ListLayout: Sendable {
  enum Role: Sendable, Equatable {
    case blank, banner
    /// The line before it once more.
    case repeated
    case text(ListLabelling.Label)
  }

  let lines: [ListLine]
  let roles: [Role]
  /// Infinite where nothing was to be decided.
  let margins: [Double]
  let widths: WrapWidths

  init(_ source: SourceText) {
    let bytes = source.bytes
    var lines = ListLine.split(source)
    for index in lines.indices {
      let text = lines[index].text
      let glued = Banner.gluedLength(bytes[text])
      lines[index].glued = text.lowerBound..<text.lowerBound + glued
      lines[index].text = text.lowerBound + glued..<text.upperBound
      lines[index].look(bytes)
    }
    self.lines = lines

    // What needs no decision is set aside first.
    var roles: [Role] = lines.map { $0.isBlank ? .blank : .text(.abstract) }
    var index = 0
    var previous: Int?
    while index < lines.count {
      var extent = roles[index] == .blank ? 0 : Banner.extent(lines, at: index, bytes)
      if extent > 0 {
        while extent > 0 {
          if roles[index] != .blank {
            roles[index] = .banner
            extent -= 1
          }
          index += 1
        }
        continue
      }
      if roles[index] != .blank {
        let line = lines[index]
        if let previous, line.width >= 12, line.hash == lines[previous].hash,
          bytes[line.text] == bytes[lines[previous].text]
        {
          roles[index] = .repeated
        } else {
          previous = index
        }
      }
      index += 1
    }

    let content = roles.indices.filter { roles[$0] == .text(.abstract) }
    var gaps = zip(content, content.dropFirst()).map { ListGap(roles[($0 + 1)..<$1]) }
    ListGap.settle(&gaps)
    let pairs = zip(content, content.dropFirst()).map {
      WrapWidths.Pair(width: lines[$0].width, nextWidth: lines[$1].width, nextWord: lines[$1].firstWordWidth)
    }
    let separated = gaps.map(\.cost.isBlank)
    let widths = WrapWidths(zip(pairs, separated).filter { !$0.1 }.map(\.0))
    for index in gaps.indices { gaps[index].cost.breakKind = widths.kind(pairs[index]) }

    let texts = content.map { lines[$0] }
    let repeats = Self.repeats(texts)
    let banners = texts.indices.map { index in
      let line = texts[index]
      let hints = line.width <= 160 ? Banner.hintCount(bytes[line.text]) : 0
      return ListCosts.banner(line, hints: hints, repeats: repeats[line.hash] ?? 1)
    }
    let labelling = ListLabelling(texts, gaps: gaps.map(\.cost), banners: banners)
    var margins = [Double](repeating: .infinity, count: lines.count)
    for (position, index) in content.enumerated() {
      roles[index] = labelling.labels[position] == .banner ? .banner : .text(labelling.labels[position])
      margins[index] = labelling.margins[position]
    }
    self.roles = roles
    self.margins = margins
    self.widths = widths
  }

  /// How many different lines follow each line that occurs more than once.
  private static func repeats(_ lines: [ListLine]) -> [UInt64: Int] {
    var followers: [UInt64: Set<UInt64>] = [:]
    for (index, line) in lines.enumerated() where line.width <= 160 {
      followers[line.hash, default: []].insert(index + 1 < lines.count ? lines[index + 1].hash : 0)
    }
    return followers.mapValues(\.count)
  }
}

/// What stands between two lines of text, before and after the file's habits are known.
struct ListGap: Sendable {
  var blanks: Int
  var cost = ListCosts.Gap()

  init(_ roles: ArraySlice<ListLayout.Role>) {
    blanks = roles.count { $0 == .blank }
    cost.hasBanner = roles.contains(.banner)
  }

  /// Tells what blank lines mean in this file.
  ///
  /// Where nearly every two lines are set apart, one blank line says nothing. Otherwise it parts, and where most
  /// blocks hold several lines, a block is a paper.
  static func settle(_ gaps: inout [ListGap]) {
    let parted = gaps.count { $0.blanks > 0 }
    let isSpaced = gaps.count >= 3 && parted * 10 >= gaps.count * 9
    let least = isSpaced ? 2 : 1
    for index in gaps.indices { gaps[index].cost.isBlank = gaps[index].blanks >= least }

    var blocks: [Int] = [1]
    for gap in gaps {
      if gap.cost.isBlank { blocks.append(1) } else { blocks[blocks.count - 1] += 1 }
    }
    let several = blocks.count { $0 > 1 }
    guard blocks.count >= 3, several * 10 >= blocks.count * 7 else { return }
    let habit: ListCosts.Block = blocks.sorted()[blocks.count / 2] > 2 ? .ofManyLines : .ofTwoLines
    for index in gaps.indices where !gaps[index].cost.isBlank { gaps[index].cost.block = habit }
  }
}
