import JSON
import Linear
import RunLog

/// What differs between two runs: the parts of their keys, and what they gave.
struct RunDifference {
  /// A run with the store that it was entered in.
  struct Side {
    var run: RunRecord
    var log: LogStore
  }

  private static let mostPlaces = 20
  private static let mostLines = 200

  let was: Side
  let now: Side

  var isNothing: Bool { keyParts.isEmpty && changedOutputs.isEmpty }

  var keyParts: [KeyParts.Difference] { KeyParts(now.run).differences(from: KeyParts(was.run)) }

  func json() throws -> JSON.Object {
    [
      "was": .string(was.run.run), "now": .string(now.run.run), "key": .array(keyParts.map(\.json)),
      "outputs": .array(try changedOutputs.map { .object(try output($0)) }),
    ]
  }

  /// Outputs that are not the same on both sides; displays and warnings belong to no comparison.
  private var changedOutputs: [(name: String, was: LoggedOutput?, now: LoggedOutput?)] {
    let before = was.run.outputs.filter { $0.determinism != nil }
    let after = now.run.outputs.filter { $0.determinism != nil }
    let names = before.map(\.name) + after.map(\.name).filter { name in !before.contains { $0.name == name } }
    return names.map { name in
      (name, before.first { $0.name == name }, after.first { $0.name == name })
    }.filter { $0.1?.hash != $0.2?.hash }
  }

  private func output(_ output: (name: String, was: LoggedOutput?, now: LoggedOutput?)) throws -> JSON.Object {
    var item: JSON.Object = ["output": .string(output.name)]
    guard let before = output.was, let after = output.now else {
      item["kind"] = output.was == nil ? "added" : "removed"
      return item
    }
    guard let one = try? was.log.artifacts.open(before.hash), let other = try? now.log.artifacts.open(after.hash) else {
      item["kind"] = "gone"
      return item
    }
    let (first, second) = (ArtifactBytes(one), ArtifactBytes(other))
    let isText = before.media.hasPrefix("text/") || before.media.hasSuffix("json") || before.media.hasSuffix("jsonl")
    if !isText, try ArrayFile.format(of: first) != nil, try ArrayFile.format(of: second) != nil {
      return try arrays(ArrayFile(first), ArrayFile(second), item)
    }
    let (old, new) = (try first.bytes(at: 0, count: first.count), try second.bytes(at: 0, count: second.count))
    if before.media.hasSuffix("json"), let old = try? JSON.parse(old, .largeIntegers),
      let new = try? JSON.parse(new, .largeIntegers)
    {
      item["kind"] = "json"
      var places: [Verdict.Place] = []
      Self.collect(old, new, JSON.Pointer(), &places)
      item["places"] = .array(
        places.prefix(Self.mostPlaces).map { ["path": .string($0.path), "was": $0.was, "now": $0.now] })
      item["count"] = JSON(places.count)
      return item
    }
    guard let oldText = String(validating: old, as: UTF8.self), let newText = String(validating: new, as: UTF8.self)
    else {
      item["kind"] = "bytes"
      item["sizes"] = [JSON(old.count), JSON(new.count)]
      return item
    }
    item["kind"] = "text"
    item["diff"] = JSON(UnifiedDiff.lines(oldText, newText, limit: Self.mostLines))
    return item
  }

  /// Every place where two values differ, artifacts among them as their hashes.
  private static func collect(_ was: JSON, _ now: JSON, _ pointer: JSON.Pointer, _ places: inout [Verdict.Place]) {
    guard was != now else { return }
    switch (was, now) {
    case (.object(let before), .object(let after)) where before["$artifact"] == nil:
      for key in before.keys + after.keys.filter({ before[$0] == nil }) {
        collect(before[key] ?? .null, after[key] ?? .null, pointer.appending(key), &places)
      }
    case (.array(let before), .array(let after)) where before.count == after.count:
      for index in before.indices { collect(before[index], after[index], pointer.appending("\(index)"), &places) }
    default: places.append(Verdict.Place(path: pointer.description, was: was, now: now))
    }
  }

  private func arrays(_ was: ArrayFile, _ now: ArrayFile, _ start: JSON.Object) throws -> JSON.Object {
    var item = start
    if let before = try? LabelFile(was), let after = try? LabelFile(now), before.codes.count == after.codes.count {
      item["kind"] = "labels"
      var counts = before.classes.map { _ in after.classes.map { _ in 0 } }
      for (one, other) in zip(before.codes, after.codes)
      where before.classes.indices.contains(one) && after.classes.indices.contains(other) {
        counts[one][other] += 1
      }
      item["rows"] = JSON(before.classes)
      item["columns"] = JSON(after.classes)
      item["counts"] = .array(counts.map { .array($0.map { JSON($0) }) })
      return item
    }
    item["kind"] = "arrays"
    var arrays: [JSON] = []
    for name in was.names where now.names.contains(name) {
      let distance = try ArrayDistance(name, was.array(name), now.array(name), nil)
      guard !distance.hasOneShape || distance.differing > 0 else { continue }
      var array: JSON.Object = [
        "array": .string(name), "was": .string(distance.shapeWords.was), "now": .string(distance.shapeWords.now),
      ]
      if distance.hasOneShape {
        array["maxAbsolute"] = JSON.number(distance.maxAbsolute)
        array["maxRelative"] = JSON.number(distance.maxRelative)
        array["differing"] = JSON(distance.differing)
      }
      arrays.append(.object(array))
    }
    item["arrays"] = .array(arrays)
    return item
  }
}

extension KeyParts.Difference {
  var json: JSON {
    ["part": .string(part), "was": was ?? .null, "now": now ?? .null]
  }
}
