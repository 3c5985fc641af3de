import JSON
import Kernel
import MethodTestSupport
import TestSupport
import Testing

@testable import quire

@Suite struct KnownAnswerTests {
  /// Every case of a method that there is runs through the method's own call. A method without an adapter fails, so does an
  /// answer that the call does not give.
  @Test(.enabled(if: KnownCase.isPresent, Comment(rawValue: SharedData.absence)))
  func everyMethodGivesTheKnownAnswers() throws {
    let methods = Set(builtInPlugins.flatMap { $0.methods.map { $0.name } })
    let adapters = Dictionary(Adapter.all.map { ($0.method, $0) }, uniquingKeysWith: { first, _ in first })
    #expect(adapters.count == Adapter.all.count, "a method has two adapters")
    for name in adapters.keys { #expect(methods.contains(name), "an adapter for \(name), which is no method") }
    let bench = try MethodBench(builtInPlugins)
    var (run, failed, elsewhere, skipped) = (0, 0, 0, 0)
    var later: [String: Int] = [:]
    for known in try KnownCase.all() {
      guard methods.contains(known.method) else {
        skipped += 1
        later[known.method, default: 0] += 1
        continue
      }
      switch adapters[known.method]?.way {
      case nil:
        failed += 1
        Issue.record("\(known.title): there is no adapter for this method")
      case .elsewhere: elsewhere += 1
      case .call(let answers):
        run += 1
        do {
          let found = try answers(Call(bench: bench, method: known.method, input: known.input))
          let wrong = known.differences(found)
          if !wrong.isEmpty {
            failed += 1
            Issue.record("\(known.title): \(wrong.joined(separator: "; "))")
          }
        } catch {
          failed += 1
          Issue.record("\(known.title): \(error)")
        }
      }
    }
    print("known answers: \(run) cases run, \(failed) failed, \(skipped) skipped, \(elsewhere) in tests of their own")
    if !later.isEmpty {
      let names = later.sorted { $0.key < $1.key }.map { "\($0.key) (\($0.value))" }
      print("skipped, of methods that are not there yet: \(names.joined(separator: ", "))")
    }
    for adapter in Adapter.all {
      if case .elsewhere(let tests) = adapter.way { print("\(adapter.method): \(tests)") }
    }
    #expect(run > 0)
  }

  // MARK: - The comparison itself

  private func known(_ expected: JSON, tolerance: Double = 1e-9, upToSign: Set<String> = []) -> KnownCase {
    KnownCase(
      paper: 0, method: "m", name: "n", input: [:], expected: expected, tolerance: tolerance, upToSign: upToSign)
  }

  @Test func aWrongAnswerIsFound() {
    #expect(known(["x": 1]).differences(["x": 1.000001]).count == 1)
    #expect(known(["x": 1000], tolerance: 1e-3).differences(["x": 1000.9]).isEmpty)
    #expect(known(["x": [1, 2]]).differences(["x": [1, 2, 3]]).count == 1)
    #expect(known(["x": nil]).differences(["x": 0]).count == 1)
    #expect(known(["x": 0]).differences(["x": nil]).count == 1)
    #expect(known(["x": [[1], [nil]]]).differences(["x": [[1], [nil]]]).isEmpty)
    #expect(known(["x": 1]).differences([:]).first?.contains("no such output") == true)
    #expect(known(["x": "a"]).differences(["x": "b"]).count == 1)
    #expect(known(["x": true]).differences(["x": 1]).count == 1)
    #expect(known(["x": 0]).differences(["x": -0.0]).isEmpty)
  }

  @Test func signsOfVectorsMayDifferWhereTheCaseSaysSo() {
    let wanted: JSON = ["v": [[1, 2], [3, 4]]]
    let turned: [String: JSON] = ["v": [[-1, -2], [3, 4]]]
    #expect(known(wanted, upToSign: ["v"]).differences(turned).isEmpty)
    #expect(known(wanted).differences(turned).count == 1)
    #expect(known(wanted, upToSign: ["v"]).differences(["v": [[-1, 2], [3, 4]]]).count == 1)
  }

  @Test func generatedInputsAreTheDocumentedOnes() {
    let six = KnownCase.expanded(["lcg": ["seed": 1, "shape": [6], "lo": 0, "hi": 9999, "div": 1]])
    #expect(six.ints == [4774, 4153, 1196, 2870, 1034, 9795])
    let pairs = KnownCase.expanded(["a": ["lcg": ["seed": 42, "shape": [2, 2], "lo": -1000, "hi": 1000, "div": 1]]])
    #expect(pairs["a"] == [[507, 58], [-522, -43]])
  }
}
