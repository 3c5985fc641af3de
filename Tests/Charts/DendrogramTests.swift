import Charts
import Testing

@Suite struct DendrogramTests {
  private func chain(_ n: Int) -> Dendrogram {
    let merges = (0..<max(0, n - 1)).map { place in
      Dendrogram.Merge(place == 0 ? 0 : place + 1, place == 0 ? 1 : n + place - 1, Double(place + 1))
    }
    return Dendrogram(
      title: "Tree", merges: merges.map { .init(min($0.first, $0.second), max($0.first, $0.second), $0.height) },
      count: n, names: (0..<n).map { "leaf \($0) <b>" }, groups: (0..<n).map { $0 % 2 }, groupNames: ["a", "b"],
      heightTitle: "distance")
  }

  @Test func smallTreesShowEveryLeafEscaped() {
    let svg = chain(5).svg
    for leaf in 0..<5 { #expect(svg.contains("leaf \(leaf) &lt;b&gt;")) }
    #expect(!svg.contains("<b>") && chain(5).plainText.contains("leaf 4"))
  }

  @Test func largeTreesAreDrawnFromTheTop() {
    let text = chain(100).plainText
    #expect(text.split(separator: "\n").count == Dendrogram.leafLimit + 2 && text.contains("61 × leaf 0"))
    #expect(chain(100).vegaLite["data"]?["values"]?.array?.count == 3 * (Dendrogram.leafLimit - 1))
  }

  @Test func brokenTreesAndSingleLeavesAreDrawnEmpty() {
    #expect(chain(1).svg.contains("</svg>"))
    var broken = chain(4)
    broken.merges[0].first = 9
    #expect(broken.svg.contains("</svg>") && !broken.plainText.contains("leaf"))
    broken = chain(4)
    broken.merges[1].height = .nan
    #expect(broken.svg.contains("</svg>"))
  }
}
