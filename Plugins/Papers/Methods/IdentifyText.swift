import JSON
import PaperStore
import PluginKit

/// Says what identifier a text is, in canonical form.
public struct IdentifyText: Method {
  public static let name = "papers.identify"

  public struct Parameters: Decodable, Sendable {
    let text: String
    let scheme: String?
  }

  public struct Output: Encodable, Sendable {
    let scheme: JSON
    let value: JSON
    let version: JSON
    let valid: Bool
    let reason: JSON
    let warnings: [Warning]
  }

  public init() {}

  public func run(_ parameters: Parameters, _ context: Context) throws -> Output {
    let named = parameters.scheme.flatMap(IdentifierScheme.init(rawValue:))
    let found = IdentifierScheme.identify(parameters.text, as: named.map { [$0] } ?? IdentifierScheme.recognised)
    let reason = found == nil ? self.reason(named) : nil
    context.display(
      "Identifier", .text(found.map { "\($0.scheme.rawValue):\($0.read.value)" } ?? reason ?? ""))
    return Output(
      scheme: (found?.scheme ?? named).map { .string($0.rawValue) } ?? .null,
      value: found.map { .string($0.read.value) } ?? .null, version: found?.read.version.map(JSON.string) ?? .null,
      valid: found != nil, reason: reason.map(JSON.string) ?? .null,
      warnings: [])
  }

  private func reason(_ scheme: IdentifierScheme?) -> String {
    switch scheme {
    case .isbn, .orcid: "no \(scheme?.rawValue.uppercased() ?? "") of the right length and check digit"
    case let scheme?: "not of the form of a \(scheme.rawValue)"
    case nil: "none of \(IdentifierScheme.recognised.map(\.rawValue).joined(separator: ", "))"
    }
  }
}

extension IdentifierScheme {
  /// What a whole text is as an identifier; the first scheme that fits.
  static func identify(
    _ text: String, as schemes: [IdentifierScheme] = recognised
  ) -> (scheme: IdentifierScheme, read: ReadIdentifier)? {
    for scheme in schemes {
      if let read = scheme.read(text) ?? scheme.readDamaged(text) { return (scheme, read) }
    }
    return nil
  }

  /// The canonical form of what a person typed behind `doi:` or `arxiv:`.
  static func canonical(_ scheme: String, _ typed: String) -> String? {
    IdentifierScheme(rawValue: scheme).flatMap { identify(typed, as: [$0])?.read.value }
  }
}
