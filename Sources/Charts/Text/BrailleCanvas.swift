/// A grid of dots, two by four to a character (Unicode's Braille patterns, U+2800 on), each character in one colour.
struct BrailleCanvas {
  let columns: Int
  let rows: Int
  private var dots: [UInt8]
  private var hues: [Int?]

  init(columns: Int, rows: Int) {
    (self.columns, self.rows) = (columns, rows)
    dots = Array(repeating: 0, count: columns * rows)
    hues = Array(repeating: nil, count: columns * rows)
  }

  var width: Int { columns * 2 }
  var height: Int { rows * 4 }

  /// The bit of each dot of a character: the two columns of the pattern, from above.
  private static let bits: [[UInt8]] = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]]

  /// Sets the dot at `x` from the left and `y` from above; outside the grid nothing happens.
  mutating func set(_ x: Int, _ y: Int, hue: Int?) {
    guard (0..<width).contains(x), (0..<height).contains(y) else { return }
    let place = y / 4 * columns + x / 2
    dots[place] |= Self.bits[x % 2][y % 4]
    hues[place] = hue
  }

  /// Sets the dots between two points of the grid.
  mutating func line(from: (x: Int, y: Int), to: (x: Int, y: Int), hue: Int?) {
    let steps = max(abs(to.x - from.x), abs(to.y - from.y), 1)
    for step in 0...steps {
      let share = Double(step) / Double(steps)
      let x = Double(from.x) + share * Double(to.x - from.x)
      let y = Double(from.y) + share * Double(to.y - from.y)
      set(Int(x.rounded()), Int(y.rounded()), hue: hue)
    }
  }

  func row(_ number: Int, _ ink: TextPicture.Ink) -> String {
    var text = ""
    for column in 0..<columns {
      let place = number * columns + column
      guard dots[place] != 0, let dot = Unicode.Scalar(0x2800 + UInt32(dots[place])) else {
        text += " "
        continue
      }
      text += ink.paint(String(Character(dot)), hues[place])
    }
    return text
  }
}
