import JSON
import Yams

/// What stands between the `---` lines at the head of a notebook; `nil` where it does not say.
public struct FrontMatter: Sendable, Equatable {
  public enum Numeric: String, Sendable { case deterministic, fast }

  public var title: String?
  /// The seed of cells that name none.
  public var seed: Int64?
  public var isReactive = false
  /// The timeout of cells that name none.
  public var timeout: Duration?
  /// The folder of the store, relative to the notebook.
  public var store: String?
  public var threads: Int?
  public var jobs: Int?
  public var numeric = Numeric.deterministic

  public init() {}

  /// The format that this reader knows.
  public static let version = 1

  /// Larger front matter is refused, so that a hostile one costs little.
  static let maximumBytes = 1 << 16
  static let maximumAliases = 16
}

/// Reads front matter with Yams. Keys that are not ours belong to other tools and may hold any YAML.
struct FrontMatterReader {
  /// Line and column (1-based) in the YAML.
  private struct Place {
    var line: Int
    var column: Int
  }

  private let source: SourceText
  private let range: Range<Int>
  private let firstLine: Int
  private(set) var frontMatter = FrontMatter()
  private(set) var faults: [Fault] = []
  private var threadsPlace: Place?

  /// `range` is the YAML between the two marker lines.
  init(_ source: SourceText, _ range: Range<Int>) {
    self.source = source
    self.range = range
    firstLine = source.line(at: range.lowerBound)
    guard checkHarmless() else { return }
    parse()
    if frontMatter.threads ?? 1 > 1, frontMatter.numeric != .fast {
      refuse("more than one thread needs 'numeric: fast'", at: threadsPlace)
    }
  }

  private mutating func parse() {
    do {
      // Stated here since the default asks the environment, and the default resolver costs its regular expressions.
      let parser = try Yams.Parser(yaml: source[range], resolver: .basic, encoding: .utf8)
      switch try parser.singleRoot() {
      case .mapping(let mapping)?: mapping.forEach { read($0.key, $0.value) }
      case .scalar(let scalar)? where scalar.string.isEmpty: break
      case nil: break
      case let other?: refuse("front matter is a list of 'key: value' lines", at: Self.place(other.mark))
      }
    } catch let error as YamlError {
      note(error)
    } catch {
      refuse("this is no YAML", at: nil)
    }
  }

  /// Yams hashes aliased keys in full, so a chain of aliases would cost exponential time.
  private mutating func checkHarmless() -> Bool {
    let bytes = source.bytes[range]
    if range.count > FrontMatter.maximumBytes {
      refuse("front matter is longer than 64 KiB", at: nil)
      return false
    }
    let aliases = bytes.indices.dropLast().lazy.filter {
      bytes[$0] == UInt8(ascii: "*") && !bytes[$0 + 1].isBlank && !bytes[$0 + 1].isLineEnd
        && ($0 == bytes.startIndex || " \t\n[{,:-?".utf8.contains(bytes[$0 - 1]))
    }
    if let last = aliases.dropFirst(FrontMatter.maximumAliases).first {
      faults.append(Fault(.frontMatter, "front matter has more than 16 aliases", last..<last + 1))
      return false
    }
    return true
  }

  // MARK: - Keys

  private mutating func read(_ key: Node, _ value: Node) {
    guard let name = key.scalar?.string else { return }
    let text = value.scalar?.string
    switch name {
    case "title":
      frontMatter.title = text
      check(text, value, "title is a text")
    case "quire":
      check(text == "\(FrontMatter.version)" ? text : nil, value, "this quire reads notebooks of format 1")
    case "seed":
      frontMatter.seed = integer(value, 0...CellAttributes.maximumSeed)
      check(frontMatter.seed, value, "a seed is a whole number from 0 to 9007199254740991")
    case "reactive":
      frontMatter.isReactive = text == "on"
      check(text == "on" || text == "off" ? text : nil, value, "reactive is on or off")
    case "timeout":
      frontMatter.timeout = text.flatMap { CellAttributes.duration($0) }
      check(frontMatter.timeout, value, "a timeout is written like 500ms, 30s, 10m or 2h")
    case "store":
      frontMatter.store = text.flatMap { $0.isEmpty || $0.utf8.first == Byte.slash ? nil : $0 }
      check(frontMatter.store, value, "store is a path relative to the notebook")
    case "threads":
      threadsPlace = Self.place(value.mark)
      frontMatter.threads = integer(value, 1...Int64(CellAttributes.maximumThreads)).map(Int.init)
      check(frontMatter.threads, value, "threads is a whole number from 1 to 64")
    case "jobs":
      frontMatter.jobs = integer(value, 1...1024).map(Int.init)
      check(frontMatter.jobs, value, "jobs is a whole number from 1 to 1024")
    case "numeric":
      let numeric = text.flatMap(FrontMatter.Numeric.init(rawValue:))
      frontMatter.numeric = numeric ?? .deterministic
      check(numeric, value, "numeric is deterministic or fast")
    default: break
    }
  }

  private func integer(_ node: Node, _ range: ClosedRange<Int64>) -> Int64? {
    guard let scalar = node.scalar, scalar.style == .plain, !scalar.string.isEmpty, scalar.string.utf8.count < 17,
      scalar.string.utf8.allSatisfy(\.isDigit), let value = Int64(scalar.string), range.contains(value)
    else { return nil }
    return value
  }

  private mutating func check<Value>(_ result: Value?, _ node: Node, _ message: String) {
    if result == nil { refuse(message, at: Self.place(node.mark), length: node.scalar?.string.utf8.count ?? 1) }
  }

  // MARK: - Faults

  private mutating func refuse(_ message: String, at place: Place?, length: Int = 1, hint: String? = nil) {
    guard let place else {
      faults.append(Fault(.frontMatter, message, hint: hint, range.prefix(1)))
      return
    }
    let line = firstLine + place.line - 1
    let start = source.offset(line: line, column: place.column)
    let end = line <= source.lineStarts.count ? source.contentRange(ofLine: line).upperBound : start
    faults.append(Fault(.frontMatter, message, hint: hint, start..<max(start, min(start + length, end))))
  }

  private mutating func note(_ error: YamlError) {
    switch error {
    case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
      .composer(_, let problem, let mark, _):
      refuse("this is no YAML: \(problem)", at: Self.place(mark))
    case .duplicatedKeysInMapping(let names, _):
      // The error's own mark is that of one of the two keys, by no rule.
      refuse("the key \(quoted(names.first ?? "")) stands here twice", at: names.first.flatMap(secondPlace))
    case .reader(let problem, _, _, _):
      refuse("this is no YAML: \(problem)", at: nil, hint: "look for a control character")
    case .memory:
      refuse("front matter is nested too deeply", at: nil)
    default:
      refuse("this is no YAML", at: nil)
    }
  }

  /// Where a top-level key stands for the second time.
  private func secondPlace(of name: String) -> Place? {
    let wanted = Array(name.utf8)
    let lines = (firstLine...source.line(at: range.upperBound)).filter { line in
      let content = source.bytes[source.contentRange(ofLine: line)]
      let unquoted = content.first == Byte.quote || content.first == Byte.apostrophe ? content.dropFirst() : content
      guard unquoted.starts(with: wanted) else { return false }
      let next = unquoted.dropFirst(wanted.count).first
      return next == Byte.colon || next == Byte.quote || next == Byte.apostrophe || next == Byte.space
    }
    return lines.dropFirst().first.map { Place(line: $0 - firstLine + 1, column: 1) }
  }

  private static func place(_ mark: Mark?) -> Place? { mark.map { Place(line: $0.line, column: $0.column) } }
}
