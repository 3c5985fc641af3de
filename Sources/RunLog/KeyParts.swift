import JSON

/// What went into the key of a run, part by part, so that two keys can be told apart in words.
public struct KeyParts: Sendable, Equatable {
  /// One part that differs: `params/C`, `inputs/features`, `plugin/version`, `seed`, `num/core`. A side is `nil` where
  /// it has no such part.
  public struct Difference: Sendable, Equatable {
    public var part: String
    public var was: JSON?
    public var now: JSON?

    public init(part: String, was: JSON?, now: JSON?) {
      (self.part, self.was, self.now) = (part, was, now)
    }
  }

  private let parts: JSON

  public init(_ run: RunRecord) {
    self.init(
      method: run.method, plugin: run.plugin, params: run.params, inputs: run.inputs, seed: run.seed,
      numeric: run.numeric)
  }

  public init(_ run: RunStart) {
    self.init(
      method: run.method, plugin: run.plugin, params: run.params, inputs: run.inputs, seed: run.seed,
      numeric: run.numeric)
  }

  private init(
    method: String, plugin: PluginIdentity?, params: JSON, inputs: [LoggedInput], seed: Int?, numeric: NumericLibrary?
  ) {
    var names = JSON.Object()
    for input in inputs { names[input.name] = .string(CacheKey.identity(input.hash, part: input.array)) }
    parts = [
      "method": .string(method), "params": params, "inputs": .object(names),
      "plugin": plugin.map { ["id": .string($0.id), "version": .string($0.version)] } ?? .null,
      "seed": seed.map { JSON($0) } ?? .null, "num": numeric?.json ?? .null,
    ]
  }

  /// The parts that are not those of another key, in a fixed order.
  public func differences(from before: KeyParts) -> [Difference] {
    var found: [Difference] = []
    for name in ["method", "plugin", "params", "inputs", "seed", "num"] {
      KeyParts.compare(before.parts[name] ?? .null, parts[name] ?? .null, [name], &found)
    }
    return found
  }

  /// Objects by member, lists by element; anything else as a whole.
  private static func compare(_ was: JSON, _ now: JSON, _ path: [String], _ found: inout [Difference]) {
    guard was != now else { return }
    switch (was, now) {
    case (.object(let before), .object(let after)):
      for key in Set(before.keys + after.keys).sorted() {
        switch (before[key], after[key]) {
        case (let one?, let other?): compare(one, other, path + [key], &found)
        case (let one, let other):
          found.append(Difference(part: JSON.Pointer(path + [key]).name, was: one, now: other))
        }
      }
    case (.array(let before), .array(let after)) where before.count == after.count:
      for index in before.indices { compare(before[index], after[index], path + ["\(index)"], &found) }
    default:
      found.append(
        Difference(part: JSON.Pointer(path).name, was: was.isNull ? nil : was, now: now.isNull ? nil : now))
    }
  }
}
