import JSON
import Kernel

/// One tool as a client sees it, and what a call of it does.
struct Tool: Sendable {
  enum Action: Sendable {
    /// A method of the kernel, its params the tool's arguments.
    case method(String)
    case find, call, status
  }

  let name: String
  let action: Action
  private let title: String
  private let description: String
  private let input: JSON
  private let output: JSON?
  private let isReadOnly: Bool
  private let isDestructive: Bool

  /// The description's bytes that hosts take.
  private static let longestDescription = 1024

  /// A method as a tool: its name with `_`, since large clients take no dots.
  static func name(of method: String) -> String {
    String(method.map { $0 == "." || $0 == "/" ? "_" : $0 })
  }

  /// - Throws: a fault of the method's schema.
  init(_ method: String, _ kernel: Kernel) throws(Fault) {
    let page = try kernel.perform("plugin/describe", ["name": .string(method)], Caller(roots: []))
    let summary = page["summary"]?.string ?? ""
    let first = (page["description"]?.string ?? "").split(separator: "\n\n", maxSplits: 1).first.map(String.init) ?? ""
    let lasting = try kernel.hasLastingEffects(method)
    self.init(
      name: Self.name(of: method), .method(method), title: page["title"]?.string ?? method,
      first.isEmpty ? summary : "\(summary) \(first)", input: page["params"] ?? ["type": "object"],
      output: page["result"]?["type"] == "object" ? page["result"] : nil, isReadOnly: !lasting,
      isDestructive: lasting && Self.losing.contains(method))
  }

  /// Methods after which something is gone from where it was.
  private static let losing: Set<String> = ["papers.delete", "artifact/collect", "plugin/restart"]

  init(
    name: String, _ action: Action, title: String, _ description: String, input: JSON, output: JSON?,
    isReadOnly: Bool, isDestructive: Bool = false
  ) {
    (self.name, self.action, self.title) = (name, action, title)
    self.description = description.cut(toBytes: Self.longestDescription)
    self.input = Self.plain(input)
    self.output = output
    (self.isReadOnly, self.isDestructive) = (isReadOnly, isDestructive)
  }

  /// Hosts hand the schema to models whose interface knows no alternatives at its top; the kernel checks them anyway.
  private static func plain(_ schema: JSON) -> JSON {
    var schema = schema
    for keyword in ["oneOf", "anyOf", "allOf", "not", "if", "then", "else"] { schema[keyword] = nil }
    return schema
  }

  var json: JSON {
    var tool: JSON.Object = [
      "name": .string(name), "title": .string(title), "description": .string(description), "inputSchema": input,
    ]
    tool["outputSchema"] = output
    tool["annotations"] = [
      "title": .string(title), "readOnlyHint": .bool(isReadOnly), "destructiveHint": .bool(isDestructive),
      "idempotentHint": .bool(isReadOnly), "openWorldHint": false,
    ]
    return .object(tool)
  }
}
