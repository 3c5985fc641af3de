import Foundation
import JSON
import TestSupport

/// One case with a known answer: what goes in, and what has to come out.
struct KnownCase: Sendable {
  let paper: Int
  let method: String
  let name: String
  let input: JSON
  let expected: JSON
  let tolerance: Double
  /// Members in which each vector may be multiplied by −1.
  let upToSign: Set<String>

  var title: String { "\(method)/\(name)" }

  /// The folder of the environment variable `KNOWN_ANSWERS`, else that of the shared data.
  static var folder: URL {
    ProcessInfo.processInfo.environment["KNOWN_ANSWERS"].map { URL(fileURLWithPath: $0, isDirectory: true) }
      ?? SharedData.url("methods")
  }

  static var isPresent: Bool { FileManager.default.fileExists(atPath: folder.path) }

  /// All cases of every JSON file of the folder, files in the order of their names.
  static func all() throws -> [KnownCase] {
    let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
      .filter { $0.pathExtension == "json" }.sorted { $0.lastPathComponent < $1.lastPathComponent }
    return try files.flatMap { file in
      try (JSON.parse(Array(Data(contentsOf: file)))["cases"]?.array ?? []).map { entry in
        KnownCase(
          paper: entry["paper"]?.int ?? 0, method: entry["method"]?.string ?? "", name: entry["name"]?.string ?? "",
          input: expanded(entry["input"] ?? [:]), expected: expanded(entry["expected"] ?? [:]),
          tolerance: entry["tolerance"]?.double ?? 0,
          upToSign: Set((entry["up_to_sign"]?.array ?? []).compactMap(\.string)))
      }
    }
  }

  // MARK: - Generated inputs

  /// With every `{"lcg": …}` replaced by the array that it stands for.
  static func expanded(_ value: JSON) -> JSON {
    switch value {
    case .array(let elements): return .array(elements.map(expanded))
    case .object(let members):
      if let recipe = members["lcg"] { return generated(recipe) }
      var result = JSON.Object()
      for member in members.members { result[member.key] = expanded(member.value) }
      return .object(result)
    default: return value
    }
  }

  private static func generated(_ recipe: JSON) -> JSON {
    let shape = recipe["shape"]?.ints ?? []
    let (low, high) = (recipe["lo"]?.int ?? 0, recipe["hi"]?.int ?? 0)
    let divisor = recipe["div"]?.double ?? 1
    var state = UInt64(recipe["seed"]?.int ?? 0)
    func array(_ axes: ArraySlice<Int>) -> JSON {
      guard let count = axes.first else {
        state = 6_364_136_223_846_793_005 &* state &+ 1_442_695_040_888_963_407
        return .real(Double(low + Int((state >> 33) % UInt64(high - low + 1))) / divisor)
      }
      return .array((0..<count).map { _ in array(axes.dropFirst()) })
    }
    return array(shape[...])
  }

  // MARK: - Comparing

  /// Where a result differs from what is expected; none where it does not.
  func differences(_ found: [String: JSON]) -> [String] {
    (expected.object?.members ?? []).compactMap { member in
      guard let value = found[member.key] else { return "\(member.key): the call has no such output" }
      if upToSign.contains(member.key) {
        let signs: [Double] = [1, -1]
        let vectors = member.value.array ?? []
        guard let rows = value.array, rows.count == vectors.count else { return "\(member.key): another count" }
        // A list of numbers is one vector, a list of lists is one vector each.
        let isNested = vectors.contains { $0.array != nil }
        let pairs = isNested ? Array(zip(rows, vectors)) : [(value, member.value)]
        for (row, vector) in pairs
        where !signs.contains(where: { difference(Self.times($0, row), vector, "") == nil }) {
          return "\(member.key): another vector"
        }
        return nil
      }
      return difference(value, member.value, member.key)
    }
  }

  private static func times(_ sign: Double, _ value: JSON) -> JSON {
    if let list = value.array { return .array(list.map { times(sign, $0) }) }
    return value.double.map { .real($0 * sign) } ?? value
  }

  /// |x − expected| ≤ tolerance·max(1, |expected|) for numbers; all else exactly, `null` too.
  private func difference(_ found: JSON, _ wanted: JSON, _ place: String) -> String? {
    if let numbers = wanted.array {
      guard let others = found.array else { return "\(place): \(found.typeName) for a list" }
      guard others.count == numbers.count else { return "\(place): \(others.count) elements, \(numbers.count) wanted" }
      for (index, pair) in zip(others, numbers).enumerated() {
        if let wrong = difference(pair.0, pair.1, "\(place)[\(index)]") { return wrong }
      }
      return nil
    }
    if let members = wanted.object {
      for member in members.members {
        guard let other = found[member.key] else { return "\(place).\(member.key) is missing" }
        if let wrong = difference(other, member.value, "\(place).\(member.key)") { return wrong }
      }
      return nil
    }
    if let number = wanted.double, let other = found.double {
      return (other - number).magnitude <= tolerance * max(1, number.magnitude)
        ? nil : "\(place): \(other), \(number) wanted"
    }
    return found == wanted ? nil : "\(place): \(found.text), \(wanted.text) wanted"
  }
}
