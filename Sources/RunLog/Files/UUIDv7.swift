/// Identifiers of stores, sessions and runs: UUIDs of version 7 (RFC 9562), whose first 48 bits are the
/// milliseconds since 1970, so that their texts sort by time of making.
public enum UUIDv7 {
  /// A new identifier: 36 lower-case characters.
  public static func next() -> String {
    var generator = SystemRandomNumberGenerator()
    return text(
      milliseconds: WallClock.now().milliseconds, random: (generator.next(), generator.next()))
  }

  /// The identifier made of a time and 74 of the random bits given.
  static func text(milliseconds: UInt64, random: (UInt64, UInt64)) -> String {
    let high = milliseconds << 16 | 0x7000 | random.0 & 0x0FFF
    let low = 0x8000_0000_0000_0000 | random.1 & 0x3FFF_FFFF_FFFF_FFFF
    let bytes = [high, low].flatMap { word in stride(from: 56, through: 0, by: -8).map { UInt8(word >> $0 & 0xFF) } }
    let digits = Array(ContentHash.hexDigits(bytes))
    let groups = [0..<8, 8..<12, 12..<16, 16..<20, 20..<32]
    return groups.map { String(digits[$0]) }.joined(separator: "-")
  }
}
