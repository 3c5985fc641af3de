import Glibc
import JSON
import PaperStore

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
