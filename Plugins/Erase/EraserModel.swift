import Linear
import PluginKit

/// A fitted linear eraser as it is saved: the small fields; the arrays are `left` (d × r), `right` (r × d), `mean` (d),
/// `offsets` (r), and `fittedRows`, the keys of the fitted rows' ids, where rows have ids.
///
/// x′ = x − left·(right·x − offsets), with offsets = right·mean.
struct EraserModel: Codable, Sendable {
  struct Fit: Codable, Sendable {
    let rows: Int
    let of: Int
    /// `sha256:` of the list of the fitted rows' ids, or numbers.
    let digest: String
  }

  static let kind = "eraser"

  let method: String
  let zKind: ConceptKind
  /// Absent for a concept of numbers.
  let classes: [String]?
  let d: Int
  let rank: Int
  let rtol: Double
  let shrinkage: Double
  let affine: Bool
  let fittedOn: Fit

  static func arrays(_ eraser: Eraser, fittedIDs: [String]?) -> Arrays {
    Arrays(
      ["left": eraser.left, "right": eraser.right], vectors: ["mean": eraser.mean, "offsets": eraser.offsets],
      integers: fittedIDs.map { ["fittedRows": RowKeys($0).values] } ?? [:])
  }
}

/// An eraser that was opened again.
struct SavedEraser: Sendable {
  let model: EraserModel
  let eraser: Eraser
  /// Nil when the rows that it was fitted on had no ids.
  let fittedRows: RowKeys?

  init(_ reference: ModelReference, _ context: Context) throws {
    let (model, arrays) = try context.model(reference, EraserModel.kind, EraserModel.self)
    let (left, right) = (try arrays.matrix("left"), try arrays.matrix("right"))
    let mean = try arrays.vector("mean")
    do {
      eraser = try Eraser(left: left, right: right, mean: mean)
    } catch {
      throw MethodError.data(
        .format, pointer: reference.pointer, message: "the eraser's arrays do not fit together: \(error)",
        hint: "give the output 'eraser' of a method that fits one")
    }
    self.model = model
    fittedRows = arrays.has("fittedRows") ? RowKeys(stored: try arrays.integers("fittedRows")) : nil
  }
}
