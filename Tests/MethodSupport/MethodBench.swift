import Foundation
import JSON
import Kernel
import Linear
import PluginKit
import Synchronization
import TestSupport

/// A kernel with some plugins on an empty workspace, for tests that call methods as a face does.
public final class MethodBench: Sendable {
  public let kernel: Kernel
  private let folder: TemporaryFolder

  public init(_ plugins: [any Plugin.Type], jobs: Int = 1) throws {
    folder = try TemporaryFolder()
    var settings = Kernel.Settings(jobs: jobs)
    settings.validatesResults = true
    kernel = Kernel(workspace: Workspace(root: folder.path), plugins: plugins, settings: settings)
  }

  deinit { kernel.workspace.close() }

  /// The value of one call.
  public func call(_ method: String, _ params: JSON) throws(Fault) -> JSON {
    try kernel.perform(method, params, Caller(roots: [folder.path]))
  }

  /// The pictures of one call.
  public func displays(_ method: String, _ params: JSON) throws(Fault) -> [JSON] {
    var caller = Caller(roots: [folder.path])
    caller.wantsRunDetails = true
    return try kernel.perform(method, params, caller)["_meta"]?["displays"]?.array ?? []
  }

  /// The value of one call, and what it reports on its way.
  public func reporting(_ method: String, _ params: JSON) throws(Fault) -> (value: JSON, messages: [String]) {
    let messages = Messages()
    var caller = Caller(roots: [folder.path])
    caller.progress = { progress in messages.list.withLock { $0.append(progress.message) } }
    let value = try kernel.perform(method, params, caller)
    return (value, messages.list.withLock { $0 })
  }

  private final class Messages: Sendable {
    let list = Mutex<[String]>([])
  }

  /// Why a call is refused; `nil` when it is not.
  public func fault(_ method: String, _ params: JSON) -> Fault? {
    do throws(Fault) {
      _ = try call(method, params)
      return nil
    } catch {
      return error
    }
  }

  // MARK: - Inputs

  /// A file of the workspace, as a param.
  public func file(_ name: String, _ bytes: [UInt8]) throws -> JSON {
    try Data(bytes).write(to: folder.file(name))
    return ["$file": .string(name)]
  }

  /// A paper set of the lines' JSON.
  public func papers(_ papers: [JSON], name: String = "papers.jsonl") throws -> JSON {
    try file(name, papers.flatMap { try $0.canonicalBytes() + [0x0A] })
  }

  /// A matrix with row ids, as a method would have made it.
  public func matrix(_ matrix: Matrix<Double>, rowIDs: [String]? = nil, name: String = "matrix.npz") throws -> JSON {
    var bytes: [UInt8] = []
    try MatrixFile.write(matrix, rowIDs: rowIDs) { bytes.append(contentsOf: $0) }
    return try file(name, bytes)
  }

  // MARK: - Results

  /// The bytes of an artifact in a value.
  public func bytes(_ artifact: JSON?) throws -> [UInt8] {
    guard let name = artifact?["$artifact"]?.string else { throw Missing(description: "no artifact in the value") }
    let hex = name.dropFirst("sha256:".count)
    let path = "\(folder.path)/.quire/artifacts/\(hex.prefix(2))/\(hex.dropFirst(2))"
    return Array(try Data(contentsOf: URL(fileURLWithPath: path)))
  }

  public func matrix(_ artifact: JSON?) throws -> Matrix<Double> {
    let file = try MatrixFile(ArrayFile(Memory(all: try bytes(artifact))))
    return try file.dense?.readMatrix(as: Double.self) ?? file.sparse().dense()
  }

  public func sparse(_ artifact: JSON?) throws -> SparseMatrix {
    try MatrixFile(ArrayFile(Memory(all: try bytes(artifact)))).sparse()
  }

  public func vector(_ artifact: JSON?) throws -> [Double] {
    try ArrayFile(Memory(all: try bytes(artifact))).array().readNumbers()
  }

  public func rowIDs(_ artifact: JSON?) throws -> [String]? {
    try MatrixFile(ArrayFile(Memory(all: try bytes(artifact)))).rowIDs()
  }

  public func labels(_ artifact: JSON?) throws -> LabelFile {
    try LabelFile(ArrayFile(Memory(all: try bytes(artifact))))
  }

  public func json(_ artifact: JSON?) throws -> JSON { try JSON.parse(bytes(artifact)) }

  public struct Missing: Error, CustomStringConvertible {
    public let description: String
  }

  private struct Memory: ByteSource {
    let all: [UInt8]
    var count: Int { all.count }

    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws {
      buffer.copyBytes(from: all[offset..<offset + buffer.count])
    }
  }
}

/// The papers of Examples/papers.txt as lines of a paper set, in order of id.
public func examplePapers() throws -> [JSON] {
  let file = SharedData.packageRoot.appendingPathComponent("Examples/papers.txt")
  let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map(String.init)
  return stride(from: 0, to: lines.count - 1, by: 2).map { line in
    let number = String(line / 2 + 100).dropFirst()
    return ["id": .string("paper:\(number)"), "title": .string(lines[line]), "abstract": .string(lines[line + 1])]
  }
}
