extension [String] {
  /// The first few with commas, and how many more there are: `a, b, c and 4 more`.
  public func listed(limit: Int = 5) -> String {
    prefix(limit).joined(separator: ", ") + (count > limit ? " and \(count - limit) more" : "")
  }
}

extension Int {
  /// The number with its noun: `1 row`, `3 rows`.
  public func counted(_ one: String, _ several: String? = nil) -> String {
    "\(self) \(self == 1 ? one : several ?? one + "s")"
  }
}
