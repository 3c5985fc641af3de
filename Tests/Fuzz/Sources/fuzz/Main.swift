import CFuzzer
import Glibc

/// What is fuzzed: a name and a function that must not trap, hang or leak on any bytes.
let targets: [(name: String, body: @Sendable ([UInt8]) -> Void)] = [
  ("framing", fuzzFraming), ("json", fuzzJSON), ("schema", fuzzSchema), ("pattern", fuzzPattern),
  ("notebook", fuzzNotebook), ("papers", fuzzPapers), ("arrays", fuzzArrays),
]

/// `fuzz TARGET LIBFUZZER-ARGUMENTS…`; SwiftPM names the main function of an executable so.
@_cdecl("fuzz_main")
public func main(_ count: Int32, _ words: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Int32 {
  let name = count > 1 ? words[1].map { String(cString: $0) } : nil
  guard let target = targets.firstIndex(where: { $0.name == name }) else {
    let usage = "usage: fuzz \(targets.map(\.name).joined(separator: "|")) [libFuzzer's arguments]\n"
    _ = usage.withCString { write(STDERR_FILENO, $0, strlen($0)) }
    return 2
  }
  setenv("QUIRE_FUZZ_TARGET", String(target), 1)
  words[1] = words[0]
  var rest: Int32 = count - 1
  var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = words + 1
  return LLVMFuzzerRunDriver(&rest, &arguments) { LLVMFuzzerTestOneInput($0, $1) }
}

/// The target of this process.
private let chosen = getenv("QUIRE_FUZZ_TARGET").flatMap { Int(String(cString: $0)) } ?? 0

/// libFuzzer's own main function wants it by this name.
@_cdecl("LLVMFuzzerTestOneInput")
public func LLVMFuzzerTestOneInput(_ data: UnsafePointer<UInt8>?, _ size: Int) -> Int32 {
  targets[chosen].body(Array(UnsafeBufferPointer(start: data, count: size)))
  return 0
}
