import Foundation
import TestSupport
import Testing

private let plugin = SharedData.packageRoot.appendingPathComponent("Tests/EndToEnd/Plugin").path

@Test func aRunOfAProgramOfItsOwnIsReplayedByTheSameProgram() throws {
  let folder = try TemporaryFolder()
  func quire(_ arguments: String...) throws -> Program.Outcome {
    try Program.run(arguments: arguments, in: folder.path)
  }
  try "a,b\n1,2\n3,4\n".write(to: folder.file("x.csv"), atomically: true, encoding: .utf8)
  for params in [#"{"mode":"artifact","seed":3}"#, #"{"mode":"nothing","numbers":{"$file":"x.csv"}}"#] {
    #expect(try quire("call", "--plugin", plugin, "trial.behave", params).status == 0)
  }
  let same = try quire("log", "replay", "--all", "--strict", "--plugin", plugin)
  #expect(same.status == 0 && same.output.contains("2 same, 0 different, 0 not run"), "\(same.output)\(same.errors)")
  #expect(same.output.contains("file   bit-equal"), "its file is compared too: \(same.output)")
  let without = try quire("log", "replay", "--all")
  #expect(without.status == 1 && without.output.contains("plugin trial 0.1.0 is not installed"), "\(without.output)")
  // What says another thing each time is found out.
  #expect(try quire("call", "--plugin", plugin, "trial.behave", #"{"mode":"pid"}"#).status == 0)
  let other = try quire("log", "replay", "--all", "--plugin", plugin)
  #expect(other.status == 1 && other.output.contains("/pid; a defect"), "\(other.output)\(other.errors)")
  #expect(try quire("log", "verify").status == 0)
}
