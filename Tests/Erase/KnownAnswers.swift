import JSON
import Linear
import TestSupport
import Testing

/// One case of the known answers for the methods of the papers.
struct KnownAnswer: CustomTestStringConvertible {
  let name: String
  let input: JSON
  let expected: JSON
  let tolerance: Double

  var testDescription: String { name }

  /// The cases of a method, or of the whole paper.
  static func all(_ file: String, method: String) throws -> [KnownAnswer] {
    let cases = try JSON.parse(SharedData.bytes("methods/known-answers-\(file).json"))["cases"]?.array ?? []
    return cases.filter { $0["method"]?.string == method }.map {
      KnownAnswer(
        name: $0["name"]?.string ?? "", input: $0["input"] ?? [:], expected: $0["expected"] ?? [:],
        tolerance: $0["tolerance"]?.double ?? 0)
    }
  }

  func matches(_ found: Matrix<Double>, _ member: String) -> Bool {
    agrees(found.elements, Matrix(json: expected[member]).elements)
  }

  func matches(_ found: [Double], _ member: String) -> Bool {
    agrees(found, (expected[member]?.array ?? []).compactMap(\.double))
  }

  private func agrees(_ a: [Double], _ b: [Double]) -> Bool {
    a.count == b.count && zip(a, b).allSatisfy { ($0 - $1).magnitude <= tolerance * max(1, $1.magnitude) }
  }
}

extension Matrix where S == Double {
  /// A list of rows, or of numbers as one row.
  init(json: JSON?) {
    let rows = json?.array ?? []
    self.init(
      rows.first?.array == nil ? [rows.compactMap(\.double)] : rows.map { ($0.array ?? []).compactMap(\.double) })
  }
}
