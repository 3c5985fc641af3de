import Foundation

/// The folder of real input and cases with known answers that lies beside the checkout
/// (`../shared/data`, or where `QUIRE_SHARED_DATA` says). Tests that need it skip where it is absent:
///
///     @Test(.enabled(if: SharedData.isPresent, SharedData.absence))
public enum SharedData {
  public static let absence: String = "needs ../shared/data (or QUIRE_SHARED_DATA), which is absent here"

  public static let root: URL = {
    if let named = ProcessInfo.processInfo.environment["QUIRE_SHARED_DATA"] {
      return URL(fileURLWithPath: named, isDirectory: true)
    }
    return packageRoot.deletingLastPathComponent().appendingPathComponent("shared/data", isDirectory: true)
  }()

  /// The folder that holds Package.swift.
  public static let packageRoot: URL = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  public static var isPresent: Bool { FileManager.default.fileExists(atPath: root.path) }

  public static func url(_ path: String) -> URL { root.appendingPathComponent(path) }

  public static func data(_ path: String) throws -> Data { try Data(contentsOf: url(path)) }

  /// The file's bytes, for readers that work on bytes.
  public static func bytes(_ path: String) throws -> [UInt8] { Array(try data(path)) }
}
