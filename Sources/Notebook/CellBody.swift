import JSON

/// The content of a cell: which method, with which params.
///
///     let body = CellBody("method: probe.logistic\nparams: {features: $topics.matrix, C: 0.1}\n")
///     body.method                       // "probe.logistic"
///     body.params                       // {"features": {"$ref": "topics.matrix"}, "C": 0.1}
///     body.position(of: "/C").column    // 40
///
/// A class, so that the cells of an edited notebook share the bodies that stayed as they were; it never changes.
public final class CellBody: Sendable {
  /// The text that was read: a fence's body without the fence's indentation.
  public let source: SourceText
  /// The whole body as JSON; `null` when it is empty or did not read.
  public let value: JSON
  /// `plugin.name`; `nil` when it is missing or is no such name.
  public let method: String?
  /// Empty when they are missing or did not read.
  public let params: JSON.Object
  /// The outputs to keep; `nil` means all.
  public let outputs: [String]?
  /// The `$ref`s in the params, in their order.
  public let references: [Reference]
  /// Bytes of the comments, from `#` on.
  public let comments: [Range<Int>]
  /// True when the body can be run, as far as its own text tells.
  public var isSound: Bool { faults.isEmpty }

  /// In order of their place.
  let faults: [Fault]
  let root: SourceNode?

  /// The keys of a body.
  public static let keys = ["method", "params", "outputs"]

  public convenience init(_ text: String) { self.init(Array(text.utf8)) }

  /// Reads a body; it never fails, what is wrong is in `diagnostics`.
  public init(_ bytes: [UInt8]) {
    source = SourceText(bytes)
    let (root, reader, content, special) = bytes.withUnsafeBufferPointer { text in
      var reader = BodyReader(text)
      let root = reader.read()
      let content = BodyContent(root, text, isComplete: !reader.isStopped && !reader.hasSkipped)
      let special = content.params.map { SpecialObjects($0, text) }
      return (root, reader, content, special)
    }
    value = root?.value ?? .null
    self.root = root?.node
    method = content.method
    params = content.params?.value.object ?? JSON.Object()
    outputs = content.outputs
    references = special?.references ?? []
    comments = reader.comments
    let found = reader.faults + content.faults + (special?.faults ?? [])
    faults = Array(found.sorted { $0.range.lowerBound < $1.range.lowerBound }.prefix(Diagnostic.limit))
  }

  /// The faults of a body that stands alone, at most 100, in order.
  public var diagnostics: [Diagnostic] {
    faults.map { Diagnostic($0.code, $0.message, hint: $0.hint, at: source.position(of: $0.range)) }
  }

  // MARK: - Places

  /// Where the value stands to which a JSON Pointer into the params leads; when it leads nowhere, the nearest value
  /// above it. Bytes, lines and columns are those of the body.
  public func position(of pointer: JSON.Pointer) -> SourcePosition { source.position(of: range(of: pointer).value) }

  /// Where the key of a member stands; the value's place for a list's element.
  public func keyPosition(of pointer: JSON.Pointer) -> SourcePosition { source.position(of: range(of: pointer).key) }

  public func position(of pointer: String) -> SourcePosition { position(of: JSON.Pointer(pointer) ?? JSON.Pointer()) }

  func range(of pointer: JSON.Pointer) -> (key: Range<Int>, value: Range<Int>) {
    guard let root, let params = SourceValue(value: value, node: root).member("params") else {
      let place = methodRange ?? root?.range ?? 0..<0
      return (place, place)
    }
    var place = params.value
    var key: Range<Int> = params.key
    for token in pointer.tokens {
      guard let child = place.child(token) else { break }
      key = child.key ?? child.value.node.range
      place = child.value
    }
    return (key, place.node.style == .empty ? key : place.node.range)
  }

  /// Where the method's name stands.
  var methodRange: Range<Int>? {
    root.flatMap { SourceValue(value: value, node: $0).member("method")?.value.node.range }
  }

  /// The smallest value of the params that holds a byte of the body, and whether the byte lies in its key: what an
  /// editor asks for at the cursor. `nil` outside the params.
  public func pointer(at offset: Int) -> (pointer: JSON.Pointer, inKey: Bool)? {
    guard let root, let params = SourceValue(value: value, node: root).member("params"),
      params.value.node.range.contains(offset) || params.value.node.range.upperBound == offset
    else { return nil }
    var pointer = JSON.Pointer()
    var node = params.value
    while true {
      switch (node.value, node.node.shape) {
      case (.object(let object), .mapping(let entries)):
        guard
          let index = entries.firstIndex(where: { $0.key.lowerBound <= offset && offset <= $0.value.range.upperBound })
        else { return (pointer, false) }
        pointer = pointer.appending(object.members[index].key)
        if offset <= entries[index].key.upperBound { return (pointer, true) }
        node = SourceValue(value: object.members[index].value, node: entries[index].value)
      case (.array(let elements), .sequence(let nodes)):
        guard let index = nodes.firstIndex(where: { $0.range.lowerBound <= offset && offset <= $0.range.upperBound })
        else { return (pointer, false) }
        pointer = pointer.appending("\(index)")
        node = SourceValue(value: elements[index], node: nodes[index])
      default: return (pointer, false)
      }
    }
  }
}

/// What a body says by its three keys.
struct BodyContent {
  private(set) var method: String?
  private(set) var params: SourceValue?
  private(set) var outputs: [String]?
  private(set) var faults: [Fault] = []

  /// `isComplete` is false when the reader had to skip some of the text, so that a missing key proves nothing.
  init(_ root: SourceValue?, _ text: UnsafeBufferPointer<UInt8>, isComplete: Bool) {
    guard let root, root.node.style != .empty else {
      if isComplete { refuse(.method, "the cell names no method", 0..<0, hint: "write 'method: plugin.name'") }
      return
    }
    guard case .object(let object) = root.value, case .mapping(let entries) = root.node.shape else {
      if isComplete {
        refuse(.wrongType, "a cell's body is a mapping with the key 'method'", root.node.range.prefix(1))
      }
      return
    }
    for (member, entry) in zip(object.members, entries) {
      let value = SourceValue(value: member.value, node: entry.value)
      switch member.key {
      case "method": readMethod(value)
      case "params": readParams(value)
      case "outputs": readOutputs(value)
      default: refuseKey(member.key, entry.key)
      }
    }
    if isComplete, object["method"] == nil {
      refuse(.method, "the cell names no method", root.node.range.prefix(1), hint: "write 'method: plugin.name'")
    }
  }

  private mutating func readMethod(_ value: SourceValue) {
    guard value.node.style != .empty else { return }
    guard let name = value.value.string else {
      refuse(.wrongType, "method is a text like 'probe.logistic'", value.node.range)
      return
    }
    if Self.isMethodName(name) {
      method = name
    } else {
      refuse(
        .method, "\(quoted(name)) is no method's name", value.node.range,
        hint: "write plugin.name, in lower-case letters, digits and '_'")
    }
  }

  /// `plugin.name`, lower-case letters, digits and `_`, at most 63 bytes.
  static func isMethodName(_ name: String) -> Bool {
    let parts = name.utf8.split(separator: Byte.dot, omittingEmptySubsequences: false)
    return parts.count == 2 && name.utf8.count <= 63
      && parts.allSatisfy { part in
        part.first.map { !$0.isDigit } ?? false
          && part.allSatisfy { (0x61...0x7A).contains($0) || $0.isDigit || $0 == Byte.underscore }
      }
  }

  private mutating func readParams(_ value: SourceValue) {
    guard value.node.style != .empty else { return }
    guard case .object(let object) = value.value, case .mapping = value.node.shape else {
      refuse(
        .wrongType, "params is a mapping", value.node.range, hint: "write 'params:' and the params below it, or {}")
      return
    }
    if object.keys.contains(where: SpecialObjects.keys.contains) {
      refuse(.wrongType, "params is a mapping, no reference", value.node.range)
      return
    }
    params = value
  }

  private mutating func readOutputs(_ value: SourceValue) {
    guard value.node.style != .empty else { return }
    guard case .array(let elements) = value.value, case .sequence(let nodes) = value.node.shape else {
      refuse(.wrongType, "outputs is a list of names", value.node.range)
      return
    }
    var names: [String] = []
    for (element, node) in zip(elements, nodes) {
      if let name = element.string, !name.isEmpty {
        if !names.contains(name) { names.append(name) }
      } else if node.style != .empty {
        refuse(.wrongType, "outputs is a list of names", node.range)
      }
    }
    outputs = names
  }

  private mutating func refuseKey(_ key: String, _ range: Range<Int>) {
    let hint: String?
    if CellAttributes.names.contains(key) {
      hint = "an attribute stands on the fence's line: ```quire \(key)=…"
    } else {
      hint = Spelling.suggestion(for: key, among: CellBody.keys) ?? "a param stands below 'params:'"
    }
    refuse(.unknownKey, "unknown key \(quoted(key))", range, hint: hint)
  }

  private mutating func refuse(_ code: Diagnostic.Code, _ message: String, _ range: Range<Int>, hint: String? = nil) {
    faults.append(Fault(code, message, hint: hint, range))
  }
}
