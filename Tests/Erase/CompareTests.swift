import JSON
import Linear
import MethodTestSupport
import PluginKit
import Statistics
import Testing

@testable import Erase

@Suite struct CompareTests {
  /// Three maps with one null space leave the same, and LEACE costs least; a random one leaves the concept.
  @Test func erasersAreMeasuredOnRowsThatTheyHaveNotSeen() throws {
    let bench = try MethodBench([ErasePlugin.self], jobs: 2)
    let (features, labels) = correlatedRows(700, 8, classes: 2)
    let input = try bench.matrix(features)
    let fit: JSON = ["features": input, "labels": .list(labels), "train": .list(0..<400)]
    let methods = ["erase.leace", "erase.orth", "erase.mean", "erase.random"]
    let erasers = try methods.map { try bench.call($0, fit)["eraser"] ?? nil }
    var params = fit
    params["test"] = .list(400..<700)
    params["erasers"] = .array(erasers)
    let value = try bench.call("erase.compare", params)
    let points = value["points"]?.array ?? []
    #expect(points.map { $0["method"]?.string } == methods)
    let left = points.compactMap { $0["canonicalCorrelation"]?.double }
    #expect((left[0] - left[1]).magnitude < 1e-9 && (left[1] - left[2]).magnitude < 1e-9 && left[3] > left[0] + 0.3)
    let cost = points.compactMap { $0["meanSquaredChangeRelative"]?.double }
    #expect(cost[0] < cost[1] && (cost[1] - cost[2]).magnitude < 1e-9)
    #expect(
      (value["before"]?["accuracy"]?["value"]?.double ?? 0) > 0.8 && value["before"]?["meanSquaredChangeRelative"] == 0)
    #expect(try bench.displays("erase.compare", params).count == 1)
    var seen = params
    seen["train"] = .list(0..<350)
    seen["erasers"] = [try bench.call("erase.leace", ["features": input, "labels": .list(labels)])["eraser"] ?? nil]
    let fault = bench.fault("erase.compare", seen)
    #expect(fault?.path == "/erasers/0" && fault?.message.contains("seen 300 of 300") == true)
  }
}
