import PluginKit
import Statistics

/// What a split is drawn from: the rows that take part, with their classes and groups.
struct SplitPlan {
  /// All rows of the table, those without a label among them.
  let rows: NamedRows
  /// The rows that are dealt out, ascending.
  let members: [Int]
  /// The class of each member, when the classes are known.
  let classes: ClassesOfRows?
  /// The group of each row of the table, when there are groups; a row without one is a group of its own.
  let groups: [Int]?
  let unlabelled: [Int]

  /// - Throws: `MethodError` when nothing has a label, or all rows are of one group.
  init(_ rows: NamedRows, labels: Labels?, groups: Labels?, _ references: SplitRows.Parameters) throws {
    self.rows = rows
    unlabelled = labels.map { labels in labels.codes.indices.filter { labels.codes[$0] < 0 } } ?? []
    let missing = Set(unlabelled)
    members = (0..<rows.count).filter { !missing.contains($0) }
    guard !members.isEmpty else {
      throw MethodError.data(
        .tooFewSamples, pointer: references.labels?.pointer ?? rows.pointer,
        message: missing.isEmpty ? "there are no rows" : "none of the \(rows.count) rows has a label")
    }
    if let labels, let reference = references.labels {
      classes = try labels.classes(of: members, labels.namedRows(reference))
    } else {
      classes = nil
    }
    if let groups {
      self.groups = groups.codes.enumerated().map { row, code in code < 0 ? groups.classes.count + row : code }
    } else {
      self.groups = nil
    }
    if let numbers = self.groups, let reference = references.groups, Set(members.map { numbers[$0] }).count < 2 {
      throw MethodError.data(
        .degenerate, pointer: reference.pointer, message: "all rows are of one group, which cannot be on both sides",
        hint: "leave groups out, or name smaller ones")
    }
  }

  /// Draws the sides: whole groups where there are some, a share of each class where these are to be kept.
  func drawn(share: Double, stratify: Bool, seed: UInt64) throws -> Split {
    let codes = stratify ? classes.map { classes in members.map { classes.codes[$0] } } : nil
    let split = try InputPlaces(features: rows.pointer, classes: classes?.names ?? [], rows: members).explain {
      if let groups {
        return try Split.grouped(groups: members.map { groups[$0] }, labels: codes, share: share, seed: seed)
      }
      return try Split.random(rows: members.count, labels: codes, share: share, seed: seed)
    }
    return try Split(train: split.train.map { members[$0] }, test: split.test.map { members[$0] }, rows: rows.count)
  }

  /// The latest rows on the test side; rows of one time are never on both.
  func latest(_ times: [Double], share: Double) throws -> Split {
    let split = try InputPlaces(features: "/time", rows: members).explain {
      try Split.latest(times: members.map { times[$0] }, share: share)
    }
    return try Split(train: split.train.map { members[$0] }, test: split.test.map { members[$0] }, rows: rows.count)
  }

  /// What a reader of the split should know, but for what its rows share.
  func warnings(_ split: Split, share: Double) -> [Warning] {
    var warnings: [Warning] = []
    if !unlabelled.isEmpty {
      warnings.append(
        Warning(
          "unlabelled",
          "\(unlabelled.count.counted("row")) without a label \(unlabelled.count == 1 ? "is" : "are") on neither side: "
            + unlabelled.map(rows.name).listed()))
    }
    if let classes {
      let sides = [("train", classes.counts(split.train)), ("test", classes.counts(split.test))]
      for (side, counts) in sides {
        let missing = counts.indices.filter { counts[$0] == 0 }.map { "'\(classes.names[$0])'" }
        guard !missing.isEmpty else { continue }
        warnings.append(
          Warning(
            "missing-class",
            "no \(side) row of \(missing.listed()): a probe on this split is refused; give the class more rows or groups, "
              + "or leave it out"))
      }
    }
    let found = Double(split.test.count) / Double(members.count)
    if groups != nil, (found - share).magnitude > 0.05 {
      warnings.append(
        Warning(
          "share", "\(found.shortText) of the rows are tested where \(share.shortText) was asked: groups stay whole"))
    }
    return warnings
  }
}
