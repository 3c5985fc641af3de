import Foundation
import JSON
import TestSupport
import Testing

#if arch(x86_64)
  /// Every x86-64 processor can run Prescott's kernels, which add in another order than those of later ones.
  @Test func aReplayUnderAnotherCoreTypeReadsItBackAndLogsIt() throws {
    let folder = try TemporaryFolder()
    // The bias is zero but for rounding.
    let params = #"{"features":[[0,1],[1,0],[2,1],[3,0],[4,1],[5,0]],"labels":["a","a","a","b","b","b"]}"#
    #expect(try Program.run(arguments: ["call", "probe.logistic", params], in: folder.path).status == 0)
    let replayed = try Program.run(arguments: ["log", "replay", "--all", "--core", "Prescott"], in: folder.path)
    #expect(replayed.status == 0, "\(replayed.output)\(replayed.errors)")
    #expect(replayed.output.contains("1 same, 0 different"), "\(replayed.output)")
    let lines = try String(contentsOf: folder.file(".quire/log/00000001.jsonl"), encoding: .utf8).split(separator: "\n")
    let entries = try lines.map { try JSON.parse(Array($0.utf8)) }
    let start = try #require(entries.first { $0["type"] == "run.start" })
    #expect(start["num"]?["threads"] == 1 && start["num"]?["core"]?.string != nil, "\(start.text)")
    let note = try #require(lines.last { $0.contains(#""type":"note""#) })
    #expect(note.contains("core Prescott"), "\(note)")
    #expect(try Program.run(arguments: ["log", "verify"], in: folder.path).status == 0)
    let unknown = try Program.run(arguments: ["log", "replay", "--all", "--core", "Zen9"], in: folder.path)
    #expect(unknown.status != 0 && unknown.errors.contains("Haswell"), "\(unknown.errors)")
  }
#endif
