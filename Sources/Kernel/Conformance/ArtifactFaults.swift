import JSON
import Linear
import RunLog

/// Holds the artifacts that a value names against their media types.
struct ArtifactFaults {
  private let log: LogStore
  /// Larger ones are not read.
  private static let largest = 256 << 20

  init(_ log: LogStore) { self.log = log }

  func find(in value: JSON) throws -> [(name: String, fault: String)] {
    var found: [(name: String, fault: String)] = []
    for (pointer, object) in try SpecialObject.all(in: value) {
      guard case .artifact(let hex) = object, let hash = ContentHash(hex: hex) else { continue }
      if let fault = fault(of: hash) { found.append((pointer.description, fault)) }
    }
    return found
  }

  private func fault(of hash: ContentHash) -> String? {
    let media = log.artifact(hash)?.media ?? ""
    guard let size = log.artifacts.size(of: hash), size <= Self.largest else { return nil }
    if size == 0, media != "text/plain" { return "is empty" }
    do {
      switch media {
      case "application/x-npy": try readArrays(hash, .npy)
      case "application/x-npz": try readArrays(hash, .npz)
      case "application/x-safetensors": try readArrays(hash, .safetensors)
      case "application/json": _ = try JSON.parse(log.artifacts.bytes(of: hash))
      case "application/jsonl":
        for line in try log.artifacts.bytes(of: hash).split(separator: 0x0A) { _ = try JSON.parse(Array(line)) }
      default: break
      }
      return nil
    } catch {
      return "is no \(media): \(error)".cut(toBytes: 160)
    }
  }

  private func readArrays(_ hash: ContentHash, _ format: ArrayFile.Format) throws {
    let file = try ArrayFile(FileBytes(path: log.artifacts.path(of: hash)), format: format)
    for name in file.names { _ = try file.array(name) }
  }
}
