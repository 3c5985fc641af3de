import JSON
import JSONRPC
import Kernel

/// `tools/call`: arguments become the params of a method, its value the result.
extension ModelContextSession {
  func callTool(_ request: IncomingRequest, _ params: JSON, _ era: Era) {
    guard begin(request) else { return }
    // The list of tools is made at its first use, which takes longer than the reading thread has.
    kernel.pool.run {
      do throws(RPCError) {
        try self.call(request, params, era)
      } catch {
        self.finish(request, .failure(error))
      }
    }
  }

  private func call(_ request: IncomingRequest, _ params: JSON, _ era: Era) throws(RPCError) {
    let name = params["name"]?.string ?? ""
    let tool: Tool?
    let known: [String]
    do throws(Fault) {
      tool = try tools.tool(named: name)
      known = try tools.all.map(\.name)
    } catch {
      throw RPCError(error, log)
    }
    guard let tool else {
      throw RPCError(
        -32602, "Unknown tool: \(name.cut(toBytes: 80))", kind: "tool.notFound",
        ["path": "/name", "hint": .string("one of \(known.prefix(20).joined(separator: ", "))")])
    }
    let arguments: JSON
    switch params["arguments"] {
    case nil, .null?: arguments = [:]
    case .object(let object)?: arguments = .object(object)
    default:
      throw RPCError(-32602, "params/arguments: an object is expected", kind: "params.value", ["path": "/arguments"])
    }
    let form = ToolResult(era: era, pictures: pictures)
    let answer = { @Sendable (method: String, result: Result<JSON, Fault>) in
      self.finish(request, .success(era.dressed(self.told(result, of: method, form))))
    }
    switch tool.action {
    case .method(let method): start(request, params, method, arguments, answer)
    case .find: answer("methods_find", Result { () throws(Fault) in try self.find(arguments) })
    case .status: answer("run_status", Result { () throws(Fault) in try self.status(arguments) })
    case .call:
      do throws(Fault) {
        let (method, given, isBackground) = try named(arguments)
        if isBackground {
          answer("method_call", .success(startInBackground(method, given)))
        } else {
          start(request, params, method, given, answer)
        }
      } catch {
        answer("method_call", .failure(error))
      }
    }
  }

  private func told(_ result: Result<JSON, Fault>, of method: String, _ form: ToolResult) -> JSON {
    switch result {
    case .success(let value): form.success(value, of: method)
    case .failure(let fault): form.failure(RPCError(fault, log).json)
    }
  }

  // MARK: - Methods

  private func caller() -> Caller {
    var caller = Caller(roots: roots)
    caller.wantsRunDetails = true
    return caller
  }

  private func start(
    _ request: IncomingRequest, _ params: JSON, _ method: String, _ arguments: JSON,
    _ answer: @escaping @Sendable (String, Result<JSON, Fault>) -> Void
  ) {
    var caller = caller()
    var notes: ProgressNotes?
    if let token = params["_meta"]?["progressToken"], token.string != nil || token.int != nil {
      let number = state.withLock { state in
        state.nextNumber += 1
        return state.nextNumber
      }
      let made = ProgressNotes(token: token, number: number) { [weak self] params, topic in
        self?.notify("notifications/progress", params, topic: topic)
      }
      caller.progress = { made.report($0) }
      notes = made
    }
    let call = kernel.prepare(method, arguments, caller) { [notes] result in
      notes?.end()
      answer(method, result)
    }
    let isCancelled = state.withLock { state in
      state.requests[request.id]?.call = call
      return state.requests[request.id]?.isCancelled ?? false
    }
    kernel.start(call)
    if isCancelled { call.cancel() }
  }

  /// What `method_call` names, when it may be called here.
  private func named(_ arguments: JSON) throws(Fault) -> (method: String, params: JSON, isBackground: Bool) {
    guard let method = arguments["name"]?.string else {
      throw .parameter("/name", "the name of a method is expected", hint: "methods_find finds one")
    }
    for member in arguments.object?.members ?? [] where !["name", "params", "background"].contains(member.key) {
      throw .parameter(
        "/\(member.key)", "no such member", hint: "the method's own params stand in 'params'")
    }
    if let given = arguments["params"], given.object == nil {
      throw .parameter("/params", "an object is expected, not \(given.typeName)")
    }
    guard try tools.allows(method) else {
      throw Fault(
        1006, "store.readOnly", "\(method) changes what is kept, and this server is read-only",
        hint: "start quire mcp without --read-only")
    }
    return (method, arguments["params"] ?? [:], arguments["background"]?.bool ?? false)
  }

  private func startInBackground(_ method: String, _ params: JSON) -> JSON {
    let name = background.begin(method)
    let call = kernel.prepare(method, params, caller()) { [background] result in background.end(name, result) }
    background.runs(name, call)
    kernel.start(call)
    return ["run": .string(name), "state": "running"]
  }

  // MARK: - Tools of our own

  private func find(_ arguments: JSON) throws(Fault) -> JSON {
    let search = try MethodSearch(kernel) { method throws(Fault) in try self.tools.allows(method) }
    let limit = min(200, max(1, arguments["limit"]?.int ?? 10))
    return search.items(arguments["words"]?.string ?? "", limit: limit)
  }

  private func status(_ arguments: JSON) throws(Fault) -> JSON {
    guard let run = arguments["run"]?.string else {
      throw .parameter("/run", "a run is expected", hint: "method_call with background names one")
    }
    guard let (_, outcome) = background.find(run) else {
      let entries = try kernel.perform("log/show", ["run": .string(run)], caller())["entries"]?.array ?? []
      return ["run": .string(run), "state": entries.last?["state"] ?? "running"]
    }
    var answer: JSON.Object = ["run": .string(run)]
    switch outcome {
    case .running(let call)?:
      if arguments["cancel"]?.bool == true { call.cancel() }
      answer["state"] = "running"
    case nil: answer["state"] = "running"
    case .done(let value)?:
      answer["state"] = "done"
      var plain = value
      if let logged = value["_meta"]?["run"] { answer["logged"] = logged }
      if value["_meta"] != nil { plain["_meta"] = nil }
      answer["value"] = plain
    case .failed(let fault)?:
      answer["state"] = "failed"
      answer["error"] = RPCError(fault, log).json
    }
    return .object(answer)
  }
}
