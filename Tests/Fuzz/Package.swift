// swift-tools-version: 6.1
import PackageDescription

// A package of its own, since its target is built with flags that a library must not have. `make fuzz` builds it with
// libFuzzer and the address sanitizer.
let package = Package(
  name: "fuzz",
  dependencies: [.package(name: "quire", path: "../..")],
  targets: [
    .executableTarget(
      name: "fuzz", dependencies: [.product(name: "Readers", package: "quire")],
      // The main function is libFuzzer's.
      swiftSettings: [.unsafeFlags(["-parse-as-library"])],
      // gold, the default, ends with a fault of its own here.
      linkerSettings: [.unsafeFlags(["-use-ld=lld"])])
  ],
  swiftLanguageModes: [.v6]
)
