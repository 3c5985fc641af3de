import JSON

/// A name of a person or a body, in the parts that CSL-JSON has.
struct PersonalName: Sendable, Hashable {
  var family: String?
  var given: String?
  /// `von` as in `Ludwig van Beethoven`, which is left out where the family name stands alone.
  var droppingParticle: String?
  /// `de` as in `Charles de Gaulle`, which belongs to the family name.
  var nonDroppingParticle: String?
  var suffix: String?
  /// The whole name where it has no parts: a body, or a name given in one piece.
  var literal: String?

  init(family: String? = nil, given: String? = nil, literal: String? = nil) {
    (self.family, self.given, self.literal) = (family, given, literal)
  }

  /// From a name of a CSL-JSON item.
  init(_ json: JSON) {
    self.init(family: json["family"]?.string, given: json["given"]?.string, literal: json["literal"]?.string)
    droppingParticle = json["dropping-particle"]?.string
    nonDroppingParticle = json["non-dropping-particle"]?.string
    suffix = json["suffix"]?.string
  }

  /// Whether no part holds anything.
  var isEmpty: Bool {
    [family, given, droppingParticle, nonDroppingParticle, suffix, literal].allSatisfy { $0?.isEmpty ?? true }
  }

  /// The name as CSL-JSON has it; parts without a value are left out.
  var json: JSON {
    var members: [JSON.Object.Member] = []
    members.reserveCapacity(2)
    if let family { members.append(.init("family", .string(family))) }
    if let given { members.append(.init("given", .string(given))) }
    if let droppingParticle { members.append(.init("dropping-particle", .string(droppingParticle))) }
    if let nonDroppingParticle { members.append(.init("non-dropping-particle", .string(nonDroppingParticle))) }
    if let suffix { members.append(.init("suffix", .string(suffix))) }
    if let literal { members.append(.init("literal", .string(literal))) }
    return .object(JSON.Object(distinct: members))
  }
}
