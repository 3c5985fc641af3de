import Linear
import PluginKit
import Statistics

/// The labels of rows that are to be erased by a map that reads them, coded as its fit coded its own.
struct AppliedLabels: Sendable {
  private let codes: [Int]?
  private let numbers: RowSource?
  private let coding: ConceptCoding

  /// - Throws: `MethodError` for labels of other rows, a row without one, or a class that the fit did not know.
  init(_ reference: LabelReference, _ model: EraserModel, of features: RowSource, _ context: Context) throws {
    switch model.zKind {
    case .numeric:
      let source = try context.rows(MatrixReference(pointer: reference.pointer))
      try context.checkSameRows(features.namedRows, source.namedRows)
      (numbers, codes, coding) = (source, nil, .numeric(source.columnCount))
    case .classes:
      let labels = try context.labels(reference)
      let names = labels.namedRows(reference)
      try context.checkSameRows(features.namedRows, names)
      let known = model.classes ?? []
      let number = Dictionary(known.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
      let all = NamedRows(pointer: reference.pointer, count: names.count, ids: features.rowIDs ?? names.ids)
      codes = try labels.codes.enumerated().map { row, code in
        guard code >= 0 else {
          throw MethodError.invalidParameter(
            pointer: reference.pointer, expected: "a class for each row, found none for \(all.name(of: row))",
            hint: "this eraser reads the label of each row that it erases")
        }
        guard let own = number[labels.classes[code]] else {
          throw MethodError.data(
            .degenerate, pointer: reference.pointer,
            message: "\(all.name(of: row)) is of class '\(labels.classes[code])', and the eraser knows "
              + known.map { "'\($0)'" }.listed(), row: row, hint: "leave the row out, or fit an eraser that has seen it"
          )
        }
        return own
      }
      (numbers, coding) = (nil, .classes(max(1, known.count)))
    }
  }

  /// Of the rows `range` of the table.
  func rows(_ range: Range<Int>) throws -> RowLabels {
    if let codes {
      let part = Array(codes[range])
      return RowLabels(columns: try coding.columns(of: part), codes: part)
    }
    guard let numbers else { throw StatisticsError.empty("labels") }
    return RowLabels(columns: try numbers.gather(Array(range)), codes: nil)
  }
}
