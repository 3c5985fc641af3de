import Glibc

/// What the terminal behind a descriptor can show.
struct Terminal: Sendable {
  let isThere: Bool
  /// Characters of a line.
  let width: Int
  /// Unicode is written in the person's locale.
  let isUnicode: Bool
  /// Colours are wanted: there is a terminal that knows them, and `NO_COLOR` is not set (no-color.org).
  let isColored: Bool

  init(_ descriptor: Int32) {
    isThere = isatty(descriptor) == 1
    var size = winsize()
    let isKnown = ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
    width = isKnown ? Int(size.ws_col) : 80
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].map(Self.variable).first { !$0.isEmpty } ?? ""
    isUnicode = locale.isEmpty || locale.uppercased().contains("UTF-8") || locale.uppercased().contains("UTF8")
    isColored = isThere && Self.variable("NO_COLOR").isEmpty && !["", "dumb"].contains(Self.variable("TERM"))
  }

  private static func variable(_ name: String) -> String { getenv(name).map { String(cString: $0) } ?? "" }
}
