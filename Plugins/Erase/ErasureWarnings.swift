import PluginKit

/// What a reader of a fitted eraser should know.
enum ErasureWarnings {
  static func about(_ fit: LEACEFit, _ input: ConceptInput) -> [Warning] {
    var warnings = aboutRows(fit, input)
    if fit.settings.shrinkage > 0 {
      warnings.append(
        Warning(
          "shrinkage",
          "with shrinkage \(fit.settings.shrinkage.shortText) the fitted rows are guarded all the same, but another map "
            + "would change them less"))
    }
    return warnings + aboutColumns(fit, input)
  }

  /// Of any eraser: what the fitted rows have to say of the concept.
  static func aboutRows(_ fit: LEACEFit, _ input: ConceptInput) -> [Warning] {
    var warnings: [Warning] = []
    if let classes = input.classes, classes.count < 2 {
      warnings.append(
        Warning(
          "one-class",
          "all \(input.rows.count.counted("fitted row")) are of class '\(classes.first ?? "")': nothing to erase, the "
            + "map changes nothing"))
    } else if fit.rank == 0 {
      warnings.append(
        Warning(
          "no-trace",
          "no direction correlates with the concept by more than rtol, \(fit.settings.tolerance.shortText): the map "
            + "changes nothing"))
    }
    if let sizes = dimensions(rows: input.rows.count, columns: input.features.columnCount), fit.rank > 0 {
      warnings.append(sizes)
    }
    return warnings
  }

  static func aboutColumns(_ fit: LEACEFit, _ input: ConceptInput) -> [Warning] {
    var warnings: [Warning] = []
    if fit.byEigenvectors, fit.covarianceRank < input.features.columnCount - fit.constantColumns.count {
      warnings.append(
        Warning(
          "singular",
          "the fitted rows vary in \(fit.covarianceRank) of \(input.features.columnCount.counted("direction")): the map "
            + "leaves the others alone"))
    }
    if !fit.constantColumns.isEmpty {
      warnings.append(
        Warning(
          "constant-columns",
          "\(fit.constantColumns.count.counted("column")) constant over the fitted rows: left alone, "
            + fit.constantColumns.map(String.init).listed()))
    }
    return warnings
  }

  /// A map that need not guard even the fitted rows.
  static func noGuarantee(_ why: String) -> Warning {
    Warning("no-guarantee", "\(why): a linear predictor may still find the concept, also on the fitted rows")
  }

  /// The guard `dim`: what a certificate on few rows is worth elsewhere.
  private static func dimensions(rows n: Int, columns d: Int) -> Warning? {
    if n <= d {
      return Warning(
        "dim",
        "\(n) fitted rows for \(d.counted("column")): that nothing is left on them holds by construction and means "
          + "nothing on other rows")
    }
    guard n < 5 * d else { return nil }
    return Warning(
      "dim",
      "\(n) fitted rows for \(d.counted("column")): other rows keep a canonical correlation of about √(d/n) = "
        + "\(leftover(rows: n, columns: d).shortText); fit on more rows")
  }

  /// About the largest canonical correlation that fresh rows keep, for d well below n.
  static func leftover(rows n: Int, columns d: Int) -> Double { (Double(d) / Double(n)).squareRoot() }
}
