import JSON

/// A whole call of a method's schema file, after the calls that make what it refers to.
struct MethodExample: Sendable {
  struct Step: Sendable {
    let id: String
    let method: String
    let params: JSON
  }

  let before: [Step]
  let params: JSON
  let result: JSON?

  init(_ example: JSON) {
    before = (example["before"]?.array ?? []).map { step in
      Step(id: step["id"]?.string ?? "", method: step["method"]?.string ?? "", params: step["params"] ?? [:])
    }
    params = example["params"] ?? [:]
    result = example["result"]
  }

  /// The params with an artifact in place of what another call makes.
  var withPlaceholders: JSON {
    params.replacing { value, _ in
      value["$ref"] == nil ? nil : ["$artifact": .string("sha256:" + String(repeating: "0", count: 64))]
    }
  }

  /// Makes the calls before it and returns the params with what they gave.
  func prepared(_ kernel: Kernel, _ folder: String, _ cancellation: Cancellation = Cancellation()) throws -> JSON {
    var values: [String: JSON] = [:]
    for step in before {
      values[step.id] = try kernel.perform(
        step.method, fill(step.params, values), Caller(roots: [folder]), cancellation: cancellation)
    }
    return fill(params, values)
  }

  private func fill(_ params: JSON, _ values: [String: JSON]) -> JSON {
    params.replacing { value, _ in
      guard let path = value["$ref"]?.string, value.object?.count == 1 else { return nil }
      let parts = path.split(separator: ".").map(String.init)
      return values[parts.first ?? ""]?[JSON.Pointer(Array(parts.dropFirst()))] ?? .null
    }
  }
}

extension MethodDescriptor {
  var examples: [MethodExample] { (document["examples"]?.array ?? []).map(MethodExample.init) }
}
