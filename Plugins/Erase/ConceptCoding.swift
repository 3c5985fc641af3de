import Linear
import Statistics

/// How a concept becomes columns of numbers.
enum ConceptCoding: Sendable, Hashable, Codable {
  /// K classes: one 0/1 column for two, of class 1; else K columns, one for each class.
  ///
  /// Classes by number are never one column of numbers: the map would then keep all that is not linear in it.
  case classes(Int)
  /// k columns of real numbers, as they are.
  case numeric(Int)

  /// k.
  var columns: Int {
    switch self {
    case .classes(let count): count == 2 ? 1 : count
    case .numeric(let count): count
    }
  }

  /// The n × k columns of class labels.
  /// - Throws: `StatisticsError` for labels out of range, or a coding that is not one of classes.
  func columns(of labels: [Int]) throws(StatisticsError) -> Matrix<Double> {
    guard case .classes(let classes) = self else {
      throw .parameter(name: "the concept", expected: "columns of numbers", found: "class labels")
    }
    _ = try classCounts(labels, classes: classes)
    let width = columns
    return Matrix(rows: labels.count, columns: width) { buffer in
      for (i, label) in labels.enumerated() {
        if width == 1 { buffer[i] = Double(label) } else { buffer[i * width + label] = 1 }
      }
    }
  }
}
