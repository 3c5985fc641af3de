import JSON
import Kernel
import Synchronization

/// The tools of a session, in order of name; made when they are first asked for. Guarded by `made`.
final class ToolList: Sendable {
  private let kernel: Kernel
  private let choice: ToolChoice
  private let isReadOnly: Bool
  private let made = Mutex<Result<[Tool], Fault>?>(nil)

  init(_ kernel: Kernel, _ choice: ToolChoice, isReadOnly: Bool) {
    (self.kernel, self.choice, self.isReadOnly) = (kernel, choice, isReadOnly)
  }

  var all: [Tool] {
    get throws(Fault) {
      let result = made.withLock { made -> Result<[Tool], Fault> in
        if let made { return made }
        let fresh: Result<[Tool], Fault>
        do throws(Fault) {
          fresh = .success(try make())
        } catch {
          fresh = .failure(error)
        }
        made = fresh
        return fresh
      }
      return try result.get()
    }
  }

  func tool(named name: String) throws(Fault) -> Tool? { try all.first { $0.name == name } }

  /// Whether a method may be called in this session.
  func allows(_ method: String) throws(Fault) -> Bool {
    guard isReadOnly else { return true }
    return try !kernel.hasLastingEffects(method)
  }

  /// Methods of the core set that have tools of their own.
  private static let core = [
    "papers.search", "papers.get", "papers.import", "notebook/open", "notebook/run", "cell/run", "artifact/read",
    "log/show",
  ]

  private func make() throws(Fault) -> [Tool] {
    var tools: [String: Tool] = [:]
    for method in kernel.methodNames where choice.includes(method) || choice.hasCore && Self.core.contains(method) {
      guard try allows(method) else { continue }
      let tool = try Tool(method, kernel)
      tools[tool.name] = tool
    }
    if choice.hasCore || choice.hasAll {
      for tool in try general() { tools[tool.name] = tool }
    }
    return tools.values.sorted { $0.name < $1.name }
  }

  /// Tools that lead to every method.
  private func general() throws(Fault) -> [Tool] {
    let described = try kernel.perform("plugin/describe", ["name": "plugin/describe"], Caller(roots: []))
    return [
      Tool(
        name: "methods_find", .find, title: "Find methods",
        """
        Finds analysis methods by what they do, such as 'linear probe accuracy' or 'cluster papers'. Then read \
        method_describe for params, and call with method_call.
        """,
        input: [
          "type": "object",
          "properties": [
            "words": ["type": "string", "description": "What the method should do; empty lists all."],
            "limit": ["type": "integer", "minimum": 1, "maximum": 200, "default": 10],
          ], "required": ["words"], "additionalProperties": false,
        ],
        output: [
          "type": "object",
          "properties": [
            "items": [
              "type": "array",
              "items": [
                "type": "object", "properties": ["name": ["type": "string"], "summary": ["type": "string"]],
                "required": ["name", "summary"],
              ],
            ]
          ], "required": ["items"],
        ], isReadOnly: true),
      Tool(
        name: "method_describe", .method("plugin/describe"), title: "Describe a method",
        "What a method answers, when it misleads, and the schemas of its params and its result.",
        input: described["params"] ?? ["type": "object"], output: nil, isReadOnly: true),
      Tool(
        name: "method_call", .call, title: "Call a method",
        """
        Calls any method by its name. Params are checked against its schema; an error says which member is wrong and \
        what was expected. With background the answer comes at once, and run_status follows the call.
        """,
        input: [
          "type": "object",
          "properties": [
            "name": ["type": "string", "description": "The method, such as probe.logistic."],
            "params": ["type": "object", "description": "Its params; see method_describe.", "default": [:]],
            "background": ["type": "boolean", "default": false, "description": "Answer at once with a run to follow."],
          ], "required": ["name"], "additionalProperties": false,
        ], output: nil, isReadOnly: isReadOnly),
      Tool(
        name: "run_status", .status, title: "Follow a run",
        "What became of a call that was made in the background, or of a run of the log.",
        input: [
          "type": "object",
          "properties": [
            "run": ["type": "string", "description": "The run that method_call named, or one of the log."],
            "cancel": ["type": "boolean", "default": false, "description": "Ask a call in the background to stop."],
          ], "required": ["run"], "additionalProperties": false,
        ], output: nil, isReadOnly: true),
    ]
  }
}
