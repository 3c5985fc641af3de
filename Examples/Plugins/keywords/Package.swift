// swift-tools-version: 6.1
import PackageDescription

let package = Package(
  name: "keywords",
  dependencies: [
    .package(name: "quire", path: "../../..")
  ],
  targets: [
    .target(name: "KeywordsMethods", dependencies: [.product(name: "PluginKit", package: "quire")]),
    .executableTarget(
      name: "keywords", dependencies: ["KeywordsMethods", .product(name: "PluginKit", package: "quire")]),
    .testTarget(name: "KeywordsTests", dependencies: ["KeywordsMethods"]),
  ],
  swiftLanguageModes: [.v6]
)
