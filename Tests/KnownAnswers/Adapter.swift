import JSON
import Linear
import MethodTestSupport
import Synchronization

/// How the cases of one method become calls of it: from the names of the case's input to the method's params, and from the
/// result back to the names of its answers.
///
/// A new method gets one entry in a list of `Adapters/`, and the list a place in `Adapter.all`.
struct Adapter: Sendable {
  enum Way: Sendable {
    case call(@Sendable (Call) throws -> [String: JSON])
    /// The case is of a part that no call takes alone; the named tests run it.
    case elsewhere(String)
  }

  let method: String
  let way: Way

  init(_ method: String, _ run: @escaping @Sendable (Call) throws -> [String: JSON]) {
    (self.method, way) = (method, .call(run))
  }

  init(_ method: String, elsewhere tests: String) { (self.method, way) = (method, .elsewhere(tests)) }

  static let all: [Adapter] = geometry + alignment + dictionary + evaluate + erase
}

/// One case on its way through a kernel with all plugins.
struct Call: Sendable {
  let bench: MethodBench
  let method: String
  let input: JSON

  private static let files = Atomic<Int>(0)

  func has(_ name: String) -> Bool { input[name] != nil }

  /// A member of the input as it is; `null` when there is none.
  func value(_ name: String) -> JSON { input[name] ?? nil }

  /// The params that are there: those whose value is `null` are left out.
  func params(_ members: KeyValuePairs<String, JSON>) -> JSON {
    var result = JSON.Object()
    for (key, value) in members where !value.isNull { result[key] = value }
    return .object(result)
  }

  /// A member of the input as a matrix param, as a file where it is too long to be typed.
  func matrix(_ name: String) throws -> JSON { try matrix(of: value(name)) }

  func matrix(of value: JSON) throws -> JSON {
    guard let rows = value.array, let first = rows.first?.array, rows.count * first.count > 5000 else { return value }
    let number = Self.files.wrappingAdd(1, ordering: .relaxed).newValue
    return try bench.matrix(Matrix(rows.map(\.doubles)), name: "input-\(number).npz")
  }

  func run(_ params: JSON) throws -> JSON { try bench.call(method, params) }

  /// An artifact's rows; a number that is not defined is `null`.
  func rows(_ artifact: JSON?) throws -> JSON {
    let matrix = try bench.matrix(artifact)
    return .array((0..<matrix.rows).map { Self.list(matrix.row($0)) })
  }

  func vector(_ artifact: JSON?) throws -> JSON { Self.list(try bench.vector(artifact)) }

  static func list(_ numbers: [Double]) -> JSON { .array(numbers.map { $0.isFinite ? .real($0) : nil }) }
}
