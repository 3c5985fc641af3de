import JSON
import JSONRPC
import Kernel

/// Lists and resources: what is only looked at.
extension ModelContextSession {
  /// Items of one page.
  private static let page = 100

  func look(_ method: String, _ params: JSON, _ era: Era) throws(RPCError) -> JSON {
    do {
      switch method {
      case "tools/list": return try era.page("tools", tools.all.map(\.json), params, of: Self.page)
      case "resources/list": return try era.page("resources", resources.list(), params, of: Self.page)
      case "resources/templates/list":
        return try era.page("resourceTemplates", Resources.templates, params, of: Self.page)
      case "prompts/list": return try era.page("prompts", Prompts.list, params, of: Self.page)
      case "prompts/get": return era.dressed(try Prompts.get(params))
      default: return try read(params, era)
      }
    } catch let fault as Fault {
      throw RPCError(fault, log)
    } catch let error as RPCError {
      throw error
    } catch {
      throw RPCError(.internalFault("\(error)"), log)
    }
  }

  private var resources: Resources { Resources(kernel: kernel, caller: Caller(roots: roots)) }

  private func read(_ params: JSON, _ era: Era) throws -> JSON {
    guard let uri = params["uri"]?.string else {
      throw RPCError(-32602, "params/uri: a string is expected", kind: "params.value", ["path": "/uri"])
    }
    guard let found = try resources.read(uri) else {
      throw RPCError(
        era == .stateless ? -32602 : -32002, "Resource not found", kind: "resource.notFound",
        ["uri": .string(uri.cut(toBytes: 200)), "hint": "resources/templates/list names the addresses"])
    }
    return era.dressed(found, isCacheable: true)
  }
}

extension Era {
  /// One page of a list; the cursor is the place where the next one begins.
  fileprivate func page(_ name: String, _ items: [JSON], _ params: JSON, of size: Int) throws(RPCError) -> JSON {
    var start = 0
    if let cursor = params["cursor"], !cursor.isNull {
      guard let place = cursor.string.flatMap(Int.init), place > 0, place < items.count else {
        throw RPCError(
          -32602, "params/cursor: no cursor of this list", kind: "params.value",
          ["path": "/cursor", "hint": "leave it out to begin anew"])
      }
      start = place
    }
    let end = min(items.count, start + size)
    var result: JSON.Object = [:]
    result[name] = .array(Array(items[start..<end]))
    if end < items.count { result["nextCursor"] = .string("\(end)") }
    return dressed(.object(result), isCacheable: true)
  }
}
