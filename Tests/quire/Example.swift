import JSON
import Testing

@testable import Kernel

/// A whole call of a schema file, after the calls that make what it refers to.
struct Example {
  var before: [(id: String, method: String, params: JSON)]
  var params: JSON
  var result: JSON?

  /// The params with an artifact in place of what another call makes.
  var withPlaceholders: JSON {
    params.replacing { value, _ in
      value["$ref"] == nil ? nil : ["$artifact": .string("sha256:" + String(repeating: "0", count: 64))]
    }
  }

  func run(
    _ kernel: Kernel, _ folder: String, _ method: String, withDetails: Bool = false
  ) throws -> JSON {
    var values: [String: JSON] = [:]
    var caller = Caller(roots: [folder])
    for step in before { values[step.id] = try kernel.perform(step.method, fill(step.params, values), caller) }
    caller.wantsRunDetails = withDetails
    return try kernel.perform(method, fill(params, values), caller)
  }

  private func fill(_ params: JSON, _ values: [String: JSON]) -> JSON {
    params.replacing { value, _ in
      guard let path = value["$ref"]?.string, value.object?.count == 1 else { return nil }
      let parts = path.split(separator: ".").map(String.init)
      return values[parts[0]]?[JSON.Pointer(Array(parts.dropFirst()))] ?? .null
    }
  }
}

func examples(_ descriptor: MethodDescriptor) throws -> [Example] {
  let examples = descriptor.document["examples"]?.array ?? []
  #expect(!examples.isEmpty, "\(descriptor.name) has no example")
  return examples.map { example in
    let before = (example["before"]?.array ?? []).map { step in
      (id: step["id"]?.string ?? "", method: step["method"]?.string ?? "", params: step["params"] ?? [:])
    }
    return Example(before: before, params: example["params"] ?? [:], result: example["result"])
  }
}
