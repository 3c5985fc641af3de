import JSON

extension CompiledSchema {
  /// The pointers to what the schemas of Quire's own methods do not use: keywords outside a short list, formats that
  /// are not checked, and references that are neither `#/…` nor `quire:…`. Members that begin with `x-` are allowed.
  public static func unknownKeywords(in schema: JSON) -> [String] {
    var pointers: [String] = []
    collect(schema, JSON.Pointer(), &pointers)
    return pointers
  }

  private static let ownKeywords: Set<String> = [
    "type", "enum", "const", "properties", "required", "additionalProperties", "patternProperties", "items",
    "prefixItems", "minItems", "maxItems", "uniqueItems", "minimum", "maximum", "exclusiveMinimum",
    "exclusiveMaximum", "multipleOf", "minLength", "maxLength", "pattern", "oneOf", "anyOf", "allOf", "not", "if",
    "then", "else", "$ref", "$defs", "default", "format", "title", "description", "examples",
  ]

  private static func collect(_ schema: JSON, _ place: JSON.Pointer, _ pointers: inout [String]) {
    for member in schema.object?.members ?? [] {
      let here = place.appending(member.key)
      guard isOwn(member) else {
        if !member.key.hasPrefix("x-") { pointers.append(here.description) }
        continue
      }
      switch SubschemaKeyword.kinds[member.key] {
      case nil: break
      case .schema: collect(member.value, here, &pointers)
      case .array:
        for (index, element) in (member.value.array ?? []).enumerated() {
          collect(element, here.appending("\(index)"), &pointers)
        }
      case .map:
        for entry in member.value.object?.members ?? [] {
          collect(entry.value, here.appending(entry.key), &pointers)
        }
      }
    }
  }

  private static func isOwn(_ member: JSON.Object.Member) -> Bool {
    guard ownKeywords.contains(member.key) else { return false }
    switch member.key {
    case "format": return member.value.string.flatMap(Format.init(rawValue:)) != nil
    case "$ref": return member.value.string.map { $0 == "#" || $0.hasPrefix("#/") || $0.hasPrefix("quire:") } ?? false
    default: return true
    }
  }
}
