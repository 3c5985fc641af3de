import JSON
import Testing

@testable import Kernel

extension MethodExample {
  func run(
    _ kernel: Kernel, _ folder: String, _ method: String, withDetails: Bool = false
  ) throws -> JSON {
    let params = try prepared(kernel, folder)
    var caller = Caller(roots: [folder])
    caller.wantsRunDetails = withDetails
    return try kernel.perform(method, params, caller)
  }
}

func examples(_ descriptor: MethodDescriptor) throws -> [MethodExample] {
  #expect(!descriptor.examples.isEmpty, "\(descriptor.name) has no example")
  return descriptor.examples
}
