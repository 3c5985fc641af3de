import JSON

/// A tree of merges, its leaves one below the other, the height of each merge to the right.
///
/// A tree of more than 40 leaves is drawn from its top: what merged below stands as one leaf with its number of rows.
public struct Dendrogram: Chart, Equatable {
  /// Two nodes that become one; rows are nodes 0 ..< count, the merge at place i is node count + i.
  public struct Merge: Sendable, Equatable {
    public var first: Int
    public var second: Int
    public var height: Double

    public init(_ first: Int, _ second: Int, _ height: Double) {
      self.first = first
      self.second = second
      self.height = height
    }
  }

  public var title: String
  /// By height.
  public var merges: [Merge]
  /// How many rows there are.
  public var count: Int
  /// What each row is called.
  public var names: [String]
  /// The group of each row, which gives its hue; negative for none.
  public var groups: [Int]
  public var groupNames: [String]
  public var heightTitle: String
  public var note: String?

  public init(
    title: String, merges: [Merge], count: Int, names: [String], groups: [Int], groupNames: [String],
    heightTitle: String, note: String? = nil
  ) {
    self.title = title
    self.merges = merges
    self.count = count
    self.names = names
    self.groups = groups
    self.groupNames = groupNames
    self.heightTitle = heightTitle
    self.note = note
  }

  /// The most leaves that are drawn.
  public static let leafLimit = 40

  public var plainText: String {
    let layout = Layout(self)
    return ([title] + layout.leaves.map(\.name) + [layout.caption]).joined(separator: "\n")
  }
}

extension Dendrogram {
  struct Leaf {
    var name: String
    var hue: Int?
  }

  /// A merge as it is drawn: two arms at the places of its parts and a bar at its height.
  struct Bracket {
    var places: (Double, Double)
    var heights: (Double, Double)
    var height: Double
    var hue: Int?
    var title: String
  }

  /// Leaves from top to bottom, and the brackets between them.
  struct Layout {
    private(set) var leaves: [Leaf] = []
    private(set) var brackets: [Bracket] = []
    let caption: String

    init(_ chart: Dendrogram) {
      let n = chart.count
      let merges = chart.merges.enumerated().filter { place, merge in
        merge.first >= 0 && merge.second >= 0 && max(merge.first, merge.second) < n + place && merge.height.isDrawable
      }
      // A tree that does not hold together is not drawn.
      let isWhole = merges.count == chart.merges.count && chart.merges.count == n - 1 && n > 0
      let hidden = isWhole ? max(0, n - Dendrogram.leafLimit) : 0
      caption = captionText(
        count: n, hidden > 0 ? "the upper \(n - hidden) branches of \(n)" : nil, chart.note)
      guard isWhole else { return }
      var sizes = [Int](repeating: 1, count: n) + [Int](repeating: 0, count: n - 1)
      var group: [Int?] = (0..<n).map { chart.groups.indices.contains($0) ? chart.groups[$0] : nil }
      var first = Array(0..<n)
      for (place, merge) in chart.merges.enumerated() {
        sizes[n + place] = sizes[merge.first] + sizes[merge.second]
        group.append(group[merge.first] == group[merge.second] ? group[merge.first] : nil)
        first.append(min(first[merge.first], first[merge.second]))
      }
      func hue(_ node: Int) -> Int? { group[node].flatMap { $0 >= 0 ? $0 : nil } }
      func name(_ row: Int) -> String { chart.names.indices.contains(row) ? chart.names[row] : "row \(row)" }
      var positions = [Double](repeating: 0, count: 2 * n - 1)
      // Children before their merge: first down the tree for the leaves, then up by the order of the merges.
      var open = [2 * n - 2]
      while let node = open.popLast() {
        if node < n + hidden {
          positions[node] = Double(leaves.count)
          // The number first, where a long name is not cut.
          let number = sizes[node] > 1 ? "\(sizes[node]) × " : ""
          leaves.append(Leaf(name: number + name(first[node]), hue: hue(node)))
        } else {
          open.append(chart.merges[node - n].second)
          open.append(chart.merges[node - n].first)
        }
      }
      func height(_ node: Int) -> Double { node < n + hidden ? 0 : chart.merges[node - n].height }
      for place in hidden..<max(hidden, n - 1) {
        let merge = chart.merges[place]
        positions[n + place] = (positions[merge.first] + positions[merge.second]) / 2
        let named = hue(n + place).flatMap { chart.groupNames.indices.contains($0) ? chart.groupNames[$0] : nil }
        brackets.append(
          Bracket(
            places: (positions[merge.first], positions[merge.second]),
            heights: (height(merge.first), height(merge.second)), height: merge.height, hue: hue(n + place),
            title: "\(sizes[n + place]) at \(NumberText.brief(merge.height))" + (named.map { "\n\($0)" } ?? "")))
      }
    }
  }

  private static let step = 15.0

  public var svg: String {
    let layout = Layout(self)
    var drawing = Drawing()
    let top = drawing.heading(title)
    let longest = layout.leaves.map { TextWidth.of($0.name, size: 11) }.max() ?? 0
    var plot = Frame(left: min(max(longest, 20), 190) + 18, top: top + 4, right: Drawing.width - 16, bottom: 0)
    plot.bottom = plot.top + Self.step * Double(max(1, layout.leaves.count)) + 4
    let scale = PlotScale(
      [0] + layout.brackets.map(\.height), axis: Axis(heightTitle), from: plot.left, to: plot.right,
      margin: .ticksAndZero, tickCount: 5)
    drawing.horizontalAxis(scale, Axis(heightTitle), in: plot)
    func y(_ place: Double) -> Double { plot.top + Self.step * (place + 0.5) }
    for (place, leaf) in layout.leaves.enumerated() {
      drawing.text(
        leaf.name, cutTo: plot.left - 12, size: 11, x: plot.left - 6, y: y(Double(place)) + 4, "qc-small", anchor: .end)
    }
    for bracket in layout.brackets {
      drawing.inHue(bracket.hue) { drawing in
        drawing.curve(
          [
            (scale[bracket.heights.0], y(bracket.places.0)), (scale[bracket.height], y(bracket.places.0)),
            (scale[bracket.height], y(bracket.places.1)), (scale[bracket.heights.1], y(bracket.places.1)),
          ], "qc-curve")
      }
    }
    let height = drawing.caption(layout.caption, below: plot.bottom + Drawing.horizontalAxisHeight)
    return drawing.document(
      title: title, description: "Dendrogram of \(count) rows, heights: \(heightTitle). \(layout.caption)",
      height: height)
  }

  public var vegaLite: JSON {
    let layout = Layout(self)
    var values: [JSON] = []
    for bracket in layout.brackets {
      let group = bracket.hue.flatMap { groupNames.indices.contains($0) ? groupNames[$0] : nil } ?? ""
      func line(_ x: Double, _ x2: Double, _ y: Double, _ y2: Double) {
        values.append([
          "x": .real(x), "x2": .real(x2), "y": .real(y), "y2": .real(y2), "group": .string(group),
          "title": .string(bracket.title),
        ])
      }
      line(bracket.heights.0, bracket.height, bracket.places.0, bracket.places.0)
      line(bracket.height, bracket.height, bracket.places.0, bracket.places.1)
      line(bracket.height, bracket.heights.1, bracket.places.1, bracket.places.1)
    }
    let names = layout.leaves.enumerated().map { place, leaf -> JSON in
      ["x": 0, "y": JSON(place), "name": .string(leaf.name)]
    }
    let y: JSON = [
      "field": "y", "type": "quantitative", "axis": nil, "scale": ["reverse": true, "zero": false, "nice": false],
    ]
    return VegaLite.specification(
      title: title, caption: layout.caption, values: values, height: JSON(max(60, 15 * layout.leaves.count)),
      [
        "layer": [
          [
            "mark": ["type": "rule", "tooltip": true],
            "encoding": [
              "x": VegaLite.channel("x", Axis(heightTitle), zero: true), "x2": ["field": "x2"], "y": y,
              "y2": ["field": "y2"], "color": VegaLite.colors("group", groupNames, title: nil),
              "tooltip": VegaLite.field("title", "nominal"),
            ],
          ],
          [
            "data": ["values": .array(names)],
            "mark": ["type": "text", "align": "right", "dx": -4, "limit": 190],
            "encoding": [
              "x": ["field": "x", "type": "quantitative"], "y": y, "text": ["field": "name", "type": "nominal"],
            ],
          ],
        ]
      ])
  }
}
