import Foundation
import PluginKit
import TestSupport
import Testing

@testable import Kernel
@testable import quire

@Suite(.serialized, .enabled(if: ProcessInfo.processInfo.environment["QUIRE_SOAK"] != nil, "slow: make soak"))
struct JobsSoakTests {
  /// Blocks of work are cut by size and never by threads, so one job and four give the same bits.
  @Test func jobsDoNotChangeTheBitsOfAnyExample() throws {
    let registry = Registry(plugins: builtInPlugins, kernelMethods: Kernel.kernelMethods)
    for method in builtInPlugins.flatMap({ $0.methods }) {
      let descriptor = try registry.descriptor(of: method.name)
      guard descriptor.determinism != .none, !descriptor.writesStore else { continue }
      for (number, example) in try examples(descriptor).enumerated() {
        let values = try [1, 4].map { jobs in
          let folder = try TemporaryFolder()
          let kernel = Kernel(
            workspace: Workspace(root: folder.path), plugins: builtInPlugins, settings: .init(jobs: jobs))
          defer { kernel.workspace.close() }
          return try example.run(kernel, folder.path, method.name).canonicalBytes()
        }
        #expect(values[0] == values[1], "\(method.name), example \(number)")
      }
    }
  }
}
