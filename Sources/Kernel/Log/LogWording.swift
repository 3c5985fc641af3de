import Glibc
import JSON
import RunLog

/// Words as the log keeps them: names of files go from the workspace's folder, what lies outside it is the last
/// component alone.
struct LogWording: Sendable {
  /// Of the workspace; as it was given, and with its links resolved.
  private let roots: [String]

  init(root: String) {
    roots = Set([root, Path.resolved(root) ?? root]).filter { $0 != "/" }.sorted { $0.utf8.count > $1.utf8.count }
  }

  /// The text without absolute paths.
  ///
  /// What begins with a slash is one when its first component is a folder of this machine: messages hold JSON Pointers
  /// too, and they stay.
  func text(_ text: String) -> String {
    guard text.utf8.contains(Self.slash) else { return text }
    var text = text
    for root in roots {
      text = text.replacing(root + "/", with: "").replacing(root, with: ".")
    }
    let bytes = Array(text.utf8)
    var result: [UInt8] = []
    var position = 0
    while position < bytes.count {
      guard bytes[position] == Self.slash, position == 0 || !Self.isOfName(bytes[position - 1]) else {
        result.append(bytes[position])
        position += 1
        continue
      }
      let end = bytes[position...].firstIndex { $0 != Self.slash && !Self.isOfName($0) } ?? bytes.count
      let name = String(decoding: bytes[position..<end], as: UTF8.self)
      result += isPath(name) ? Array(Path.lastComponent(name).utf8) : Array(name.utf8)
      position = end
    }
    return String(decoding: result, as: UTF8.self)
  }

  /// The value of an error with its texts so; `path` is a pointer into params.
  func json(_ value: JSON) -> JSON {
    value.replacing { part, pointer in
      guard let words = part.string, pointer.tokens.last != "path" else { return nil }
      return .string(text(words))
    }
  }

  private static let slash = UInt8(ascii: "/")

  /// Blanks end a name, since most names have none; what follows one is no absolute path by itself.
  private static func isOfName(_ byte: UInt8) -> Bool {
    byte > 0x20 && !"\"'`()[]{}<>,;:".utf8.contains(byte)
  }

  private func isPath(_ name: String) -> Bool {
    let parts = name.split(separator: "/")
    guard parts.count > 1, let first = parts.first else { return false }
    return Path.isFolder("/" + first)
  }
}

extension RunFinish {
  /// How a run ended by a fault. What a program of its own said on standard error last stands beside the error.
  init(_ run: String, _ fault: Fault, milliseconds: Double, _ wording: LogWording) {
    var fault = fault
    let lines = fault.details["details"]?["stderr"]?.array?.compactMap(\.string) ?? []
    if !lines.isEmpty { fault.details["details"] = nil }
    self.init(
      run: run, state: fault.code == Fault.cancelled.code ? .cancelled : .failed, error: wording.json(fault.json),
      elapsedMilliseconds: milliseconds,
      stderrTail: lines.isEmpty ? nil : wording.text(lines.joined(separator: "\n")))
  }
}
