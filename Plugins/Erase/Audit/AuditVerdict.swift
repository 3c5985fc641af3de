import PluginKit

/// What an audit comes to, in words, and what spoils it.
struct AuditVerdict: Sendable {
  let text: String
  let warnings: [Warning]

  init(
    _ rows: AuditRows, certificate: Certificate, heldOut: HeldOutAudit, nonlinear: NonlinearAudit
  ) {
    var (words, warnings) = ([String](), [Warning]())
    let (n, d) = (rows.fittedCount, rows.columns)
    let isClear = certificate.after <= (rows.isSingle ? 1e-3 : 1e-6)
    if !isClear {
      words.append("not erased on the fitted rows")
    }
    if heldOut.isBelowChance {
      words.append("below chance, no sign of erasure")
      warnings.append(
        Warning(
          "belowChance",
          "an interval lies wholly below the majority: sign of rows that are shared between centring or erasing and "
            + "scoring; never read this as erased"))
    }
    if heldOut.isLeft {
      words.append(
        "linear leftover, "
          + (heldOut.asExpected
            ? "as expected of \(n.counted("fitted row"))" : "more than expected of \(n.counted("fitted row"))"))
    }
    if nonlinear.isLeak { words.append(isClear ? "linear erased, nonlinear leak" : "nonlinear leak") }
    if words.isEmpty {
      if heldOut.equivalent {
        words.append("nothing found above e = \(heldOut.e.shortText)")
      } else {
        words.append("nothing found, with too few rows to exclude a gain of e = \(heldOut.e.shortText)")
        warnings.append(
          Warning(
            "absence",
            "low accuracy is about these probes and \(rows.scored.count.counted("row")): a gain below "
              + "\(heldOut.detectable.shortText) could not have been seen"))
      }
    }
    if n <= d {
      warnings.append(
        Warning(
          "dim",
          "\(n.counted("fitted row")) for \(d.counted("column")): the certificate on the fitted rows is exact by "
            + "construction and means nothing; only fresh rows tell"))
    } else if n < 5 * d {
      warnings.append(
        Warning(
          "dim",
          "\(n.counted("fitted row")) for \(d.counted("column")): shuffled labels give a canonical correlation of "
            + "\(heldOut.canonicalCorrelation.shuffledMean.shortText) on the fresh rows"))
    }
    if rows.isLopsided {
      warnings.append(
        Warning(
          "imbalance",
          "\(rows.majorityShare.shortText) of the scored rows are of one class: verdicts are by the mean recall, not by "
            + "the accuracy"))
    }
    text = words.joined(separator: "; ")
    self.warnings = warnings
  }
}
