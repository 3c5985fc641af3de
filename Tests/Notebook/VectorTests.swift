import JSON
import Notebook
import TestSupport
import Testing

/// The cases of `vectors/notebook_cells.json`.
@Suite(.enabled(if: SharedData.isPresent, Comment(rawValue: SharedData.absence)))
struct VectorTests {
  let vectors: JSON

  init() throws {
    vectors = try JSON.parse(try SharedData.bytes("vectors/notebook_cells.json"))
  }

  @Test func acceptedBodiesReadAsTheirValues() throws {
    let cases = try #require(vectors["accept"]?.array)
    #expect(cases.count >= 9)
    for vector in cases {
      let body = CellBody(try #require(vector["body"]?.string))
      #expect(body.value == vector["value"], "\(vector["name"]?.text ?? "")")
      #expect(body.diagnostics == [], "\(vector["name"]?.text ?? "")")
    }
  }

  @Test func rejectedBodiesNameTheFaultAndItsPlace() throws {
    let cases = try #require(vectors["reject"]?.array)
    #expect(cases.count >= 19)
    for vector in cases {
      let name = Comment(rawValue: vector["name"]?.string ?? "")
      let faults = CellBody(try #require(vector["body"]?.string)).diagnostics
      #expect(faults.count == 1, name)
      let fault = try #require(faults.first, name)
      #expect(fault.code.rawValue == vector["code"]?.string, name)
      #expect(fault.line == vector["line"]?.int, name)
      if let column = vector["column"]?.int { #expect(fault.column == column, name) }
    }
  }

  @Test func infoStringsGiveAttributesOrAFault() throws {
    let cases = try #require(vectors["info"]?.array)
    #expect(cases.count >= 10)
    for vector in cases {
      let line = try #require(vector["line"]?.string)
      let name = Comment(rawValue: line)
      let fence = line.prefix { $0 == "`" || $0 == "~" }
      let document = NotebookDocument("\(line)\nmethod: m.f\n\(fence)\n")
      guard vector["ok"]?.isNull == false else {
        #expect(document.cells.isEmpty && document.diagnostics.isEmpty, name)
        continue
      }
      let cell = try #require(document.cells.first, name)
      if vector["ok"]?.bool == true {
        #expect(document.diagnostics == [], name)
        var attributes = CellAttributes()
        attributes.id = vector["attrs"]?["id"]?.string
        attributes.seed = vector["attrs"]?["seed"]?.int.map(Int64.init)
        attributes.cache = try CellAttributes.Cache(rawValue: vector["attrs"]?["cache"]?.string ?? "on").unwrapped()
        #expect(cell.attributes == attributes, name)
      } else {
        #expect(document.diagnostics.count == 1, name)
        #expect(document.diagnostics.first?.code.rawValue == vector["code"]?.string, name)
        #expect(!cell.isSound, name)
      }
    }
  }
}

extension Optional {
  /// `#require` for use inside an expression.
  func unwrapped() throws -> Wrapped { try #require(self) }
}
