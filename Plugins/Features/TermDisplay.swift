import Charts
import PluginKit

extension Context {
  /// The commonest terms of the texts that were fitted on.
  func displayTerms(_ fit: TermWeights) {
    let model = fit.model
    let frequencies = model.documentFrequencies
    let common = frequencies.indices.sorted { (-frequencies[$0], $0) < (-frequencies[$1], $1) }.prefix(20)
    display(
      BarChart(
        title: "Commonest terms", axis: Axis("texts with the term"),
        bars: common.map { .init(model.vocabulary[$0], Double(frequencies[$0])) }, count: model.documents,
        note: "\(model.vocabulary.count) terms in all"))
  }
}
