extension CSLDate {
  /// From the front of `2024-03-15T00:00:00Z`, `2024-03`, `2024`; `nil` without a year of four digits, and what is no
  /// month or day is left out.
  init?(iso text: some StringProtocol) {
    let parts = text.prefix { $0 != "T" && $0 != " " }.split(separator: "-", omittingEmptySubsequences: false)
    guard let first = parts.first, first.utf8.count == 4, let year = Int(first), year > 0 else { return nil }
    let month = parts.count > 1 ? Int(parts[1]) : nil
    let day = parts.count > 2 ? Int(parts[2]) : nil
    self.init(checked: year, month, day)
  }

  /// A year with the month and the day as far as they exist in a calendar.
  init(checked year: Int, _ month: Int?, _ day: Int?) {
    let month = month.flatMap { (1...12).contains($0) ? $0 : nil }
    let day = day.flatMap { (1...31).contains($0) ? $0 : nil }
    self.init(Parts(year, month, day))
  }
}
