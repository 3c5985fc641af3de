import Foundation
import JSON
import TestSupport

/// Rows of noise and labels that have nothing to do with them: a fit on them takes longer than any test waits.
enum LongWork {
  /// The params of `probe.logistic`, for a client of `client(in:)`.
  static let fit: JSON = [
    "features": ["$file": .string(path("x.npy"))], "labels": ["$file": .string(path("y.npy"))], "C": 1e6,
    "tol": 1e-12, "maxIter": 100_000,
  ]

  /// A client that may read the work too.
  static func client(in folder: TemporaryFolder, arguments: [String] = []) throws -> Client {
    let roots: JSON = [.string(folder.path), .string(try Self.folder)]
    return try Client(in: folder.path, arguments: arguments, greeting: ["roots": roots])
  }

  /// Where the work lies: a root for a client of another kind.
  static var folder: String { get throws { try made.get().path } }

  /// Written once for all tests; removed when the last of them has ended.
  private static let made = Result { try make() }

  private static func path(_ name: String) -> String { (try? made.get().file(name).path) ?? name }

  private static func make() throws -> TemporaryFolder {
    let (rows, columns) = (40_000, 300)
    var state: UInt64 = 7
    func next() -> Double {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Double(state >> 11) * 0x1p-53 - 0.5
    }
    func npy(_ type: String, _ shape: String, _ bytes: Data) -> Data {
      var header = "{'descr': '\(type)', 'fortran_order': False, 'shape': (\(shape)), }"
      header += String(repeating: " ", count: 63 - (10 + header.utf8.count) % 64) + "\n"
      let length = UInt16(header.utf8.count)
      return Data([0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(length & 255), UInt8(length >> 8)]) + Data(header.utf8)
        + bytes
    }
    let folder = try TemporaryFolder()
    let features = (0..<rows * columns).map { _ in next() }
    let labels = (0..<rows).map { _ in Int64(next() > 0 ? 1 : 0) }
    try npy("<f8", "\(rows), \(columns)", features.withUnsafeBytes { Data($0) }).write(to: folder.file("x.npy"))
    try npy("<i8", "\(rows),", labels.withUnsafeBytes { Data($0) }).write(to: folder.file("y.npy"))
    return folder
  }
}
