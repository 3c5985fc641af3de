import JSON

/// A parameter that the context opens. It remembers its JSON Pointer, so that an error says where.
public protocol Reference: Decodable, Sendable {
  /// Where the parameter stands in the params, such as `/features`.
  var pointer: String { get }
  init(pointer: String)
}

extension Reference {
  public init(from decoder: any Decoder) throws {
    self.init(pointer: JSON.Pointer(decoder.codingPath).description)
  }
}

/// One array, rows typed by hand, or a list of arrays read as one by rows.
public struct MatrixReference: Reference {
  public let pointer: String
  public init(pointer: String) { self.pointer = pointer }
}

/// A list of classes, a column of a file, or an artifact of labels.
public struct LabelReference: Reference {
  public let pointer: String
  public init(pointer: String) { self.pointer = pointer }
}

/// Row numbers: a list, a one-dimensional array of a file, or an artifact.
public struct RowsReference: Reference {
  public let pointer: String
  public init(pointer: String) { self.pointer = pointer }
}

/// A paper set, as `papers.select` makes it.
public struct PapersReference: Reference {
  public let pointer: String
  public init(pointer: String) { self.pointer = pointer }
}

/// Raw bytes of a file or an artifact.
public struct FileReference: Reference {
  public let pointer: String
  public init(pointer: String) { self.pointer = pointer }
}

/// What another method of the plugin saved.
public struct ModelReference: Reference {
  public let pointer: String
  public init(pointer: String) { self.pointer = pointer }
}

/// An artifact by its content: `{"$artifact":"sha256:…"}`.
public struct ArtifactReference: Codable, Sendable, Hashable {
  /// 64 lower-case hexadecimal digits.
  public let sha256: String

  public init(sha256: String) { self.sha256 = sha256 }

  private enum CodingKeys: String, CodingKey { case artifact = "$artifact" }

  public init(from decoder: any Decoder) throws {
    let text = try decoder.container(keyedBy: CodingKeys.self).decode(String.self, forKey: .artifact)
    guard text.hasPrefix("sha256:"), text.utf8.count == 71 else {
      throw DecodingError.dataCorrupted(
        .init(codingPath: decoder.codingPath, debugDescription: "expected sha256: and 64 hexadecimal digits"))
    }
    sha256 = String(text.dropFirst(7))
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode("sha256:" + sha256, forKey: .artifact)
  }

  public var json: JSON { ["$artifact": .string("sha256:" + sha256)] }
}
