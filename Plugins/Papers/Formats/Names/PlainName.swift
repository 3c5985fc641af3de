/// Names of words that begin with capital ASCII letters, with nothing in them that TeX or a rule of names knows: most
/// names are so, and are told by one look at each byte.
enum PlainName {
  /// Where family and given names stand, in the form `First Last` or `Last, First`; `nil` for any other name.
  static func parts(
    _ input: UnsafeBufferPointer<UInt8>, _ range: Range<Int>
  ) -> (family: Range<Int>, given: Range<Int>)? {
    var (comma, blank) = (-1, -1)
    var before: UInt8 = 0x20
    for index in range {
      let byte = input[index]
      let beginsWord = before == 0x20 || before == UInt8(ascii: ",")
      switch byte {
      case UInt8(ascii: "A")...UInt8(ascii: "Z"): break
      case UInt8(ascii: "a")...UInt8(ascii: "z"): guard !beginsWord else { return nil }
      // Two of them mean something to TeX.
      case UInt8(ascii: "-"), UInt8(ascii: "'"): guard !beginsWord, before != byte else { return nil }
      case UInt8(ascii: "."): guard !beginsWord else { return nil }
      case 0x20:
        guard before != 0x20 else { return nil }
        blank = index
      case UInt8(ascii: ","):
        guard !beginsWord, comma < 0 else { return nil }
        comma = index
      default: return nil
      }
      before = byte
    }
    let (start, end) = (range.lowerBound, range.upperBound)
    if comma >= 0 {
      let given = comma + 1 < end && input[comma + 1] == 0x20 ? comma + 2 : comma + 1
      return given < end ? (family: start..<comma, given: given..<end) : nil
    }
    return blank < 0
      ? (family: range, given: start..<start) : (family: blank + 1..<end, given: start..<blank)
  }
}
