import Linear

extension RowSource {
  /// Whether every number is stored in at most 32 bits of floating point, so that `Float` rows lose nothing.
  public var isSinglePrecision: Bool { asReader.isSinglePrecision }
}

extension RowReader {
  fileprivate var isSinglePrecision: Bool {
    switch self {
    case let array as StoredArray: [.float32, .float16, .bfloat16].contains(array.info.type)
    case let stack as StackedRows: stack.parts.allSatisfy(\.isSinglePrecision)
    default: self is Matrix<Float>
    }
  }
}
