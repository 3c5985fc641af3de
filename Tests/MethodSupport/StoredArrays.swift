import JSON
import Kernel
import Linear
import TestSupport

extension MethodBench {
  // MARK: - Inputs

  /// An array of a `.npy` file, as a param.
  public func array(_ content: ArrayContent, name: String) throws -> JSON {
    var bytes: [UInt8] = []
    try ArrayWriter.npy(content) { bytes.append(contentsOf: $0) }
    return try file(name, bytes)
  }

  /// Labels with row ids, as `papers.labels` makes them.
  public func labels(_ file: LabelFile, name: String = "labels.npz") throws -> JSON {
    var bytes: [UInt8] = []
    try file.write { bytes.append(contentsOf: $0) }
    return try self.file(name, bytes)
  }

  /// A case of the shared data: `features`, `labels`, `train` and `test` as the params of a probe.
  public func oracle(_ name: String) throws -> JSON {
    var params: JSON = [:]
    for (param, stored) in [("features", "X"), ("labels", "y"), ("train", "train_idx"), ("test", "test_idx")] {
      params[param] = try file("\(name)-\(stored).npy", SharedData.bytes("oracle/\(name)/\(stored).npy"))
    }
    return params
  }

  // MARK: - Results

  /// The warnings that a face shows beside the value of a call.
  public func warnings(_ method: String, _ params: JSON) throws -> [JSON] {
    var caller = Caller(roots: [kernel.workspace.root])
    caller.wantsRunDetails = true
    return try kernel.perform(method, params, caller)["_meta"]?["warnings"]?.array ?? []
  }

  /// The arrays of an artifact.
  public func arrays(_ artifact: JSON?) throws -> ArrayFile { try ArrayFile(StoredBytes(all: bytes(artifact))) }

  /// A one-dimensional array of whole numbers, or one of an archive's.
  public func integers(_ artifact: JSON?, _ name: String? = nil) throws -> [Int] {
    try arrays(artifact).array(name).readIntegers()
  }
}

private struct StoredBytes: ByteSource {
  let all: [UInt8]
  var count: Int { all.count }

  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws {
    buffer.copyBytes(from: all[offset..<offset + buffer.count])
  }
}

extension JSON {
  /// A list of whole numbers.
  public static func list(_ numbers: some Sequence<Int>) -> JSON { .array(numbers.map { JSON($0) }) }

  /// The codes of `warnings`, in their order.
  public var warningCodes: [String] { (self["warnings"]?.array ?? []).compactMap { $0["code"]?.string } }

  /// The sentence of one warning.
  public func warning(_ code: String) -> String? {
    (self["warnings"]?.array ?? []).first { $0["code"]?.string == code }?["message"]?.string
  }

  public var doubles: [Double] { (array ?? []).compactMap(\.double) }
  public var ints: [Int] { (array ?? []).compactMap(\.int) }
}
