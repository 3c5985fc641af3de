import Linear
import PluginKit
import Statistics

/// The params of an audit, opened: which rows the eraser has seen, and which are left to tell.
struct AuditInput: Sendable {
  let rows: AuditRows
  let refit: AuditRefit
  /// Of the eraser; of its effect where only erased rows are known.
  let rank: Int
  /// Scored rows that the eraser has seen.
  let seenCount: Int
  let warnings: [Warning]
  private let erasure: Erasure?
  private let names: NamedRows
  private let labelsPointer: String

  var places: InputPlaces {
    InputPlaces(features: names.pointer, labels: labelsPointer, classes: rows.classes)
  }

  init(_ parameters: AuditErasure.Parameters, _ context: Context) throws {
    let source = try context.rows(parameters.features)
    let labels = try context.labels(parameters.labels)
    let labelNames = labels.namedRows(parameters.labels)
    try context.checkSameRows(source.namedRows, labelNames)
    names = NamedRows(
      pointer: parameters.features.pointer, count: source.rowCount, ids: source.rowIDs ?? labelNames.ids)
    labelsPointer = parameters.labels.pointer
    if let eraser = parameters.eraser, parameters.erased != nil {
      throw MethodError.invalidParameter(
        pointer: eraser.pointer, expected: "an eraser or erased rows, not both", hint: "leave one of them out")
    }
    let sides =
      parameters.train == nil && parameters.test == nil && parameters.split == nil
      ? nil
      : try context.trainTest(train: parameters.train, test: parameters.test, split: parameters.split, of: names)
    if let sides, sides.test == nil {
      throw MethodError.invalidParameter(
        pointer: "/test", expected: "rows that the eraser has not seen",
        hint: "give test or split, or neither train nor test, for erasers that are fitted in rotation")
    }
    let used = sides.map { $0.train + ($0.test ?? []) } ?? labels.codes.indices.filter { labels.codes[$0] >= 0 }
    let found = try labels.classes(
      of: used, NamedRows(pointer: labelNames.pointer, count: names.count, ids: names.ids))
    guard found.names.count > 1 else {
      throw MethodError.data(
        .degenerate, pointer: labelsPointer, message: "all rows are of class '\(found.names.first ?? "")'",
        hint: "there is nothing to find: give rows of another class")
    }
    try Self.check(found, sides, labelsPointer)
    try context.reserve(6 * source.rowCount * source.columnCount * 8, for: "the rows before and after erasure")
    let groups = try parameters.groups.map { reference in
      let own = try context.labels(reference)
      try context.checkSameRows(source.namedRows, own.namedRows(reference))
      return own.codes
    }
    let table = AuditTable(
      features: try source.matrix(), rowIDs: names.ids, labels: found.codes, classes: found.names, groups: groups,
      isSingle: source.isSinglePrecision)
    let saved = try parameters.eraser.map { try SavedEraser($0, context) }
    if let saved, saved.erasure.columns != source.columnCount {
      throw MethodError.data(
        .shape, pointer: parameters.eraser?.pointer ?? "/eraser",
        message: "an eraser of \(saved.erasure.columns.counted("column")) for features of \(source.columnCount)",
        hint: "give the features that the eraser was fitted on")
    }
    refit = Self.refit(parameters, saved, isSingle: table.isSingle)
    erasure = saved?.erasure
    let places = InputPlaces(
      features: names.pointer, labels: labelsPointer, classes: found.names)
    guard let sides, let test = sides.test else {
      try Self.checkRotates(parameters, saved)
      let refit = refit
      rows = try places.explain {
        try AuditRows(table, refit: refit, rows: used, seed: context.seed, workers: context.workers)
      }
      rank = rows.fits.first?.eraser?.rank ?? 0
      (seenCount, warnings) = (0, [])
      return
    }
    let fitted = sides.train
    let erased: Matrix<Double>
    var eraser: Eraser?
    var seen: Set<Int>?
    var warnings: [Warning] = []
    if let reference = parameters.erased {
      let other = try context.rows(reference)
      try context.checkSameRows(source.namedRows, other.namedRows)
      erased = try other.matrix()
      seen = other.eraserRows.map { Set($0) }
      rank = max(1, found.names.count - 1)
    } else if let saved {
      erased = try places.explain { try Self.erased(table, saved.erasure, used, context.workers) }
      if case .linear(let own) = saved.erasure { eraser = own }
      rank = saved.model.rank
      seen = try Self.seen(saved, fitted, names, context)
      if seen == nil {
        warnings.append(
          Warning(
            "fit-rows-unknown",
            "the eraser was fitted on \(saved.model.fittedOn.rows.counted("row")) that are not those of train and have no "
              + "ids: that it has not seen the test rows is taken on trust"))
      }
    } else {
      let (refit, own) = (refit, table)
      let fit = try places.explain {
        try refit.eraser(own.features, fitted, labels: own.labels, classes: own.classes.count, workers: context.workers)
      }
      erased = try fit.erased(table.features, workers: context.workers)
      eraser = fit
      rank = fit.rank
      seen = Set(fitted)
    }
    let shared = test.filter { seen?.contains($0) ?? false }
    seenCount = shared.count
    if !shared.isEmpty {
      let text = "the eraser has seen \(shared.count) of \(test.count.counted("scored row"))"
      guard parameters.allowSeen else {
        throw MethodError.invalidParameter(
          pointer: parameters.split?.pointer ?? parameters.test?.pointer ?? "/test",
          expected: "rows that the eraser has not seen; \(text), which makes scores too low (fit-saw-test)",
          hint: "fit the eraser on train rows alone; allowSeen: true scores them all the same")
      }
      warnings.append(Warning("fit-saw-test", text + ", which makes scores too low: this is no certificate"))
    }
    let own = table
    let linear = eraser
    rows = try places.explain {
      try AuditRows(own, erased: erased, eraser: linear, fitted: fitted, heldOut: test, seed: context.seed)
    }
    self.warnings = warnings
  }

  /// Each side needs every class.
  static func check(_ classes: ClassesOfRows, _ sides: TrainTest?, _ pointer: String) throws {
    guard let sides, let test = sides.test else { return }
    for (side, counts, least) in [
      ("train", classes.counts(sides.train), 1), ("test", classes.counts(test), 2),
    ] {
      guard let few = counts.firstIndex(where: { $0 < least }) else { continue }
      throw MethodError.data(
        .degenerate, pointer: pointer,
        message: "class '\(classes.names[few])' has \(counts[few].counted("\(side) row")), and \(least) are needed",
        hint: "split with data.split, which keeps every class on both sides, or leave the class out")
    }
  }

  private static func refit(
    _ parameters: AuditErasure.Parameters, _ saved: SavedEraser?, isSingle: Bool
  ) -> AuditRefit {
    guard let model = saved?.model else { return AuditRefit(by: parameters.by, isSingle: isSingle) }
    let by: AuditRefit.By =
      switch model.method {
      case SpectralRemoval.name: .orth
      case MeanProjection.name: .mean
      default: .leace
      }
    return AuditRefit(
      by: by, rtol: by == .leace && model.method == LeastSquaresErasure.name ? model.rtol : nil,
      shrinkage: model.shrinkage.flatMap { by == .leace ? $0 : nil } ?? 0, affine: model.affine ?? true,
      isSingle: isSingle)
  }

  /// Without rows set apart only methods with a closed form are fitted again.
  private static func checkRotates(_ parameters: AuditErasure.Parameters, _ saved: SavedEraser?) throws {
    let closed = [LeastSquaresErasure.name, SpectralRemoval.name, MeanProjection.name]
    if let saved, closed.contains(saved.model.method) { return }
    if saved == nil, parameters.erased == nil { return }
    throw MethodError.invalidParameter(
      pointer: parameters.eraser?.pointer ?? parameters.erased?.pointer ?? "/eraser",
      expected: "train and test beside it: which rows it was fitted on, and rows that it has not seen",
      hint: "give split; only \(closed.listed()) are fitted again in rotation")
  }

  /// All rows that take part, erased; the others as they are, or 0 where erased rows are of another space.
  static func erased(
    _ table: AuditTable, _ erasure: Erasure, _ used: [Int], _ workers: Workers
  ) throws -> Matrix<Double> {
    let order = used.sorted()
    let codes = order.map { table.labels[$0] }
    let concept = RowLabels(
      columns: try ConceptCoding.classes(max(1, table.classes.count)).columns(of: codes), codes: codes)
    let part = try erasure.erased(table.features.rows(at: order), concept: concept, workers: workers)
    var result =
      erasure.width == table.features.columns ? table.features : .zeros(table.features.rows, erasure.width)
    for (i, row) in order.enumerated() { result.replaceRows(from: row, with: part.rows(i..<i + 1)) }
    return result
  }

  /// Which rows of the table the eraser was fitted on; nil when that cannot be known.
  static func seen(
    _ saved: SavedEraser, _ train: [Int], _ names: NamedRows, _ context: Context
  ) throws -> Set<Int>? {
    if let keys = saved.fittedRows, let ids = names.ids { return Set(keys.known(among: ids)) }
    let digest = saved.model.fittedOn.digest
    for rows in [train, Array(0..<names.count)]
    where try context.fittedOn(rows, of: names.count, rowIDs: names.ids).digest == digest {
      return Set(rows)
    }
    return nil
  }

  // MARK: - Other labels

  /// Labels of the same rows.
  func labels(_ reference: LabelReference, _ context: Context) throws -> Labels {
    let labels = try context.labels(reference)
    try context.checkSameRows(names, labels.namedRows(reference))
    return labels
  }

  func predictions(of reference: LabelReference, _ what: String, _ context: Context) throws -> TaskPredictions {
    guard let found = try TaskPredictions(rows, labels(reference, context), workers: context.workers) else {
      throw MethodError.data(
        .degenerate, pointer: reference.pointer,
        message: "a class of the \(what) has too few rows among those that the eraser has not seen",
        hint: "leave the class out, or give more rows")
    }
    return found
  }

  func drift(
    _ parameters: AuditErasure.Parameters, _ heldOut: HeldOutAudit.Correlation, _ context: Context
  ) throws -> DriftAudit? {
    guard let reference = parameters.newFeatures else { return nil }
    let features: Matrix<Double> = try context.matrix(reference)
    guard features.columns == rows.columns else {
      throw MethodError.data(
        .shape, pointer: reference.pointer,
        message: "\(features.columns.counted("column")) where the features have \(rows.columns)",
        hint: "give rows of the same kind")
    }
    let labels = try parameters.newLabels.map { reference in
      let own = try context.labels(reference)
      let number = Dictionary(rows.classes.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
      guard own.count == features.rows else {
        throw MethodError.data(
          .shape, pointer: reference.pointer, message: "\(own.count) labels for \(features.rows.counted("new row"))",
          hint: "give one label a row")
      }
      return try own.codes.map { code in
        guard code >= 0, let known = number[own.classes[code]] else {
          throw MethodError.invalidParameter(
            pointer: reference.pointer, expected: "for each new row one of the classes \(rows.classes.listed())")
        }
        return known
      }
    }
    return try DriftAudit(
      rows,
      erasure: { features, labels in
        if let eraser = rows.fits.first?.eraser { return try eraser.erased(features) }
        guard let erasure else { throw StatisticsError.empty("eraser for the new rows: give one") }
        let codes = labels ?? []
        let concept = RowLabels(
          columns: try ConceptCoding.classes(max(1, rows.classes.count)).columns(of: codes), codes: codes)
        return try erasure.erased(features, concept: concept)
      }, features: features, labels: labels, heldOut: heldOut, shuffles: parameters.shuffles, seed: context.seed,
      workers: context.workers)
  }
}
