/// Classes of rows as they are stored: an `.npz` with `labels` (int64, from 0, −1 for none), `classes` (Unicode)
/// and, when known, `rowIds` and `madeFrom`.
public struct LabelFile: Sendable, Equatable {
  /// One for each row: an index of `classes`, or −1.
  public let codes: [Int]
  public let classes: [String]
  public let rowIDs: [String]?
  /// Digests of the matrices that the labels were computed from; none for labels from elsewhere.
  public let madeFrom: [String]

  /// - Throws: `ArrayFault.malformed` for a code that names no class, `.wrongShape` for ids that are not as many as
  ///   rows.
  public init(
    codes: [Int], classes: [String], rowIDs: [String]? = nil, madeFrom: [String] = []
  ) throws(ArrayFault) {
    if let row = codes.firstIndex(where: { $0 < -1 || $0 >= classes.count }) {
      throw ArrayFault(
        .malformed, "code \(codes[row]) names none of the \(classes.count) classes", array: "labels", row: row)
    }
    if let rowIDs, rowIDs.count != codes.count {
      throw ArrayFault(.wrongShape, "\(rowIDs.count) ids for \(codes.count) rows", array: "rowIds")
    }
    self.codes = codes
    self.classes = classes
    self.rowIDs = rowIDs
    self.madeFrom = madeFrom
  }

  /// - Throws: `ArrayFault`.
  public init(_ file: ArrayFile) throws {
    let labels = try file.array("labels")
    guard labels.info.shape.count == 1 else {
      throw ArrayFault(.wrongShape, "expected one dimension, found the shape \(labels.info.shape)", array: "labels")
    }
    try self.init(
      codes: try labels.readIntegers(), classes: try file.strings("classes"),
      rowIDs: file.names.contains("rowIds") ? try file.strings("rowIds") : nil,
      madeFrom: file.names.contains("madeFrom") ? try file.strings("madeFrom") : [])
  }

  public func write(to sink: ByteSink) throws {
    var arrays: [(name: String, content: ArrayContent)] = [
      ("labels", .integers(codes)), ("classes", try .strings(classes)),
    ]
    if let rowIDs { arrays.append(("rowIds", try .strings(rowIDs))) }
    if !madeFrom.isEmpty { arrays.append(("madeFrom", try .strings(madeFrom))) }
    try ArrayWriter.npz(arrays, to: sink)
  }
}
