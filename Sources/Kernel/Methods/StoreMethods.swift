import Glibc
import JSON
import Linear
import PaperStore
import PluginKit
import RunLog

/// `store/info`
struct StoreInfo: KernelMethod {
  static let name = "store/info"
  static let effect = Effect.read
  typealias Parameters = NoParameters

  static func resources(_ parameters: Parameters) -> (reads: [Resource], writes: [Resource]) { ([.store], []) }

  static func run(_ parameters: Parameters, _ call: KernelCall) throws -> JSON {
    let workspace = call.kernel.workspace
    let log = try workspace.log()
    let papers = try workspace.existingPapers()?.info()
    var runs = 0
    var cursor: Int?
    while true {
      let page = try log.runs(cursor: cursor, limit: 1000)
      runs += page.count
      guard page.count == 1000, let last = page.last else { break }
      cursor = last.seq
    }
    return [
      "path": .string(workspace.folder), "papers": JSON(papers?.papers ?? 0),
      "artifacts": JSON(log.exists ? try log.artifacts.hashes().count : 0), "runs": JSON(runs),
      "bytes": JSON(sizeOfFiles(below: workspace.folder)), "schemaVersion": JSON(papers?.schemaVersion ?? 0),
      "sqlite": .string(papers?.sqlite ?? ""),
    ]
  }
}

/// `store/check`
struct StoreCheck: KernelMethod {
  static let name = "store/check"
  static let effect = Effect.read

  struct Parameters: Decodable, Sendable {
    var deep: Bool
  }

  static func resources(_ parameters: Parameters) -> (reads: [Resource], writes: [Resource]) { ([.store], []) }

  static func run(_ parameters: Parameters, _ call: KernelCall) throws -> JSON {
    let workspace = call.kernel.workspace
    var problems: [JSON] = []
    do {
      if let papers = try workspace.existingPapers() {
        problems = try papers.check(deep: parameters.deep).map { problem($0.kind.rawValue, $0.detail) }
        if parameters.deep {
          for hash in try papers.read({ try $0.sourceArtifacts() }) {
            do {
              guard let hash = ContentHash(hex: hash) else { continue }
              _ = try workspace.log().artifacts.verify(hash)
            } catch {
              problems.append(
                problem("artifact", "the source kept as sha256:\(hash.prefix(12))… is missing or damaged"))
            }
          }
        }
      }
    } catch let error as StoreError where error.kind == .corrupt {
      problems = [problem("file", error.description)]
    }
    return ["ok": .bool(problems.isEmpty), "problems": .array(problems)]
  }

  private static func problem(_ kind: String, _ detail: String) -> JSON {
    ["kind": .string(kind), "detail": .string(detail)]
  }
}

/// `store/backup`
struct StoreBackup: KernelMethod {
  static let name = "store/backup"
  static let effect = Effect.read

  struct Parameters: Decodable, Sendable {
    var path: String
  }

  static func resources(_ parameters: Parameters) -> (reads: [Resource], writes: [Resource]) { ([.store], []) }

  static func run(_ parameters: Parameters, _ call: KernelCall) throws -> JSON {
    let path = try FileAccess(call.caller).writable(parameters.path, at: "/path")
    guard let papers = try call.kernel.workspace.existingPapers() else {
      throw Fault(1001, "store.notFound", "the workspace has no papers yet", hint: "import some")
    }
    try papers.backUp(to: path)
    let file = try FileBytes(path: path)
    return [
      "path": .string(path), "bytes": JSON(file.count),
      "hash": .string("sha256:" + (try Digest.sha256(of: file))),
    ]
  }
}

/// Bytes of all regular files below a folder; 0 when there is none.
private func sizeOfFiles(below folder: String) -> Int {
  guard let directory = opendir(folder) else { return 0 }
  defer { closedir(directory) }
  var total = 0
  while let entry = readdir(directory) {
    let name = withUnsafePointer(to: &entry.pointee.d_name) {
      $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
    }
    guard name != ".", name != ".." else { continue }
    var status = stat()
    guard lstat("\(folder)/\(name)", &status) == 0 else { continue }
    switch status.st_mode & S_IFMT {
    case S_IFREG: total += Int(status.st_size)
    case S_IFDIR: total += sizeOfFiles(below: "\(folder)/\(name)")
    default: break
    }
  }
  return total
}
