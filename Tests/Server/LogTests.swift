import Foundation
import Glibc
import JSON
import Logging
import Testing

@testable import Server

/// A pipe whose ends are closed with the last reference.
private final class Pipe {
  let read: Int32
  let write: Int32

  init() {
    var ends: [Int32] = [-1, -1]
    pipe(&ends)
    (read, write) = (ends[0], ends[1])
  }

  deinit {
    close(read)
    close(write)
  }

  /// What has been written by now.
  func text() -> String {
    _ = fcntl(read, F_SETFL, O_NONBLOCK)
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while case let count = Glibc.read(read, &chunk, chunk.count), count > 0 {
      bytes.append(contentsOf: chunk[..<count])
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}

@Test func aLineHasItsTimeLevelAreaAndText() {
  let pipe = Pipe()
  let log = Log(pipe.write, level: .info, format: .text)
  var logger = log.logger("session")
  logger[metadataKey: "id"] = "7"
  logger.debug("not this")
  logger.info("began\nhere")
  log.flush(milliseconds: 5000)
  let words = pipe.text().split(separator: " ", maxSplits: 3)
  #expect(words.count == 4)
  #expect(words[0].wholeMatch(of: #/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/#) != nil, "\(words)")
  #expect(words[1...] == ["info", "session", "began here id=7\n"])
}

@Test func linesOfJSONAreObjects() throws {
  let pipe = Pipe()
  let log = Log(pipe.write, level: .warning, format: .json)
  log.logger("wire").error("a \"quoted\" line\n")
  log.flush(milliseconds: 5000)
  let line = try JSON.parse(pipe.text())
  #expect(line["level"] == "error")
  #expect(line["area"] == "wire")
  #expect(line["text"] == "a \"quoted\" line\n")
}

@Test(arguments: Log.Format.allCases, ["x", "\u{1}", "ü", "\""])
func aLineHoldsAtMostTwoKilobytes(_ format: Log.Format, _ text: String) {
  let pipe = Pipe()
  let log = Log(pipe.write, level: .warning, format: format)
  log.logger("session").warning("\(String(repeating: text, count: 10_000))")
  log.flush(milliseconds: 5000)
  let line = pipe.text()
  #expect(line.utf8.count <= 2048)
  #expect(line.utf8.count > 200)
  #expect(line.hasSuffix("\n") && line.filter { $0 == "\n" }.count == 1)
}

@Test func whatNobodyReadsIsDroppedAndCountedAndNobodyWaits() throws {
  let pipe = Pipe()
  let log = Log(pipe.write, level: .warning, format: .text)
  let logger = log.logger("session")
  // Ten times what the ring and the pipe hold.
  let long = String(repeating: "x", count: 1000)
  for number in 0..<12_000 { logger.warning("\(number) \(long)") }
  var text = ""
  while !text.contains("11999 ") {
    text += pipe.text()
    usleep(1000)
  }
  let lines = text.split(separator: "\n")
  let dropped = try #require(lines.compactMap { $0.firstMatch(of: #/(\d+) lines were dropped/#) }.first)
  #expect(lines.count - 1 + (Int(dropped.1) ?? 0) == 12_000)
  #expect(text.utf8.count < 2 << 20)
}
