import JSON

/// How an output stands to the same output of another run.
struct Verdict: Sendable {
  enum Kind: String, Sendable {
    case bitEqual = "bit-equal"
    case withinTolerance = "within tolerance"
    case differs
    case notCompared = "not compared"
    case cannot
  }

  /// Where two values first differ by more than is allowed.
  struct Place: Sendable, Equatable {
    /// A JSON Pointer into the value, `name[row,column]` in a file of arrays, `line n` in a text.
    var path: String
    var was: JSON
    var now: JSON
  }

  var kind: Kind
  var place: Place?
  /// The largest difference in relation to the largest number of its array.
  var maxRelative: Double?
  /// Why it cannot be compared, or why it may differ.
  var reason: String?

  static let equal = Verdict(kind: .bitEqual)
  static func cannot(_ reason: String) -> Verdict { Verdict(kind: .cannot, reason: reason) }

  var words: String {
    var notes: [String] = []
    if let maxRelative { notes.append("max rel \(maxRelative.shortText)") }
    if let place { notes.append("at \(place.path)") }
    if let reason { notes.append(reason) }
    let head = kind == .differs ? "DIFFERS" : kind.rawValue
    return notes.isEmpty ? head : "\(head) (\(notes.joined(separator: "; ")))"
  }
}

/// How far two numbers may lie apart: `|a − b| ≤ relative · max|a| + absolute`, the maximum over the output that they
/// stand in, without what is whole there. So a number that is zero but for rounding, of which two libraries share no
/// digit, is held against those that it came from.
struct Tolerance: Sendable {
  /// `nil`: 1e-10 for double precision, 1e-4 for single.
  var relative: Double?
  var absolute = 0.0

  func limit(scale: Double, isSingle: Bool) -> Double {
    (relative ?? (isSingle ? 1e-4 : 1e-10)) * scale + absolute
  }
}

/// What a comparison of two values or files has seen so far.
struct ComparisonState {
  private(set) var place: Verdict.Place?
  private(set) var maxRelative = 0.0
  /// The largest absolute value in the first of two JSON values.
  var outputScale = 0.0

  var differs: Bool { place != nil }

  mutating func found(_ path: String, _ was: JSON, _ now: JSON) {
    if place == nil { place = Verdict.Place(path: path, was: was, now: now) }
  }

  mutating func noteDistance(_ distance: Double, scale: Double) {
    if distance > 0, scale > 0 { maxRelative = max(maxRelative, distance / scale) }
  }

  /// Values that were compared although their bytes differ.
  var verdict: Verdict {
    Verdict(
      kind: place == nil ? .withinTolerance : .differs, place: place, maxRelative: maxRelative > 0 ? maxRelative : nil)
  }
}
