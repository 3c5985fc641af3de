import JSON
import Notebook
import Testing
import Yams

/// Cell bodies, held to Yams: what both accept, both read alike.
struct YAMLAgreementTests {
  /// Yams' reading in terms of a body's JSON; `nil` when it refuses the text.
  private func reference(_ body: String) -> JSON? {
    guard let node = try? Yams.compose(yaml: body) else { return nil }
    return json(node)
  }

  private func json(_ node: Node) -> JSON? {
    switch node {
    case .scalar(let scalar): return self.scalar(scalar, node)
    case .sequence(let sequence):
      let elements = sequence.map(json)
      return elements.contains { $0 == nil } ? nil : .array(elements.compactMap { $0 })
    case .mapping(let mapping):
      var object = JSON.Object()
      for (key, value) in mapping {
        guard let name = key.scalar?.string, let value = json(value) else { return nil }
        object[name] = value
      }
      return .object(object)
    case .alias: return nil
    }
  }

  private func scalar(_ scalar: Node.Scalar, _ node: Node) -> JSON? {
    let text = scalar.string
    guard scalar.style == .plain else { return .string(text) }
    if text.hasPrefix("$file:") { return ["$file": .string(String(text.dropFirst(6)))] }
    if text.hasPrefix("$") { return ["$ref": .string(String(text.dropFirst()))] }
    switch node.tag.description {
    case "tag:yaml.org,2002:null": return .null
    case "tag:yaml.org,2002:bool": return node.bool.map(JSON.bool)
    case "tag:yaml.org,2002:int": return node.int.map { JSON($0) }
    case "tag:yaml.org,2002:float": return node.float.map(JSON.real)
    case "tag:yaml.org,2002:str":
      // The stated exception: an exponent makes a number here, as in JSON and YAML 1.2.
      if let number = try? JSON.parse(text), number.double != nil { return number }
      return .string(text)
    default: return nil
    }
  }

  @Test func writtenBodiesReadBackWhateverTheirStyle() throws {
    var agreed = 0
    for seed in 0..<4000 {
      var made = BodyGenerator(UInt64(seed))
      let params = made.object(depth: 3)
      let text = made.body(params)
      let body = CellBody(text)
      #expect(body.diagnostics == [], "seed \(seed)\n\(text)")
      #expect(body.value == ["method": "m.f", "params": .object(params)], "seed \(seed)\n\(text)")
      if let other = reference(text) {
        agreed += 1
        #expect(body.value == other, "seed \(seed)\n\(text)")
      }
      if body.value != ["method": "m.f", "params": .object(params)] { break }
    }
    #expect(agreed > 3500)
  }

  private static let pieces = [
    "a", "b: ", "c:", "- ", "-", "[", "]", "{", "}", ", ", ",", ": ", ":", "\n", "\n", "\n  ", "\n    ", "\n ", " ",
    "  ", "#", " # x",
    "\"", "'", "\"q\"", "'r'", "\\n", "\\", "1", "-2.5", "1e3", "true", "null", "yes", "$a.b", "$f[0]", "$file:x", "|",
    ">", "|-", ">+",
    "|\n  t\n", ">\n  u\n  v\n\n", "? ", "?", "&x ", "*x", "!t ", "%", "@", "`", "~", "word", "two words", "x: y",
    "k: [1, 2]",
    "m: {n: 1}", "\t", "ä", "😀", "---", "...", "<<: ", "=", "0x1F", "1_000", "12:30", "2001-01-01", ".5", "+1", "''",
    "\"\"", "[]", "{}",
    "z: |\n   deep\n", "\r\n", "1.2.3", ".", "._", "+", "-.inf", "08", "1.", "e5", "0b1", "0o7",
  ]

  @Test func whatBothAcceptBothReadAlike() {
    var generator = Generator(5)
    var agreed = 0
    for _ in 0..<60_000 {
      var text = generator.chance(50) ? "method: m.f\nparams:\n  k: " : ""
      for _ in 0..<(1 + generator.below(9)) { text += generator.pick(Self.pieces) }
      text += "\n"
      let body = CellBody(text)
      // The keys of the body do not matter here, only what was read.
      let readsWhole = body.diagnostics.allSatisfy { [.method, .unknownKey, .wrongType].contains($0.code) }
      guard readsWhole, !body.value.isNull, let other = reference(text) else { continue }
      agreed += 1
      #expect(body.value == other, "\(text.debugDescription)")
      if body.value != other { break }
    }
    #expect(agreed > 5000)
  }
}
