import Glibc

extension JSON {
  /// A value that has no canonical form.
  public enum CanonicalError: Error, Sendable, Equatable {
    /// An integer that a binary64 does not hold exactly; `pointer` says where.
    case inexactInteger(pointer: String)
    /// A real that is NaN or infinite.
    case notFinite(pointer: String)
  }

  /// The canonical form of RFC 8785: no blanks, names sorted by UTF-16 code units, ECMAScript numbers.
  ///
  /// An integer is refused unless a binary64 holds it exactly, so that what is hashed is what is meant.
  public func canonicalBytes() throws(CanonicalError) -> [UInt8] {
    var writer = Writer()
    do {
      try writer.writeCanonical(self)
    } catch {
      throw error.located(in: self)
    }
    return writer.bytes
  }

  /// Reads a text and checks that it has a canonical form: besides the rules of `parse`, an integer literal is
  /// refused unless a binary64 holds it exactly or it is the canonical text of one.
  public static func parseCanonicalizable(_ bytes: [UInt8]) throws -> JSON {
    let value = try parse(bytes, .largeIntegers)
    if let offset = firstInexactInteger(bytes) {
      throw ParseError(
        kind: .number, message: "an integer that a binary64 does not hold exactly; send it as a string",
        offset: offset, line: 1 + bytes[..<offset].count { $0 == 0x0A }, column: 1, name: nil)
    }
    return value
  }

  /// Byte offset of the first integer literal of more than 15 digits that no binary64 stands for.
  private static func firstInexactInteger(_ bytes: [UInt8]) -> Int? {
    var index = 0
    var inString = false
    while index < bytes.count {
      let byte = bytes[index]
      if inString {
        if byte == UInt8(ascii: "\\") { index += 1 } else if byte == UInt8(ascii: "\"") { inString = false }
        index += 1
        continue
      }
      if byte == UInt8(ascii: "\"") { inString = true }
      guard byte == UInt8(ascii: "-") || (0x30...0x39).contains(byte) else {
        index += 1
        continue
      }
      let end = bytes[index...].firstIndex { !"-+.eE0123456789".utf8.contains($0) } ?? bytes.count
      let literal = String(decoding: bytes[index..<end], as: UTF8.self)
      if literal.utf8.count > 15, !literal.utf8.contains(where: { ".eE".utf8.contains($0) }), !isExact(literal) {
        return index
      }
      index = end
    }
    return nil
  }

  private static func isExact(_ literal: String) -> Bool {
    guard let value = Double(literal), value.isFinite else { return false }
    if NumberText.canonical(value) == literal { return true }
    // glibc prints all digits of the binary64.
    var text = [CChar](repeating: 0, count: 400)
    let length = withVaList([value]) { vsnprintf(&text, text.count, "%.0f", $0) }
    let digits = text.prefix(Int(length)).map { UInt8(bitPattern: $0) }
    return String(decoding: digits, as: UTF8.self) == literal
  }
}

private enum Refusal: Error {
  case integer, notFinite

  func located(in value: JSON) -> JSON.CanonicalError {
    let pointer = firstRefused(value).map { JSON.Pointer($0).description } ?? ""
    return self == .integer ? .inexactInteger(pointer: pointer) : .notFinite(pointer: pointer)
  }

  private func firstRefused(_ value: JSON) -> [String]? {
    switch value {
    case .integer(let integer): self == .integer && Int64(exactly: Double(integer)) != integer ? [] : nil
    case .real(let real): self == .notFinite && !real.isFinite ? [] : nil
    case .array(let elements):
      elements.indices.lazy.compactMap { index in firstRefused(elements[index]).map { ["\(index)"] + $0 } }.first
    case .object(let object):
      object.members.lazy.compactMap { member in firstRefused(member.value).map { [member.key] + $0 } }.first
    default: nil
    }
  }
}

extension JSON.Writer {
  fileprivate mutating func writeCanonical(_ value: JSON) throws(Refusal) {
    switch value {
    case .integer(let integer):
      let real = Double(integer)
      guard Int64(exactly: real) == integer else { throw .integer }
      append(integer.magnitude < 1 << 53 ? String(integer) : NumberText.canonical(real))
    case .real(let real):
      guard real.isFinite else { throw .notFinite }
      append(NumberText.canonical(real))
    case .array(let elements):
      bytes.append(UInt8(ascii: "["))
      for (index, element) in elements.enumerated() {
        if index > 0 { bytes.append(UInt8(ascii: ",")) }
        try writeCanonical(element)
      }
      bytes.append(UInt8(ascii: "]"))
    case .object(let object):
      bytes.append(UInt8(ascii: "{"))
      let members = object.members.sorted { $0.key.precedesInUTF16($1.key) }
      for (index, member) in members.enumerated() {
        if index > 0 { bytes.append(UInt8(ascii: ",")) }
        write(string: member.key)
        bytes.append(UInt8(ascii: ":"))
        try writeCanonical(member.value)
      }
      bytes.append(UInt8(ascii: "}"))
    default: write(value)
    }
  }
}

extension String {
  fileprivate func precedesInUTF16(_ other: String) -> Bool {
    utf16.lexicographicallyPrecedes(other.utf16)
  }
}
