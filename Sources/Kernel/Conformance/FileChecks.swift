import JSON
import JSONSchema

extension ConformanceCheck {
  static let manifest = ConformanceCheck("manifest", "\(PluginManifest.fileName) and its files can be read") {
    evidence in
    guard let fault = evidence.manifestFault else { return .passed }
    let hint = fault.hint ?? "plugin-authoring: name, version, protocol 1, summary, command, methods"
    return .failed([
      Finding(file: evidence.folder.map { "\($0)/\(PluginManifest.fileName)" }, fault.message, hint: hint)
    ])
  }

  static let schema = ConformanceCheck(files: "schema", "params and result are JSON Schemas") { evidence in
    evidence.schemas.compactMap { file in
      guard case .failure(let fault) = file.descriptor else { return nil }
      return Finding(
        method: file.method, file: file.path, fault.message,
        hint: fault.hint ?? "params and result are schemas of JSON Schema 2020-12; $ref is #/… or quire:common/…")
    }
  }

  static let words = ConformanceCheck(files: "words", "methods, params and results are described") { evidence in
    evidence.schemas.flatMap { file -> [Finding] in
      func finding(_ pointer: String, _ message: String, _ hint: String) -> Finding {
        Finding(method: file.method, file: "\(file.path)#\(pointer)", message, hint: hint)
      }
      func isEmpty(_ value: JSON?) -> Bool { value?.string?.allSatisfy(\.isWhitespace) ?? true }
      var found = ["title", "summary", "description"].filter { isEmpty(file.document[$0]) }.map { member in
        finding("/\(member)", "'\(member)' is missing or empty", "say there what the method answers; help shows it")
      }
      for member in file.document["params"]?["properties"]?.object?.members ?? []
      where isEmpty(member.value["description"]) && member.value["$ref"] == nil {
        found.append(
          finding(
            "/params/properties/\(member.key)", "the param '\(member.key)' has no description",
            "say what it is, with its unit"))
      }
      return found
    }
  }

  static let contract = ConformanceCheck(files: "contract", "the method says what it may do, by words that hosts know")
  {
    evidence in
    evidence.schemas.flatMap { MethodContract($0).findings }
  }

  static let warnings = ConformanceCheck(files: "warnings", "every result has warnings") { evidence in
    evidence.schemas.compactMap { file in
      let result = file.document["result"]
      let warnings = result?["properties"]?["warnings"]
      // A reader of files counts its warnings by code.
      let isThere = warnings?["$ref"] == "quire:common/warnings.json" || warnings?["type"] == "object"
      let isRequired = result?["required"]?.array?.contains("warnings") ?? false
      // A look-up gives what it found, a change of the store what it changed: neither draws a conclusion.
      let concludes = file.document["logged"] != false && file.document["effects"] != "writesStore"
      if isThere && isRequired || !concludes { return nil }
      return Finding(
        method: file.method, file: "\(file.path)#/result/properties/warnings",
        isThere ? "'warnings' is not required" : "the result has no member 'warnings'",
        hint: #"add "warnings": {"$ref": "quire:common/warnings.json"} and require it; without any it is []"#)
    }
  }
}

/// What a schema file declares, held against the words that a host knows.
private struct MethodContract {
  private let file: Evidence.SchemaFile
  private var document: JSON { file.document }

  init(_ file: Evidence.SchemaFile) { self.file = file }

  var findings: [ConformanceReport.Finding] {
    missing + effects + determinism + errors + primary + defaults
  }

  private func finding(_ pointer: String, _ message: String, _ hint: String) -> ConformanceReport.Finding {
    .init(method: file.method, file: "\(file.path)#\(pointer)", message, hint: hint)
  }

  private var missing: [ConformanceReport.Finding] {
    [
      ("references", "the method's papers as CSL-JSON items, [] when there is none"),
      ("effects", #""none" or "writesStore""#), ("reads", #"[] or ["papers"]"#), ("usesSeed", "true or false"),
      ("determinism", #""exact", "bitwise", "none" or {"class": "tolerance", "rtol": 1e-6, "atol": 0}"#),
      ("errors", "the kinds of errors that it raises, [] when there are none"),
    ].filter { document[$0.0] == nil }.map { finding("/\($0.0)", "'\($0.0)' is missing", "add it: \($0.1)") }
  }

  private var effects: [ConformanceReport.Finding] {
    var found: [ConformanceReport.Finding] = []
    if let effects = document["effects"], effects != "none", effects != "writesStore" {
      found.append(finding("/effects", "expected none or writesStore, found \(effects.text)", "choose one of these"))
    }
    if let reads = document["reads"], reads != [], reads != ["papers"] {
      found.append(finding("/reads", #"expected [] or ["papers"], found \#(reads.text)"#, "choose one of these"))
    }
    if document["usesSeed"] == true, document["params"]?["properties"]?["seed"] != nil {
      found.append(finding("/params/properties/seed", "the host adds the param 'seed' itself", "take it out"))
    }
    return found
  }

  private var determinism: [ConformanceReport.Finding] {
    guard let given = document["determinism"] else { return [] }
    let names: [JSON] = ["exact", "bitwise", "none", "tolerance"]
    if names.contains(given) || given["class"].map({ names.contains($0) }) == true { return [] }
    return [
      finding(
        "/determinism", "expected exact, bitwise, none or tolerance, found \(given.text)",
        #"{"class": "tolerance", "rtol": 1e-6, "atol": 0} allows for differences"#)
    ]
  }

  private var errors: [ConformanceReport.Finding] {
    (document["errors"]?.array ?? []).enumerated().compactMap { index, kind in
      if let kind = kind.string, Fault.codes[kind] != nil { return nil }
      return finding(
        "/errors/\(index)", "no host knows the kind of error \(kind.text)",
        "use one of \(Fault.methodKinds.joined(separator: ", "))")
    }
  }

  private var primary: [ConformanceReport.Finding] {
    guard let primary = document["primary"] else { return [] }
    if let name = primary.string, document["result"]?["properties"]?[name] != nil { return [] }
    return [finding("/primary", "the result has no member \(primary.text)", "name one of its members")]
  }

  /// A default that its own schema refuses would fail every call that leaves the param out.
  private var defaults: [ConformanceReport.Finding] {
    guard let descriptor = try? file.descriptor.get() else { return [] }
    let full = descriptor.params.applyingDefaults(to: descriptor.examples.first?.withPlaceholders ?? [:])
    return descriptor.params.validate(full).filter { $0.keyword != "required" }.compactMap { wrong in
      let name = wrong.pointer.split(separator: "/").first.map(String.init) ?? ""
      guard document["params"]?["properties"]?[name]?["default"] != nil,
        descriptor.examples.first?.params[name] == nil
      else { return nil }
      return finding(
        "/params/properties/\(name)/default", "the default does not fit its own schema: expected \(wrong.expected)",
        "change the default or the schema")
    }
  }
}
