import JSON
import Kernel

/// How the pictures of a result are given.
public enum PictureForm: String, Sendable, CaseIterable { case link, svg, none }

/// A method's value as the result of a tool: structured, as text, and its pictures as links.
///
/// Pictures are SVG. Hosts hand image content to models that take PNG, JPEG, GIF and WebP alone, and a single SVG makes
/// some of them refuse the whole conversation; so an image is sent only where the person asked for it.
struct ToolResult {
  let era: Era
  let pictures: PictureForm

  /// The longest text, in bytes: some clients read lines of no more.
  static let longestText = 64 << 10

  func success(_ value: JSON, of method: String) -> JSON {
    var value = value
    let meta = value["_meta"]
    if meta != nil { value["_meta"] = nil }
    let run = (meta?["run"] ?? value["run"])?.string
    var displays = meta?["displays"]?.array ?? []
    if ["cell/run", "cell/outputs"].contains(method), let shown = value["displays"]?.array {
      displays = shown
      // The pictures follow as content of their own.
      value["displays"] = .array(shown.map(Self.textOnly))
    }
    var content = [text(value, run)]
    for warning in meta?["warnings"]?.array ?? [] {
      guard value["warnings"] == nil, let message = warning["message"]?.string else { continue }
      content.append(["type": "text", "text": .string("warning \(warning["code"]?.string ?? ""): \(message)")])
    }
    for (number, display) in displays.enumerated() { content += picture(display, run, number) }
    var result: JSON.Object = ["content": .array(content)]
    result["structuredContent"] = value.object == nil ? ["value": value] : value
    result["isError"] = false
    if let run {
      var details: JSON.Object = ["quire/run": .string(run)]
      details["quire/cached"] = meta?["cached"] ?? value["cached"]
      result["_meta"] = .object(details)
    }
    return .object(result)
  }

  /// A failure of the call itself, as text that a model can correct itself by.
  func failure(_ error: JSON) -> JSON {
    ["content": [["type": "text", "text": .string(error.prettyText)]], "isError": true]
  }

  private func text(_ value: JSON, _ run: String?) -> JSON {
    let all = value.text
    guard all.utf8.count > Self.longestText else { return ["type": "text", "text": .string(all)] }
    let rest = run.map { "; the whole is quire://runs/\($0)/value" } ?? ""
    return [
      "type": "text",
      "text": .string(all.cut(toBytes: Self.longestText) + "\n[cut: \(all.utf8.count) bytes in all\(rest)]"),
    ]
  }

  private static func textOnly(_ display: JSON) -> JSON {
    var display = display
    display["data"] = .object(["text/plain": display["data"]?["text/plain"] ?? ""])
    return display
  }

  private func picture(_ display: JSON, _ run: String?, _ number: Int) -> [JSON] {
    let title = display["title"]?.string ?? "picture"
    var found: [JSON] = []
    if let plain = display["data"]?["text/plain"]?.string {
      found.append(["type": "text", "text": .string("\(title)\n\(plain.cut(toBytes: 4 << 10))")])
    }
    guard let svg = display["data"]?["image/svg+xml"]?.string else { return found }
    switch pictures {
    case .none: break
    case .svg:
      found.append([
        "type": "image", "data": .string(Base64.encode(Array(svg.utf8))), "mimeType": "image/svg+xml",
      ])
    case .link:
      guard let run else { break }
      let address = "quire://runs/\(run)/pictures/\(number)"
      found.append(
        era.hasResourceLinks
          ? [
            "type": "resource_link", "uri": .string(address), "name": .string("picture \(number)"),
            "title": .string(title), "mimeType": "image/svg+xml",
          ] : ["type": "text", "text": .string("picture: \(address)")])
    }
    return found
  }
}
