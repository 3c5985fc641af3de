/// Where a link of untrusted content may lead.
enum LinkTarget {
  /// The address when it is `http:`, `https:`, `mailto:` or a place on the page; anything else is `nil`.
  static func safe(_ address: String) -> String? {
    let address = trimmed(address)
    guard address.utf8.count <= 4096, !address.unicodeScalars.contains(where: isControlOrBlank) else { return nil }
    if address.hasPrefix("#") {
      return address.dropFirst().utf8.allSatisfy(isFragmentByte) ? address : nil
    }
    let schemes = ["https://", "http://", "mailto:"]
    return schemes.contains { address.lowercased().hasPrefix($0) } ? address : nil
  }

  /// The address when it is an image of pixels inside the page itself.
  static func embeddedImage(_ address: String) -> String? {
    let address = trimmed(address)
    for kind in ["png", "jpeg", "gif", "webp"] {
      let prefix = "data:image/\(kind);base64,"
      guard address.lowercased().hasPrefix(prefix) else { continue }
      let data = address.utf8.dropFirst(prefix.utf8.count).filter { !$0.isBlank }
      let isBase64 = data.allSatisfy {
        $0.isLetter || $0.isDigit || $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "=")
      }
      return isBase64 && !data.isEmpty ? prefix + String(decoding: data, as: UTF8.self) : nil
    }
    return nil
  }

  static func isLocal(_ address: String) -> Bool { address.hasPrefix("#") }

  private static func trimmed(_ text: String) -> String {
    var text = text.unicodeScalars[...]
    while let first = text.first, isControlOrBlank(first) { text.removeFirst() }
    while let last = text.last, isControlOrBlank(last) { text.removeLast() }
    return String(text)
  }

  private static func isControlOrBlank(_ scalar: Unicode.Scalar) -> Bool {
    scalar.value <= 0x20 || (0x7F...0xA0).contains(scalar.value)
  }

  private static func isFragmentByte(_ byte: UInt8) -> Bool {
    byte.isLetter || byte.isDigit || "_-.:".utf8.contains(byte)
  }
}
