import Glibc

/// What is fuzzed: a name and a function that must not trap, hang or leak on any bytes.
let targets: [(name: String, body: @Sendable ([UInt8]) -> Void)] = [
  ("framing", fuzzFraming), ("json", fuzzJSON), ("schema", fuzzSchema), ("pattern", fuzzPattern),
  ("notebook", fuzzNotebook), ("papers", fuzzPapers), ("arrays", fuzzArrays),
]

/// The target of this process, which the environment names: the arguments are all libFuzzer's, and so is `main`.
private let chosen: @Sendable ([UInt8]) -> Void = {
  let name = getenv("QUIRE_FUZZ_TARGET").map { String(cString: $0) }
  if let target = targets.first(where: { $0.name == name }) { return target.body }
  let usage = "QUIRE_FUZZ_TARGET must be one of: \(targets.map(\.name).joined(separator: ", "))\n"
  _ = usage.withCString { write(STDERR_FILENO, $0, strlen($0)) }
  exit(2)
}()

/// libFuzzer's main function calls it by this name.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ data: UnsafePointer<UInt8>?, _ size: Int) -> Int32 {
  chosen(Array(UnsafeBufferPointer(start: data, count: size)))
  return 0
}
