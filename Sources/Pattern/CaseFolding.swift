/// Which code points are the same letter when case does not count.
///
/// ECMA-262 asks for Unicode's simple case folding. Swift's library has the case mappings only; the lower case of the
/// upper case, each where it is a single code point, is that folding but for four letters.
enum CaseFolding {
  /// Adds to a set all that differs from a member of it in case only.
  static func closure(of set: ScalarSet) -> ScalarSet {
    var added: [ClosedRange<UInt32>] = []
    if set.count <= 256 {
      for scalar in set.ranges.joined() {
        for other in partners[scalar] ?? [] { added.append(other...other) }
      }
    } else {
      for (scalar, others) in partners where set.contains(scalar) {
        for other in others { added.append(other...other) }
      }
    }
    return added.isEmpty ? set : ScalarSet(set.ranges + added)
  }

  /// Of each letter with more than one case, the others of its kind.
  private static let partners: [UInt32: [UInt32]] = {
    var kinds: [UInt32: [UInt32]] = [:]
    // The two first planes hold all letters that have a case.
    for value: UInt32 in 0...0x1FFFF {
      guard let scalar = Unicode.Scalar(value), scalar.properties.changesWhenCaseMapped else { continue }
      kinds[fold(scalar), default: []].append(value)
    }
    var partners: [UInt32: [UInt32]] = [:]
    for members in kinds.values where members.count > 1 {
      for member in members { partners[member] = members.filter { $0 != member } }
    }
    return partners
  }()

  private static func fold(_ scalar: Unicode.Scalar) -> UInt32 {
    switch scalar.value {
    case 0x131: return scalar.value  // The dotless i is no i.
    case 0x1FD3: return 0x390
    case 0x1FE3: return 0x3B0
    case 0xFB05: return 0xFB06
    default: break
    }
    let upper = single(scalar.properties.uppercaseMapping) ?? scalar
    return (single(upper.properties.lowercaseMapping) ?? upper).value
  }

  private static func single(_ mapping: String) -> Unicode.Scalar? {
    mapping.unicodeScalars.count == 1 ? mapping.unicodeScalars.first : nil
  }
}
