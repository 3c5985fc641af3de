import PluginKit
import Statistics

/// What a reader of a clustering should know.
enum KMeansWarnings {
  static func about(_ groups: Groups, k: Int) -> [Warning] {
    var warnings: [Warning] = []
    if groups.sizes.count < k {
      warnings.append(
        Warning(
          "fewer-topics",
          "\(k) topics were asked for; there are only \(groups.sizes.count) different rows, and as many topics"))
    }
    let ends = groups.fit.restarts
    let unfinished = ends.count { !$0.converged }
    if unfinished > 0 {
      warnings.append(
        Warning(
          "not-converged",
          "\(unfinished) of \(ends.count) starts were stopped by maxIter before their labels stood still"))
    }
    let best = groups.fit.inertia
    let reached = ends.count { $0.inertia <= best * (1 + 1e-9) + 1e-12 }
    if ends.count == 1, groups.sizes.count > 1 {
      warnings.append(Warning("seed", "one start only: another seed may give other topics"))
    } else if ends.count > 1, reached == 1 {
      warnings.append(
        Warning(
          "seed",
          "only one of \(ends.count) starts found the best inertia: other seeds are likely to give other topics"))
    }
    return warnings
  }
}
