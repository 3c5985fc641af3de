import Foundation
import TestSupport
import Testing

/// What each layer may import of ours: the layers of ARCHITECTURE.md, from the top of the list down.
private let layers: [(folder: String, module: String)] = [
  ("Sources/Threads", "Threads"), ("Sources/Pattern", "Pattern"), ("Sources/JSON", "JSON"),
  ("Sources/XML", "XML"), ("Sources/JSONSchema", "JSONSchema"), ("Sources/JSONRPC", "JSONRPC"),
  ("Sources/Charts", "Charts"),
  ("Sources/Linear", "Linear"), ("Sources/Statistics", "Statistics"), ("Sources/Text", "Text"),
  ("Sources/PaperStore", "PaperStore"), ("Sources/PluginKit", "PluginKit"), ("Sources/RunLog", "RunLog"),
  ("Sources/Notebook", "Notebook"), ("Sources/Report", "Report"), ("Sources/Kernel", "Kernel"),
  ("Sources/Faces/Server", "Server"),
]

private let forPlugins: Set<String> = [
  "PluginKit", "Charts", "Linear", "Statistics", "Text", "PaperStore", "JSON", "Pattern", "XML",
]

/// The modules that the Swift files below a folder import, with the file that does.
private func imports(below folder: String) throws -> [(module: String, file: String)] {
  let root = SharedData.packageRoot.appendingPathComponent(folder)
  let files = FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil)?.allObjects as? [URL] ?? []
  return try files.filter { $0.pathExtension == "swift" }.flatMap { file in
    try String(contentsOf: file, encoding: .utf8).split(separator: "\n").compactMap { line in
      let words = line.split(separator: " ")
      guard let place = words.firstIndex(of: "import"), place + 1 < words.count,
        words[..<place].allSatisfy({ ["@testable", "public", "internal", "private", "@preconcurrency"].contains($0) })
      else { return nil }
      // `import func Glibc.log` brings one function and nothing else.
      let name = words[place + 1] == "func" ? words[min(place + 2, words.count - 1)] : words[place + 1]
      let module = String(name.split(separator: ".")[0])
      return (words[place + 1] == "func" ? "one function of \(module)" : module, "\(folder)/\(file.lastPathComponent)")
    }
  }
}

@Test func everyLayerImportsOnlyWhatStandsAboveIt() throws {
  let ours = Set(layers.map(\.module))
  for (index, layer) in layers.enumerated() {
    let found = try imports(below: layer.folder)
    let allowed = Set(layers[..<index].map(\.module))
    for (module, file) in found where ours.contains(module) {
      #expect(allowed.contains(module) || module == layer.module, "\(file) imports \(module), which stands below it")
    }
  }
}

@Test func pluginsSeePluginKitAndWhatItStandsOnAlone() throws {
  let folders = try FileManager.default.contentsOfDirectory(
    atPath: SharedData.packageRoot.appendingPathComponent("Plugins").path)
  #expect(folders.count >= 6)
  for folder in folders {
    for (module, file) in try imports(below: "Plugins/\(folder)") {
      // The standard library's own modules bring no clock, no environment and no files.
      #expect(
        forPlugins.contains(module) || ["Swift", "Synchronization", "one function of Glibc"].contains(module),
        "\(file) imports \(module)")
    }
  }
}

@Test func theKernelAndTheFacesNameNoPlugin() throws {
  let plugins = try FileManager.default.contentsOfDirectory(
    atPath: SharedData.packageRoot.appendingPathComponent("Plugins").path)
  for folder in ["Sources/Kernel", "Sources/Faces"] {
    for (module, file) in try imports(below: folder) {
      #expect(!plugins.contains(module), "\(file) imports the plugin \(module)")
    }
  }
}
