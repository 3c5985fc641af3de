// swift-tools-version: 6.1
import PackageDescription

// Dependencies point upwards only: a target imports what stands above it in this list.
let package = Package(
  name: "quire",
  products: [
    .executable(name: "quire", targets: ["quire"]),
    .library(name: "PluginKit", targets: ["PluginKit"]),
    // What reads other people's bytes, for Tests/Fuzz, which is a package of its own.
    .library(name: "Readers", targets: ["Pattern", "JSON", "JSONSchema", "JSONRPC", "Linear", "Notebook", "Papers"]),
  ],
  dependencies: [
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
  ],
  targets: [
    // System libraries: a module map and a shim header each.
    .systemLibrary(name: "CJansson", pkgConfig: "jansson", providers: [.apt(["libjansson-dev"])]),
    .systemLibrary(name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-pthread-dev"])]),
    .systemLibrary(name: "CCMark", pkgConfig: "libcmark", providers: [.apt(["libcmark-dev"])]),
    .systemLibrary(name: "CXML2", pkgConfig: "libxml-2.0", providers: [.apt(["libxml2-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CLinux"),

    // Plain libraries.
    .target(name: "Threads", dependencies: ["CLinux"]),
    .target(name: "Pattern"),
    .target(name: "JSON", dependencies: ["CJansson"]),
    .target(name: "XML", dependencies: ["CXML2"]),
    .target(name: "JSONSchema", dependencies: ["JSON", "Pattern"]),
    .target(name: "JSONRPC", dependencies: ["Threads", "JSON", "CLinux"]),
    .target(name: "Linear", dependencies: ["Threads", "COpenBLAS", "CZlib", "JSON"]),
    .target(name: "Statistics", dependencies: ["Linear"]),
    .target(name: "Text", dependencies: ["Linear", "Pattern"]),
    .target(name: "Charts", dependencies: ["JSON"]),
    .target(
      name: "PaperStore",
      dependencies: [
        "JSON", .product(name: "GRDB", package: "GRDB.swift"), .product(name: "GRDBSQLite", package: "GRDB.swift"),
        .product(name: "Crypto", package: "swift-crypto"),
      ]),

    // What a plugin author learns, and what the kernel is made of.
    .target(
      name: "PluginKit",
      dependencies: [
        "Threads", "JSON", "JSONRPC", "Pattern", "Charts", "Linear", "Statistics", "Text", "PaperStore",
        .product(name: "Crypto", package: "swift-crypto"),
      ]),
    .target(
      name: "RunLog",
      dependencies: [
        "JSON", "CLinux", .product(name: "GRDB", package: "GRDB.swift"),
        .product(name: "Crypto", package: "swift-crypto"),
      ]),
    .target(
      name: "Notebook",
      dependencies: ["JSON", "Yams", .product(name: "Crypto", package: "swift-crypto")]),
    .target(name: "Report", dependencies: ["JSON", "CCMark"]),
    .target(
      name: "Kernel",
      dependencies: [
        "CLinux", "Threads", "JSON", "JSONSchema", "JSONRPC", "Linear", "PaperStore", "PluginKit", "RunLog", "Notebook",
        "Report",
        .product(name: "Logging", package: "swift-log"), .product(name: "Crypto", package: "swift-crypto"),
      ],
      plugins: ["EmbedSchemasPlugin"]),
    .executableTarget(name: "EmbedSchemas"),
    .plugin(
      name: "EmbedSchemasPlugin", capability: .buildTool(), dependencies: ["EmbedSchemas"],
      path: "Sources/EmbedSchemasPlugin"),
    .target(
      name: "Server",
      dependencies: [
        "CLinux", "Threads", "JSON", "JSONRPC", "Kernel", .product(name: "Logging", package: "swift-log"),
      ],
      path: "Sources/Faces/Server"),
    .target(
      name: "ModelContext",
      dependencies: ["JSON", "JSONRPC", "Kernel", "Server", .product(name: "Logging", package: "swift-log")],
      path: "Sources/Faces/ModelContext"),

    // The built-in plugins: each sees PluginKit and what that stands on.
    .builtIn("Papers", ["Pattern", "XML", "PaperStore"]),
    .builtIn("Data", ["Linear", "Statistics"]),
    .builtIn("Features", ["Linear", "Statistics", "Text"]),
    .builtIn("Topics", ["Linear", "Statistics", "Text"]),
    .builtIn("Probe", ["Linear", "Statistics"]),
    .builtIn("Erase", ["Linear", "Statistics"]),
    .builtIn("Geometry", ["Linear", "Statistics"]),
    .builtIn("Alignment", ["Linear", "Statistics"]),
    .builtIn("Dictionaries", ["Linear", "Statistics"]),
    .builtIn("Evaluate", ["Linear", "Statistics"]),

    .executableTarget(
      name: "quire",
      dependencies: [
        "CLinux", "Threads", "JSON", "JSONRPC", "Charts", "PluginKit", "Report", "Kernel", "Server", "ModelContext",
        "Papers", "Data", "Features", "Topics", "Probe", "Erase",
        "Geometry", "Alignment", "Dictionaries", "Evaluate",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
      ],
      // gold, the default, knows no packed relocations; they take a millisecond and 2 MB off every start.
      linkerSettings: [
        .unsafeFlags(
          ["-use-ld=lld", "-Xlinker", "-z", "-Xlinker", "pack-relative-relocs"], .when(configuration: .release))
      ]),

    .executableTarget(name: "reading-bench", dependencies: ["Papers", "XML", "Linear"], path: "Benchmarks/Reading"),
    .executableTarget(name: "probe-bench", dependencies: ["Linear", "Statistics"], path: "Benchmarks/Probes"),
    .executableTarget(
      name: "topics-bench", dependencies: ["Text", "Statistics", "Linear"], path: "Benchmarks/Topics"),
    .executableTarget(name: "erasing-bench", dependencies: ["Erase", "Linear"], path: "Benchmarks/Erasing"),

    // One folder of tests per target.
    .target(name: "TestSupport", path: "Tests/Support"),
    .target(
      name: "MethodTestSupport", dependencies: ["TestSupport", "Kernel", "PluginKit", "Linear", "JSON"],
      path: "Tests/MethodSupport"),
    .tests("Pattern", ["Pattern"]),
    .tests("JSON", ["JSON"]),
    .tests("XML", ["XML"]),
    .tests("JSONSchema", ["JSON", "JSONSchema"]),
    .tests("JSONRPC", ["JSONRPC", "JSON"]),
    .tests("Server", ["Server", "JSON", .product(name: "Logging", package: "swift-log")]),
    .tests("ModelContext", ["ModelContext", "JSON", "JSONRPC"]),
    .tests("Linear", ["Linear"]),
    .tests("Statistics", ["Statistics", "Linear", "JSON"]),
    .tests("Text", ["Text", "Linear", "JSON"]),
    .tests("PaperStore", ["PaperStore", .product(name: "GRDB", package: "GRDB.swift")]),
    .tests("RunLog", ["RunLog", "JSON", .product(name: "GRDB", package: "GRDB.swift")]),
    .tests("Notebook", ["Notebook", "JSON", "Yams", "CCMark"]),
    .tests("Papers", ["Papers", "MethodTestSupport", "PluginKit", "JSON"]),
    .tests(
      "Kernel",
      ["Kernel", "Threads", "Notebook", "RunLog", "PluginKit", "JSON", "Linear", "Papers", "Data", "Features", "Probe"]),
    .tests(
      "quire", ["quire", "Kernel", "PluginKit", "RunLog", "JSON", "JSONSchema"],
      exclude: ["example-digests.json", "Faulty"]),
    .tests("EndToEnd", ["quire", "RunLog", "JSON"], exclude: ["Plugin"]),
    .tests("Charts", ["Charts", "JSON"]),
    .tests("Erase", ["Erase", "Data", "Probe", "MethodTestSupport", "PluginKit", "Statistics", "Linear", "JSON"]),
    .tests("Geometry", ["Geometry", "MethodTestSupport", "PluginKit", "Statistics", "Linear", "JSON"]),
    .tests("Alignment", ["Alignment", "MethodTestSupport", "PluginKit", "Statistics", "Linear", "JSON"]),
    .tests("Dictionaries", ["Dictionaries", "MethodTestSupport", "PluginKit", "Linear", "JSON"]),
    .tests("Evaluate", ["Evaluate", "MethodTestSupport", "PluginKit", "Linear", "JSON"]),
    .tests("KnownAnswers", ["quire", "MethodTestSupport", "Kernel", "PluginKit", "Linear", "JSON"]),
    .tests("Data", ["Data", "MethodTestSupport", "PluginKit", "Linear", "JSON"]),
    .tests("Probe", ["Probe", "Data", "Topics", "MethodTestSupport", "PluginKit", "Statistics", "Linear", "JSON"]),
    .tests("Report", ["Report", "Charts", "JSON"]),
    .tests("Features", ["Features", "MethodTestSupport", "Linear", "JSON"]),
    .tests("Topics", ["Topics", "Features", "MethodTestSupport", "Linear", "Statistics", "Text", "JSON"]),
  ],
  swiftLanguageModes: [.v6]
)

// Tests/Fuzz builds everything with libFuzzer's main function, which the build tool of the schemas could not bear.
if Context.environment["QUIRE_READERS_ONLY"] != nil {
  package.products.removeAll { $0.name != "Readers" }
  var needed = Set(package.products.compactMap { $0 as? Product.Library }.flatMap(\.targets))
  // Targets stand behind those that they need.
  for target in package.targets.reversed() where needed.contains(target.name) {
    for case .byNameItem(let name, _) in target.dependencies { needed.insert(name) }
  }
  package.targets.removeAll { !needed.contains($0.name) }
}

extension Target {
  /// A built-in plugin: a folder in `Plugins/`, on PluginKit and the named libraries alone.
  static func builtIn(_ name: String, _ libraries: [Target.Dependency]) -> Target {
    .target(name: name, dependencies: ["PluginKit", "JSON", "Charts"] + libraries, path: "Plugins/\(name)")
  }

  /// The tests of one target, in the folder of its name below `Tests/`.
  static func tests(_ name: String, _ targets: [Target.Dependency], exclude: [String] = []) -> Target {
    .testTarget(
      name: "\(name)Tests", dependencies: ["TestSupport"] + targets, path: "Tests/\(name)", exclude: exclude)
  }
}
