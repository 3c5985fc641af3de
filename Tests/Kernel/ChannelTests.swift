import PluginKit
import Testing

/// Work on two threads: what one reads, the other one takes.
struct ChannelTests {
  private struct Stop: Error, Equatable {}

  @Test func valuesComeInTheirOrderThroughASmallChannel() throws {
    let channel = Channel<Int>(capacity: 2)
    let sending = Beside { for value in 0..<1_000 { try channel.send(value) } }
    for value in 0..<1_000 { #expect(try channel.receive() == value) }
    try sending.value()
    #expect(channel.receiveAll().isEmpty)
  }

  @Test func whoWaitsForAValueIsWokenByAFailure() throws {
    let channel = Channel<Int>(capacity: 1)
    let receiving = Beside { try channel.receive() }
    channel.fail(Stop())
    #expect(throws: Stop()) { try receiving.value() }
  }

  @Test func whoWaitsForRoomIsWokenByAFailure() throws {
    let channel = Channel<Int>(capacity: 1)
    try channel.send(1)
    let sending = Beside { try channel.send(2) }
    channel.fail(Stop())
    #expect(throws: Stop()) { try sending.value() }
    #expect(throws: Stop()) { try channel.send(3) }
  }

  @Test func takingAllMakesRoom() throws {
    let channel = Channel<Int>(capacity: 1)
    let sending = Beside { for value in 0..<100 { try channel.send(value) } }
    var taken: [Int] = []
    while taken.count < 100 { taken += channel.receiveAll() }
    try sending.value()
    #expect(taken == Array(0..<100))
  }

  @Test func workBesideGivesItsResultAsOftenAsItIsAsked() throws {
    let work = Beside { 6 * 7 }
    #expect(try work.value() == 42)
    #expect(try work.value() == 42)
  }
}
