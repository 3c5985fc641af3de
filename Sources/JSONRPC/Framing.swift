/// How messages stand in a stream of bytes.
public enum Framing: String, Sendable {
  /// `Content-Length: N`, a blank line, N bytes: the base protocol of LSP.
  case headers
  /// One JSON text a line.
  case lines
}

/// Sizes that bound what a peer can make us hold.
public struct FramingLimits: Sendable {
  /// The largest message, in bytes.
  public var message = 256 << 20
  /// The largest block of headers, and how far the framing is looked for, in bytes.
  public var headerBlock = 8 << 10

  public init() {}
}

/// What stands before a message and behind it in a framing.
func frame(ofBytes count: Int, _ framing: Framing) -> (before: [UInt8], after: [UInt8]) {
  switch framing {
  case .lines: ([], [0x0A])
  case .headers: (Array("Content-Length: \(count)\r\n\r\n".utf8), [])
  }
}

func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
func isLineEnd(_ byte: UInt8) -> Bool { byte == 0x0A || byte == 0x0D }
func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
func isLetter(_ byte: UInt8) -> Bool { (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) }
