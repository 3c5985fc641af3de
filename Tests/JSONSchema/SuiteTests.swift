import Foundation
import JSON
import TestSupport
import Testing

@testable import JSONSchema

/// The official test suite of 2020-12.
private struct Suite {
  /// The remote documents under their URIs and the metaschema with its vocabularies.
  let registry: SchemaRegistry

  struct Group {
    let description: String
    let schema: JSON
    let tests: [(description: String, data: JSON, valid: Bool)]
  }

  init() throws {
    var registry = SchemaRegistry()
    let remotes = SharedData.url("json-schema/remotes")
    let names = try FileManager.default.subpathsOfDirectory(atPath: remotes.path).filter { $0.hasSuffix(".json") }
    for name in names {
      try registry.add(try read("json-schema/remotes/\(name)"), uri: "http://localhost:1234/\(name)")
    }
    let base = "https://json-schema.org/draft/2020-12/"
    try registry.add(try read("json-schema/metaschema/schema.json"), uri: base + "schema")
    let folder = "json-schema/metaschema/vocabularies"
    for name in try FileManager.default.contentsOfDirectory(atPath: SharedData.url(folder).path) {
      try registry.add(try read("\(folder)/\(name)"), uri: base + "meta/\(name)")
    }
    self.registry = registry
  }

  static func files(in folder: String) throws -> [String] {
    let folder = "json-schema/tests/draft2020-12\(folder)"
    let names = try FileManager.default.contentsOfDirectory(atPath: SharedData.url(folder).path)
    return names.filter { $0.hasSuffix(".json") }.sorted().map { "\(folder)/\($0)" }
  }

  func groups(in file: String) throws -> [Group] {
    try #require(try read(file).array).map { group in
      Group(
        description: group["description"]?.string ?? "", schema: group["schema"] ?? .null,
        tests: (group["tests"]?.array ?? []).map {
          ($0["description"]?.string ?? "", $0["data"] ?? .null, $0["valid"]?.bool ?? false)
        })
    }
  }

  /// The tests of a group that fail; each of them when the schema does not compile.
  func failures(of group: Group, options: CompiledSchema.Options = .init()) -> [String] {
    do {
      let schema = try CompiledSchema(
        group.schema, uri: "https://quire.test/schema.json", registry: registry, options: options)
      return group.tests.filter { test in
        let violations = schema.validate(test.data)
        return violations.isEmpty != test.valid || schema.isValid(test.data) != test.valid
      }.map { "\(group.description): \($0.description)" }
    } catch {
      return group.tests.map { "\(group.description): \($0.description): \(error)" }
    }
  }
}

private func read(_ path: String) throws -> JSON {
  let bytes = try SharedData.bytes(path)
  // Only a few optional files hold integers of more than 64 bits.
  do { return try JSON.parse(bytes) } catch { return try JSON.parse(bytes, .largeIntegers) }
}

@Suite(.enabled(if: SharedData.isPresent, Comment(rawValue: SharedData.absence)))
struct OfficialSuite {
  @Test func everyRequiredTestPasses() throws {
    let suite = try Suite()
    var count = 0
    var failures: [String] = []
    for file in try Suite.files(in: "") {
      for group in try suite.groups(in: file) {
        count += group.tests.count
        failures += suite.failures(of: group)
      }
    }
    #expect(failures.isEmpty, "\(failures.joined(separator: "\n"))")
    #expect(count > 1_250, "the suite is not complete")
  }

  @Test func theMetaschemaChecksTheDeepestSchema() throws {
    let metaschema = try CompiledSchema(
      uri: "https://json-schema.org/draft/2020-12/schema", registry: try Suite().registry)
    let deepest = (0..<JSON.maximumDepth - 1).reduce(JSON.bool(true)) { value, _ in ["not": value] }
    #expect(metaschema.validate(deepest) == [])
    let broken = (0..<JSON.maximumDepth - 1).reduce(JSON.integer(3)) { value, _ in ["not": value] }
    #expect(
      metaschema.validate(broken).first?.message.hasSuffix("must be a boolean or an object, not 3 (integer)")
        == true)
  }

  @Test func theFormatsOfOurFilesPass() throws {
    let suite = try Suite()
    for name in ["uri", "date-time"] {
      for group in try suite.groups(in: "json-schema/tests/draft2020-12/optional/format/\(name).json") {
        #expect(suite.failures(of: group, options: .init(assertsFormats: true)) == [])
      }
    }
  }

  /// What is optional is counted, and the counts may only rise.
  @Test func optionalTestsAreCounted() throws {
    let suite = try Suite()
    var passed = 0
    var count = 0
    var lines: [String] = []
    for folder in ["/optional", "/optional/format"] {
      for file in try Suite.files(in: folder) {
        let groups = try suite.groups(in: file)
        let all = groups.reduce(0) { $0 + $1.tests.count }
        let failed = groups.flatMap { suite.failures(of: $0, options: .init(assertsFormats: folder != "/optional")) }
        lines.append("\(all - failed.count) of \(all) \(file.split(separator: "/").suffix(2).joined(separator: "/"))")
        passed += all - failed.count
        count += all
      }
    }
    print((lines + ["\(passed) of \(count) optional tests"]).joined(separator: "\n"))
    // Most of the others ask for formats that our files do not use.
    #expect(passed >= 565)
  }
}
