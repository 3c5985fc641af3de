import JSON

/// What is wrong with data that were well-formed as a parameter.
public enum DataFault: String, Sendable {
  /// Not a file of the format that it should have.
  case format
  /// Another number of rows or columns than needed.
  case shape
  /// NaN or an infinity.
  case nonFinite
  /// Fewer rows than the method needs.
  case tooFewSamples
  /// One class only, a constant column: nothing to fit.
  case degenerate
  /// No solution, or no unique one.
  case singular
  /// Over the memory budget.
  case memory
}

/// The ways in which a method fails, each with what to do next.
public enum MethodError: Error, Sendable {
  /// A value that no schema can refuse: `expected` says what was wanted there.
  case invalidParameter(pointer: String, expected: String, hint: String? = nil)
  /// `what` is "file", "paper", "artifact", "program".
  case notFound(what: String, id: String, hint: String? = nil)
  /// `message` is one sentence; row and column are 0-based.
  case data(DataFault, pointer: String, message: String, row: Int? = nil, column: Int? = nil, hint: String? = nil)
  /// Only when there is no usable answer; a result that stopped early says `converged: false` instead.
  case notConverged(iterations: Int, residual: Double, hint: String? = nil)
  case conflict(String)
  case cancelled
  case `internal`(String)
}

extension MethodError {
  /// A parameter that could not be decoded, with its JSON Pointer.
  package init(_ error: DecodingError) {
    let (context, pointer): (DecodingError.Context, String)
    switch error {
    case .typeMismatch(_, let found), .valueNotFound(_, let found), .dataCorrupted(let found):
      (context, pointer) = (found, JSON.Pointer(found.codingPath).description)
    case .keyNotFound(let key, let found):
      (context, pointer) = (found, JSON.Pointer(found.codingPath + [key]).description)
    @unknown default:
      self = .invalidParameter(pointer: "", expected: "\(error)")
      return
    }
    self = .invalidParameter(pointer: pointer, expected: context.debugDescription)
  }
}
