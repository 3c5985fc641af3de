/// What is wrong with a file of arrays, where, and what to do about it.
public struct ArrayFault: Error, Sendable, Equatable {
  public enum Kind: String, Sendable {
    /// The file is of no format that is read here.
    case unknownFormat
    /// The bytes end before the array does.
    case truncated
    /// The format's own rules are broken.
    case malformed
    /// A shape whose bytes cannot be counted, or that no file could back.
    case tooLarge
    /// Members of an archive share bytes.
    case overlapping
    /// Python objects: reading them would run code.
    case objects
    /// Numbers of a kind that is not read here.
    case unsupportedType
    /// A member is packed or encrypted in a way that is not read here.
    case unsupportedPacking
    /// No array has that name.
    case missingArray
    /// The array holds numbers where text is wanted, or the other way round, or numbers that do not fit.
    case wrongType
    /// The array has other sizes than are wanted.
    case wrongShape
    /// A field of a table is not a number.
    case notANumber
  }

  public let kind: Kind
  /// The array's name inside the file, where it has one.
  public let array: String?
  /// Bytes from the start of the file.
  public let offset: Int?
  /// From 0.
  public let row: Int?
  public let message: String

  public init(_ kind: Kind, _ message: String, array: String? = nil, offset: Int? = nil, row: Int? = nil) {
    self.kind = kind
    self.message = message
    self.array = array
    self.offset = offset
    self.row = row
  }

  /// The same fault of a named array.
  func named(_ name: String) -> ArrayFault {
    array == nil ? ArrayFault(kind, message, array: name, offset: offset, row: row) : self
  }
}

extension ArrayFault: CustomStringConvertible {
  public var description: String {
    var places: [String] = []
    if let array, !array.isEmpty { places.append("array \(array)") }
    if let row { places.append("row \(row)") }
    if let offset { places.append("byte \(offset)") }
    return places.isEmpty ? message : "\(places.joined(separator: ", ")): \(message)"
  }
}
