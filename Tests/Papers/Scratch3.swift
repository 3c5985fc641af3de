import Testing
import TestSupport
@testable import Papers
@Test func speed() throws {
  let bytes = try SharedData.bytes("seed/page.txt")
  var best = Duration.seconds(100)
  for _ in 0..<300 {
    let t = ContinuousClock.now
    _ = try PaperFormat.read(bytes)
    best = min(best, ContinuousClock.now - t)
  }
  print("time", best)
}
