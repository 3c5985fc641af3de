import JSON
import Linear
import MethodTestSupport
import PluginKit
import TestSupport
import Testing

@testable import Data
@testable import Probe

/// What a user is kept from: wrong input, and wrong conclusions.
@Suite struct ProbeGuardTests {
  private let bench: MethodBench

  init() throws { bench = try MethodBench([DataPlugin.self, ProbePlugin.self]) }

  private func fault(_ members: KeyValuePairs<String, JSON>) throws -> (kind: String, path: String?, message: String) {
    let params: JSON = [
      "features": [[0, 1], [1, 0], [2, 2], [3, 3], [4, 5]], "labels": ["a", "b", "a", "b", "a"],
    ]
    let fault = try #require(bench.fault("probe.logistic", params.with(members)))
    #expect(fault.hint != nil, "\(fault.message): says what to do")
    #expect(fault.message.utf8.count < 200)
    return (fault.kind, fault.path, fault.message)
  }

  // MARK: - Refused

  @Test func listsThatOverlapAreRefusedWithTheRows() throws {
    let found = try fault(["train": [0, 1, 2, 3], "test": [4, 3, 1]])
    #expect(found.kind == "params.value" && found.path == "/test")
    #expect(found.message.contains("row 1, row 3 in train and in test"))
    // Without train all rows are fitted, the test rows among them.
    #expect(try fault(["test": [4]]).message.contains("row 4"))
  }

  @Test func aSplitStandsAlone() throws {
    let split = try bench.call("data.split", ["labels": ["a", "b", "a", "b", "a"], "test": 0.5])
    for side in ["train", "test"] {
      let found = try fault(["split": split["split"] ?? nil, "\(side)": [0]])
      #expect(found.kind == "params.value" && found.path == "/split" && found.message.contains("beside \(side)"))
    }
    let long = try bench.call("data.split", ["labels": .array((0..<40).map { JSON($0 % 2) })])
    let found = try fault(["split": long["split"] ?? nil])
    #expect(found.kind == "math.shape" && found.path == "/split")
  }

  @Test func emptyAndRepeatedListsAreRefused() throws {
    let empty = try fault(["train": []])
    #expect(empty.kind == "math.tooFewSamples" && empty.path == "/train" && empty.message == "there are no train rows")
    #expect(try fault(["train": [0, 1], "test": []]).path == "/test")
    let twice = try fault(["train": [0, 1, 0]])
    #expect(twice.kind == "params.value" && twice.path == "/train" && twice.message.contains("row 0 twice"))
    let found = try #require(
      bench.fault("probe.logistic", ["features": [[1], [2]], "labels": [0, 1], "train": [0, 2]]))
    #expect(found.path == "/train/1" && found.message.contains("below 2, found 2"))
  }

  @Test func otherNumbersOfRowsAreRefused() throws {
    let found = try fault(["labels": ["a", "b"]])
    #expect(found.kind == "math.shape" && found.path == "/labels")
    #expect(found.message == "2 rows in labels and 5 in features")
  }

  @Test func rowsOfOtherPapersAreRefused() throws {
    let labels = try bench.labels(LabelFile(codes: [0, 1, 0], classes: ["a", "b"], rowIDs: ["x", "y", "q"]))
    let features = try bench.matrix(Matrix([[1.0], [2], [3]]), rowIDs: ["x", "y", "z"])
    let found = try fault(["features": features, "labels": labels])
    #expect(found.kind == "math.shape" && found.message == "row 2 is 'z' in features and 'q' in labels")
  }

  @Test func aNumberThatIsNotFiniteIsNamed() throws {
    let rows = Matrix([[0.0, 1], [1, 0], [2, .infinity], [3, 3], [4, 5]])
    let features = try bench.array(.matrix(rows), name: "x.npy")
    let train = try fault(["features": features])
    #expect(train.kind == "math.nonFinite" && train.path == "/features")
    #expect(train.message == "row 2, column 1 is not finite")
    let test = try fault(["features": features, "train": [0, 1], "test": [4, 2, 3]])
    #expect(test.kind == "math.nonFinite" && test.message == "row 2, column 1 is not finite")
  }

  @Test func classesThatOneSideLacksAreNamed() throws {
    let test = try fault(["train": [0, 1, 2], "test": [3]])
    #expect(test.kind == "math.degenerate" && test.path == "/labels" && test.message == "no test row is of class 'a'")
    let train = try fault(["train": [0, 2], "test": [1, 4]])
    #expect(train.kind == "math.degenerate" && train.message == "no train row is of class 'b'")
    let one = try fault(["train": [0, 2], "test": [4]])
    #expect(one.kind == "math.degenerate" && one.message == "all 2 rows are of class 'a'")
    // A class that no row has is nobody's loss.
    let labels = try bench.labels(LabelFile(codes: [2, 0, 2, 0], classes: ["a", "b", "c"]))
    let value = try bench.call("probe.logistic", ["features": [[0], [3], [1], [4]], "labels": labels])
    #expect(value["classes"] == ["a", "c"])
  }

  @Test func rowsWithoutALabelAreNamed() throws {
    let found = try fault(["labels": ["a", nil, "b", "a", nil]])
    #expect(found.kind == "params.value" && found.path == "/labels" && found.message.contains("row 1, row 4"))
    let value = try bench.call(
      "probe.logistic", ["features": [[0], [1], [2]], "labels": ["a", nil, "b"], "train": [0, 2]])
    #expect(value["n"] == 2)
  }

  @Test func noColumnsIsNoMatrix() throws {
    let found = try #require(bench.fault("probe.logistic", ["features": [[], []], "labels": ["a", "b"]]))
    #expect(found.kind == "math.shape" && found.path == "/features")
  }

  // MARK: - Told

  private func probe(
    _ features: Matrix<Double>, _ labels: [Int], train: Range<Int>, _ members: KeyValuePairs<String, JSON> = [:]
  ) throws -> JSON {
    let params: JSON = [
      "features": try bench.matrix(features), "labels": .list(labels), "train": .list(train),
      "test": .list(train.upperBound..<labels.count),
    ]
    return try bench.call("probe.logistic", params.with(members))
  }

  @Test func separatedRowsSayThatThePenaltyDecides() throws {
    let (features, labels) = gaussianClasses(120, 8, classes: 2, distance: 20)
    let value = try probe(features, labels, train: 0..<80)
    #expect(value["separated"] == true && value["converged"] == true)
    #expect(value.warning("separated")?.contains("C = 1") == true)
    let free = try probe(features, labels, train: 0..<80, ["C": "Infinity"])
    #expect(free["separated"] == true && free["gapBound"] == nil)
    #expect(free.warning("separated")?.contains("no minimum") == true)
  }

  @Test func aFitThatWasStoppedSaysHowFarItIs() throws {
    let (features, labels) = gaussianClasses(400, 20, classes: 3)
    let value = try probe(features, labels, train: 0..<300, ["maxIter": 2, "solver": "lbfgs"])
    let whole = try probe(features, labels, train: 0..<300)
    #expect(value["converged"] == false && value["iterations"] == 2)
    #expect(value.warning("not-converged")?.contains("raise maxIter") == true)
    let gap = try value.number("objective") - whole.number("objective")
    let bound = try value.number("gapBound")
    #expect(gap > 0 && gap <= bound)
    #expect(whole["converged"] == true && !whole.warningCodes.contains("not-converged"))
  }

  @Test func onlyOneClassInMostRowsIsAHeadlineOfItsOwn() throws {
    var (features, labels) = gaussianClasses(400, 5, classes: 2, distance: 0)
    labels = labels.indices.map { $0 % 20 == 0 ? 1 : 0 }
    features[0, 0] = 0
    let value = try probe(features, labels, train: 0..<300)
    #expect(value.warning("imbalance")?.hasPrefix("0.95 of the scored rows are of one class") == true)
    #expect(value.warningCodes.contains("absence") && value.warningCodes.contains("penalty"))
    let weak = try probe(features, labels, train: 0..<300, ["C": 1e6])
    #expect(!weak.warningCodes.contains("penalty"))
  }

  @Test func classesOfFewRowsAreNotEstimable() throws {
    let (features, labels) = gaussianClasses(110, 5, classes: 2)
    let few = labels.indices.map { [3, 7, 11, 104, 108].contains($0) ? 2 : labels[$0] }
    let value = try probe(features, few, train: 0..<100)
    #expect(value.warning("small-class")?.contains("'2' (2)") == true)
  }

  /// 64 columns of noise and 500 scored rows: the page's figure of what could have been seen.
  @Test func noiseIsNotToldApartFromTheMajority() throws {
    let (features, labels) = gaussianClasses(1500, 64, classes: 2, distance: 0, seed: 3)
    let value = try probe(features, labels, train: 0..<1000)
    let message = try #require(value.warning("absence"))
    let figure = try #require(message.split(separator: " ").compactMap { Double($0) }.last)
    #expect((figure - 0.0626).magnitude < 0.0005)
  }

  /// Centring each side of a split by itself makes noise look worse than chance; so does a relation that is turned round.
  @Test func belowChanceIsNeverReadAsErased() throws {
    let (features, labels) = gaussianClasses(300, 3, classes: 2, distance: 4)
    let turned = labels.indices.map { $0 < 200 ? labels[$0] : 1 - labels[$0] }
    let value = try probe(features, turned, train: 0..<200)
    #expect(try value.number("accuracy", "high") < value.number("majority"))
    #expect(value.warningCodes.contains("belowChance") && !value.warningCodes.contains("absence"))
  }

  @Test func constantColumnsAreNamed() throws {
    var (features, labels) = gaussianClasses(60, 4, classes: 2)
    for i in 0..<60 { features[i, 2] = 1e5 }
    labels[0] = 0
    let value = try probe(features, labels, train: 0..<40)
    #expect(value.warning("constant-columns")?.hasPrefix("1 column constant") == true)
    let weights: [Double] = try bench.arrays(value["probe"]).array("weights").readNumbers()
    #expect(weights[2] == 0)
  }

  @Test func anUnpenalisedFitOfFewRowsReadsNoise() throws {
    let (features, labels) = gaussianClasses(200, 30, classes: 2)
    let few = try probe(features, labels, train: 0..<140, ["C": 1e6])
    let enough = try probe(features, labels, train: 0..<150, ["C": 1e6])
    let penalised = try probe(features, labels, train: 0..<140)
    #expect(few.warningCodes.contains("dim"))
    #expect(!enough.warningCodes.contains("dim") && !penalised.warningCodes.contains("dim"))
  }

  @Test func warningsAreToldBesideTheValueToo() throws {
    let (features, labels) = gaussianClasses(30, 2, classes: 2)
    let params: JSON = ["features": try bench.matrix(features), "labels": .list(labels)]
    let value = try bench.call("probe.logistic", params)
    #expect(try bench.warnings("probe.logistic", params) == value["warnings"]?.array)
  }
}
