import JSON

extension ComparisonState {
  /// Compares two JSON values. Artifacts in them are outputs of their own and are passed over. Without a tolerance
  /// numbers must be the same.
  mutating func compare(_ was: JSON, _ now: JSON, _ tolerance: Tolerance?) {
    outputScale = was == now ? 0 : was.largestFraction
    compare(was, now, at: JSON.Pointer(), tolerance)
  }

  private mutating func compare(_ was: JSON, _ now: JSON, at pointer: JSON.Pointer, _ tolerance: Tolerance?) {
    if differs || was == now { return }
    switch (was, now) {
    case (.object(let before), .object(let after)):
      if before["$artifact"] != nil, after["$artifact"] != nil { return }
      for key in Set(before.keys + after.keys).sorted() where !differs {
        switch (before[key], after[key]) {
        case (let one?, let other?): compare(one, other, at: pointer.appending(key), tolerance)
        case (let one, let other):
          found(pointer.appending(key).description, one ?? .null, other ?? .null)
        }
      }
    case (.array(let before), .array(let after)):
      guard before.count == after.count else {
        return found(
          pointer.description, .string("\(before.count) elements"), .string("\(after.count) elements"))
      }
      let scale = before.lazy.compactMap(\.double).reduce(0) { max($0, abs($1)) }
      for index in before.indices where !differs {
        let place = pointer.appending("\(index)")
        if let one = before[index].double, let other = after[index].double {
          compare(one, other, scale: max(scale, abs(other)), at: place, tolerance)
        } else {
          compare(before[index], after[index], at: place, tolerance)
        }
      }
    default:
      guard let one = was.double, let other = now.double else { return found(pointer.description, was, now) }
      compare(one, other, scale: max(abs(one), abs(other)), at: pointer, tolerance)
    }
  }

  private mutating func compare(
    _ was: Double, _ now: Double, scale: Double, at pointer: JSON.Pointer, _ tolerance: Tolerance?
  ) {
    if was == now { return }
    let distance = abs(was - now)
    noteDistance(distance, scale: scale)
    let areWhole = was == was.rounded() && now == now.rounded()
    let largest = max(scale, outputScale)
    guard !areWhole, let tolerance, distance <= tolerance.limit(scale: largest, isSingle: false) else {
      return found(pointer.description, JSON(was), JSON(now))
    }
  }

  /// Compares two texts line by line; lines that are JSON as values.
  mutating func compareLines(_ was: [UInt8], _ now: [UInt8], _ tolerance: Tolerance?) {
    let before = was.split(separator: 0x0A, omittingEmptySubsequences: false)
    let after = now.split(separator: 0x0A, omittingEmptySubsequences: false)
    for index in 0..<min(before.count, after.count) where !before[index].elementsEqual(after[index]) {
      let path = "line \(index + 1)"
      if tolerance != nil, let one = try? JSON.parse(Array(before[index])),
        let other = try? JSON.parse(Array(after[index]))
      {
        var line = ComparisonState()
        line.compare(one, other, tolerance)
        noteDistance(line.maxRelative, scale: 1)
        if let place = line.place { return found(path + " " + place.path, place.was, place.now) }
      } else {
        func text(_ line: ArraySlice<UInt8>) -> JSON { .string(String(decoding: line.prefix(200), as: UTF8.self)) }
        return found(path, text(before[index]), text(after[index]))
      }
    }
    if before.count != after.count {
      found(
        "line \(min(before.count, after.count) + 1)", .string("\(before.count) lines"),
        .string("\(after.count) lines"))
    }
  }
}

extension JSON {
  /// The largest absolute value among the numbers inside that are not whole; 0 when there is none.
  fileprivate var largestFraction: Double {
    switch self {
    case .object(let object): object.members.reduce(0) { max($0, $1.value.largestFraction) }
    case .array(let elements): elements.reduce(0) { max($0, $1.largestFraction) }
    default: double.map { $0 == $0.rounded() ? 0 : abs($0) } ?? 0
    }
  }
}
