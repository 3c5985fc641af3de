/// Makes markup from results safe to stand in a page.
///
/// Titles and texts of papers, and what plugins make of them, are not trusted. Both functions read the markup with a
/// reader of their own and write it anew from lists of what is allowed: no scripts, no event handlers, no foreign
/// content, no addresses but `http:`, `https:`, `mailto:` and places on the page, nothing that would be fetched.
public enum Sanitizer {
  /// Longer inputs are refused.
  public static let byteLimit = 8_000_000

  /// The picture as one `<svg>` element that stands well in HTML and alone; `nil` where there is no picture or it
  /// is longer than `byteLimit`.
  ///
  /// Identifiers inside begin with `scope`, and the rules of its style sheets reach only what stands in the element
  /// with the identifier `scope`.
  ///
  /// - Parameter name: what the picture is called where it does not say so itself.
  public static func svg(_ text: String, scope: String, name: String) -> String? {
    picture(text, scope: scope, name: name).map { Markup.write([$0]) }
  }

  /// The fragment, or `nil` where it is longer than `byteLimit`. Tables get header scopes and a box to scroll in.
  public static func html(_ text: String) -> String? {
    fragment(text).map(Markup.write)
  }

  static func picture(_ text: String, scope: String, name: String) -> Markup? {
    guard text.utf8.count <= byteLimit else { return nil }
    var sanitizer = SVGSanitizer(scope: scope)
    return sanitizer.clean(MarkupReader.read(text, as: .svg), name: name)
  }

  static func fragment(_ text: String, keepsHeadings: Bool = false) -> [Markup]? {
    guard text.utf8.count <= byteLimit else { return nil }
    return HTMLSanitizer(keepsHeadings: keepsHeadings).clean(MarkupReader.read(text, as: .html))
  }
}
