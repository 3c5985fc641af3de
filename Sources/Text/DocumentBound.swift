/// A bound on the number of texts that have a term.
public enum DocumentBound: Sendable, Hashable, CustomStringConvertible {
  case count(Int)
  /// A share of all texts, from 0 to 1.
  case fraction(Double)

  /// A lower bound as one writes it: a fraction below 1, else a number of texts.
  public static func minimum(_ value: Double) -> DocumentBound { value < 1 ? .fraction(value) : bound(value) }

  /// An upper bound as one writes it: a fraction up to 1, else a number of texts. So 1 and 1.0 both mean every text.
  public static func maximum(_ value: Double) -> DocumentBound { value <= 1 ? .fraction(value) : bound(value) }

  private static func bound(_ value: Double) -> DocumentBound { .count(Int(exactly: value.rounded()) ?? .max) }

  public var description: String {
    switch self {
    case .count(let number): "\(number)"
    case .fraction(let share): "\(share) of all"
    }
  }

  func number(of documents: Int) -> Double {
    switch self {
    case .count(let number): Double(number)
    case .fraction(let share): share * Double(documents)
    }
  }

  /// Whether no number of texts can keep this lower and that upper bound. (A number against a share may be met by more
  /// texts; with too few of them every term is dropped, which is no fault of the request.)
  func contradicts(_ upper: DocumentBound) -> Bool {
    switch (self, upper) {
    case (.count(let least), .count(let most)): least > most
    case (.fraction(let least), .fraction(let most)): least > most
    default: false
    }
  }

  func check(_ name: String) throws(TextFault) {
    switch self {
    case .count(let number) where number < 0:
      throw TextFault(name, "expected a number of texts from 0, found \(number)")
    case .fraction(let share) where !(share >= 0 && share <= 1):
      throw TextFault(name, "expected a fraction from 0 to 1, found \(share)")
    default: break
    }
  }
}

/// Written as `{"count": 2}` or `{"fraction": 0.5}`.
extension DocumentBound: Codable {
  private enum Kind: String, CodingKey { case count, fraction }

  public init(from decoder: any Decoder) throws {
    let kinds = try decoder.container(keyedBy: Kind.self)
    if let count = try kinds.decodeIfPresent(Int.self, forKey: .count) {
      self = .count(count)
    } else {
      self = .fraction(try kinds.decode(Double.self, forKey: .fraction))
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var kinds = encoder.container(keyedBy: Kind.self)
    switch self {
    case .count(let number): try kinds.encode(number, forKey: .count)
    case .fraction(let share): try kinds.encode(share, forKey: .fraction)
    }
  }
}
