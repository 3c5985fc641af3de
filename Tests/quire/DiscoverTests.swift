import JSON
import JSONSchema
import TestSupport
import Testing

@testable import Kernel
@testable import quire

private func document() throws -> JSON {
  let registry = Registry(plugins: builtInPlugins, kernelMethods: Kernel.kernelMethods)
  return try registry.openRPC.get()
}

/// All references of a document, wherever they stand.
private func references(_ value: JSON) -> Set<String> {
  switch value {
  case .array(let elements): elements.reduce(into: []) { $0.formUnion(references($1)) }
  case .object(let object):
    object.members.reduce(into: []) { all, member in
      if member.key == "$ref", let text = member.value.string {
        all.insert(text)
      } else {
        all.formUnion(references(member.value))
      }
    }
  default: []
  }
}

@Test func theOpenRPCDocumentNamesEveryMethodInOrder() throws {
  let registry = Registry(plugins: builtInPlugins, kernelMethods: Kernel.kernelMethods)
  let document = try document()
  #expect(document["openrpc"]?.string?.hasPrefix("1.3") == true)
  #expect(document["methods"]?.array?.compactMap { $0["name"]?.string } == registry.entries.map(\.name))
  for method in document["methods"]?.array ?? [] {
    #expect(method["paramStructure"] == "by-name" && method["result"]?["name"]?.string != nil)
    let names = method["params"]?.array?.compactMap { $0["name"]?.string } ?? []
    #expect(Set(names).count == names.count)
  }
}

@Test func theOpenRPCDocumentStandsOnItsOwn() throws {
  let document = try document()
  for reference in references(document) {
    let pointer = try #require(JSON.Pointer(String(reference.dropFirst())), "\(reference)")
    #expect(reference.hasPrefix("#/components/schemas/") && document[pointer] != nil, "\(reference)")
  }
  var registry = SchemaRegistry()
  try registry.add(document, uri: "test:openrpc")
  var compiled = 0
  for (number, method) in (document["methods"]?.array ?? []).enumerated() {
    let places = (method["params"]?.array ?? []).indices.map { "params/\($0)" } + ["result"]
    for place in places {
      _ = try CompiledSchema(uri: "test:openrpc#/methods/\(number)/\(place)/schema", registry: registry)
      compiled += 1
    }
  }
  #expect(compiled > 100)
}

@Test func theSeedIsDescribedWhereAMethodUsesOne() throws {
  let methods = try document()["methods"]?.array ?? []
  let split = methods.first { $0["name"] == "data.split" }
  #expect(split?["params"]?.array?.contains { $0["name"] == "seed" } == true)
}
