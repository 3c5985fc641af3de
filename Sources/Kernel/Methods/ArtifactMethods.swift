import JSON
import RunLog

/// `artifact/read`
struct ArtifactRead: KernelMethod {
  static let name = "artifact/read"
  static let effect = Effect.read

  struct Parameters: Decodable, Sendable {
    enum Form: String, Decodable, Sendable { case inline, path, text }
    var hash: String
    var `as`: Form
    var range: [Int]?
  }

  /// The most bytes that one answer carries.
  private static let largestPart = 64 << 20

  static func run(_ parameters: Parameters, _ call: KernelCall) throws -> JSON {
    let workspace = call.kernel.workspace
    guard let hash = ContentHash(reference: parameters.hash) else {
      throw Fault.parameter("/hash", "expected sha256: and 64 hexadecimal digits")
    }
    let (source, media) = try workspace.openArtifact(hash, at: "/hash")
    var answer: JSON.Object = [
      "hash": .string(hash.reference), "media": .string(media), "bytes": JSON(source.count),
    ]
    if parameters.as == .path {
      answer["path"] = .string(try workspace.log().artifacts.path(of: hash))
      return .object(answer)
    }
    let range = parameters.range.map { ($0[0], $0[1]) } ?? (0, source.count)
    guard range.0 <= range.1, range.1 <= source.count else {
      throw Fault.parameter("/range", "the artifact has \(source.count) bytes")
    }
    guard range.1 - range.0 <= largestPart else {
      throw Fault.parameter("/range", "one answer carries at most \(largestPart >> 20) MiB", hint: "ask for a path")
    }
    let bytes = try source.bytes(at: range.0, count: range.1 - range.0)
    if parameters.as == .text {
      guard let text = String(validating: bytes, as: UTF8.self) else {
        throw Fault.parameter("/as", "the artifact is no UTF-8 text", hint: "ask for it inline")
      }
      answer["text"] = .string(text)
    } else {
      answer["data"] = .string(base64(bytes))
    }
    return .object(answer)
  }
}

/// RFC 4648, section 4.
func base64(_ bytes: [UInt8]) -> String {
  let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
  var text: [UInt8] = []
  text.reserveCapacity((bytes.count + 2) / 3 * 4)
  var index = 0
  while index < bytes.count {
    let count = min(3, bytes.count - index)
    var group = UInt32(bytes[index]) << 16
    if count > 1 { group |= UInt32(bytes[index + 1]) << 8 }
    if count > 2 { group |= UInt32(bytes[index + 2]) }
    for place in 0..<4 {
      text.append(place <= count ? alphabet[Int(group >> (18 - 6 * UInt32(place))) & 63] : UInt8(ascii: "="))
    }
    index += 3
  }
  return String(decoding: text, as: UTF8.self)
}
