/// The differences of two texts as `diff -u` writes them, with three lines around each.
enum UnifiedDiff {
  private static let context = 3
  /// Longer texts are not searched for what they share: the time grows with the differences.
  private static let longest = 20_000

  /// Lines of hunks, at most so many; empty for equal texts.
  static func lines(_ was: String, _ now: String, limit: Int) -> [String] {
    let before = was.split(separator: "\n", omittingEmptySubsequences: false)
    let after = now.split(separator: "\n", omittingEmptySubsequences: false)
    guard before.count + after.count <= longest else {
      return ["@@ \(before.count) and \(after.count) lines: too long to compare @@"]
    }
    let marks = marks(before, after)
    var lines: [String] = []
    var index = 0
    while let first = marks[index...].firstIndex(where: { $0.sign != " " }), lines.count < limit {
      let start = max(index, first - context)
      var end = first
      var quiet = 0
      // A hunk goes on until enough lines on end are the same.
      while end < marks.count, quiet <= 2 * context {
        quiet = marks[end].sign == " " ? quiet + 1 : 0
        end += 1
      }
      end -= max(0, quiet - context)
      let hunk = marks[start..<end]
      let (old, new) = (hunk.count { $0.sign != "+" }, hunk.count { $0.sign != "-" })
      lines.append("@@ -\(marks[start].old + 1),\(old) +\(marks[start].new + 1),\(new) @@")
      lines += hunk.map { String($0.sign) + $0.text }
      index = end
    }
    return lines.count > limit ? Array(lines.prefix(limit)) + ["…"] : lines
  }

  private struct Mark {
    var sign: Character
    var text: Substring
    /// Lines of either text before this one.
    var old: Int
    var new: Int
  }

  private static func marks(_ before: [Substring], _ after: [Substring]) -> [Mark] {
    let difference = after.difference(from: before)
    var removed = Set<Int>()
    var inserted = Set<Int>()
    for change in difference {
      switch change {
      case .remove(let offset, _, _): removed.insert(offset)
      case .insert(let offset, _, _): inserted.insert(offset)
      }
    }
    var marks: [Mark] = []
    var (old, new) = (0, 0)
    while old < before.count || new < after.count {
      if removed.contains(old) {
        marks.append(Mark(sign: "-", text: before[old], old: old, new: new))
        old += 1
      } else if inserted.contains(new) {
        marks.append(Mark(sign: "+", text: after[new], old: old, new: new))
        new += 1
      } else {
        marks.append(Mark(sign: " ", text: after[new], old: old, new: new))
        old += 1
        new += 1
      }
    }
    return marks
  }
}
