import JSON
import Linear

/// How the numbers of two files of arrays lie apart.
struct ArrayDistance {
  var name: String
  var shapes: (was: [Int], now: [Int])
  var types: (was: String, now: String)
  var maxAbsolute = 0.0
  /// In relation to the largest number of the first file's array.
  var maxRelative = 0.0
  /// Elements that are not the same; of NaN, those that stand on one side only.
  var differing = 0
  /// Where the largest difference stands, and the numbers there.
  var worst: (index: [Int], was: Double, now: Double)?
  var limit = 0.0

  var hasOneShape: Bool { shapes.was == shapes.now && types.was == types.now }
  var shapeWords: (was: String, now: String) {
    func words(_ type: String, _ shape: [Int]) -> String {
      shape.isEmpty ? type : "\(type) \(shape.map(String.init).joined(separator: "×"))"
    }
    return (words(types.was, shapes.was), words(types.now, shapes.now))
  }
}

extension ComparisonState {
  /// Compares two files of arrays: shapes, kinds, whole numbers and texts must be the same, other numbers lie within
  /// the tolerance, NaN stands where NaN stood.
  mutating func compareArrays(_ was: ArrayFile, _ now: ArrayFile, _ tolerance: Tolerance?) throws {
    for name in was.names where !differs {
      guard now.names.contains(name) else { return found(name, "an array", "none") }
      let (before, after) = (try was.array(name), try now.array(name))
      let label = name.isEmpty ? "array" : name
      if before.info.type == after.info.type, before.info.shape == after.info.shape, before.info.type.isText {
        let (one, other) = (try before.readStrings(), try after.readStrings())
        if let index = one.indices.first(where: { one[$0] != other[$0] }) {
          found("\(label)[\(index)]", .string(one[index]), .string(other[index]))
        }
        continue
      }
      let distance = try ArrayDistance(name, before, after, tolerance)
      guard distance.hasOneShape else {
        return found(label, .string(distance.shapeWords.was), .string(distance.shapeWords.now))
      }
      noteDistance(distance.maxRelative, scale: 1)
      if let worst = distance.worst, !(distance.maxAbsolute <= distance.limit),
        try !(distance.maxAbsolute <= limit(before, in: was, tolerance))
      {
        let index = worst.index.map(String.init).joined(separator: ",")
        found("\(label)[\(index)]", JSON.number(worst.was), JSON.number(worst.now))
      }
    }
    if let added = now.names.first(where: { !was.names.contains($0) }) { found(added, "none", "an array") }
  }

  /// How far numbers of an array may lie apart by the largest one of all the file's arrays of fractions.
  private func limit(_ array: StoredArray, in file: ArrayFile, _ tolerance: Tolerance?) throws -> Double {
    guard let tolerance, !array.info.type.isInteger else { return 0 }
    var scale = 0.0
    for name in file.names {
      let other = try file.array(name)
      guard !other.info.type.isText, !other.info.type.isInteger else { continue }
      scale = max(scale, try other.largestMagnitude())
    }
    return tolerance.limit(scale: scale, isSingle: array.info.type.size <= 4)
  }
}

extension StoredArray {
  fileprivate static let blockElements = 1 << 18

  /// Of its finite numbers, read in blocks of rows.
  fileprivate func largestMagnitude() throws -> Double {
    var largest = 0.0
    let step = max(1, Self.blockElements / max(1, columnCount))
    for first in stride(from: 0, to: rowCount, by: step) {
      for number in try readRows(first..<min(rowCount, first + step), as: Double.self).elements where number.isFinite {
        largest = max(largest, abs(number))
      }
    }
    return largest
  }
}

extension ArrayDistance {
  /// Reads both arrays in blocks of rows. Texts are of one shape or of two, and nothing more is said of them.
  init(_ name: String, _ was: StoredArray, _ now: StoredArray, _ tolerance: Tolerance?) throws {
    self.name = name
    shapes = (was.info.shape, now.info.shape)
    types = (was.info.type.isText ? "text" : was.info.type.name, now.info.type.isText ? "text" : now.info.type.name)
    guard hasOneShape, !was.info.type.isText else { return }
    var scale = 0.0
    let step = max(1, StoredArray.blockElements / max(1, was.columnCount))
    for first in stride(from: 0, to: was.rowCount, by: step) {
      let range = first..<min(was.rowCount, first + step)
      let before = try was.readRows(range, as: Double.self).elements
      let after = try now.readRows(range, as: Double.self).elements
      for place in before.indices {
        let (one, other) = (before[place], after[place])
        if one.isFinite { scale = max(scale, abs(one)) }
        if one == other || one.isNaN && other.isNaN { continue }
        differing += 1
        let distance = abs(one - other)
        if distance.isNaN || distance == .infinity || distance > maxAbsolute || worst == nil {
          let row = first + place / max(1, was.columnCount)
          let column = place % max(1, was.columnCount)
          worst = (was.info.shape.count > 1 ? [row, column] : [row], one, other)
          maxAbsolute = distance.isNaN ? .infinity : max(maxAbsolute, distance)
        }
      }
    }
    maxRelative = scale > 0 ? maxAbsolute / scale : maxAbsolute > 0 ? .infinity : 0
    if let tolerance, !was.info.type.isInteger {
      limit = tolerance.limit(scale: scale, isSingle: was.info.type.size <= 4)
    }
  }
}

extension JSON {
  /// A number that may be one that JSON has no text for.
  static func number(_ value: Double) -> JSON {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value > 0 ? "Infinity" : "-Infinity" }
    return JSON(value)
  }
}
