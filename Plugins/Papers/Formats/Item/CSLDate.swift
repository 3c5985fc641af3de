import JSON

/// A date or a range of dates as CSL-JSON has it: year, month, day as far as they are known.
struct CSLDate: Sendable, Hashable {
  /// A year with perhaps a month and a day.
  struct Parts: Sendable, Hashable {
    var year: Int
    var month: Int?
    var day: Int?

    init(_ year: Int, _ month: Int? = nil, _ day: Int? = nil) {
      (self.year, self.month, self.day) = (year, month, month == nil ? nil : day)
    }

    var json: JSON {
      guard let month else { return .array([JSON(year)]) }
      guard let day else { return .array([JSON(year), JSON(month)]) }
      return .array([JSON(year), JSON(month), JSON(day)])
    }
  }

  var start: Parts?
  /// The end of a range.
  var end: Parts?
  /// 1 spring, 2 summer, 3 autumn, 4 winter.
  var season: Int?
  var circa = false
  /// The words of a date that is none of a calendar (“forthcoming”).
  var literal: String?

  init(_ start: Parts? = nil, to end: Parts? = nil, literal: String? = nil) {
    (self.start, self.end, self.literal) = (start, end, literal)
  }

  /// The date as CSL-JSON has it.
  var json: JSON {
    if let start, end == nil, season == nil, !circa, literal == nil {
      return .object(JSON.Object(distinct: [.init("date-parts", .array([start.json]))]))
    }
    var object = JSON.Object()
    if let start { object["date-parts"] = .array([start, end].compactMap { $0?.json }) }
    if let season { object["season"] = JSON(season) }
    if circa { object["circa"] = .bool(true) }
    if let literal { object["literal"] = .string(literal) }
    return .object(object)
  }
}
