import JSON

/// What a report says: the prose of a notebook, its cells with their results, and where the log stands.
public struct ReportDocument: Sendable {
  public enum Block: Sendable {
    /// CommonMark. HTML in it is shown as text.
    case prose(markdown: String)
    case cell(ReportCell)
    case table(ReportTable)
  }

  /// A name and what it stands for, both as text.
  public struct Fact: Sendable, Equatable {
    public var name: String
    public var text: String

    public init(_ name: String, _ text: String) {
      self.name = name
      self.text = text
    }
  }

  public var title: String
  /// The file name of the notebook, without folders.
  public var notebook: String
  /// Shown below the title: when it ran, on which store, and the like.
  public var facts: [Fact]
  public var blocks: [Block]
  public var footer: ReportFooter
  /// The language of the prose (BCP 47).
  public var language: String

  public init(
    title: String, notebook: String, facts: [Fact] = [], blocks: [Block], footer: ReportFooter, language: String = "en"
  ) {
    self.title = title
    self.notebook = notebook
    self.facts = facts
    self.blocks = blocks
    self.footer = footer
    self.language = language
  }
}

/// One cell with what its last run gave.
public struct ReportCell: Sendable {
  /// The states of a cell of the notebook.
  public enum State: String, Sendable, CaseIterable {
    case new, fresh, stale, queued, running, failed, cancelled, blocked, invalid
  }

  public struct Warning: Sendable, Equatable {
    public var code: String
    public var message: String

    public init(_ code: String, _ message: String) {
      self.code = code
      self.message = message
    }
  }

  /// An input or output, by its name and the beginning of its hash.
  public struct Artifact: Sendable, Equatable {
    public var name: String
    public var hash: String

    public init(_ name: String, hash: String) {
      self.name = name
      self.hash = hash
    }
  }

  public struct Plugin: Sendable, Equatable {
    public var name: String
    public var version: String

    public init(_ name: String, version: String) {
      self.name = name
      self.version = version
    }
  }

  /// What the log knows about the run that gave the results.
  public struct Provenance: Sendable, Equatable {
    public var run: String?
    public var plugin: Plugin?
    public var seed: UInt64?
    public var inputs: [Artifact]
    public var outputs: [Artifact]

    public init(
      run: String? = nil, plugin: Plugin? = nil, seed: UInt64? = nil, inputs: [Artifact] = [],
      outputs: [Artifact] = []
    ) {
      self.run = run
      self.plugin = plugin
      self.seed = seed
      self.inputs = inputs
      self.outputs = outputs
    }
  }

  public var id: String
  public var method: String
  public var state: State
  /// Why the cell is in this state, such as what made it stale.
  public var reason: String?
  /// The text of the cell; `nil` where the notebook hides it.
  public var code: String?
  public var error: String?
  /// Headline numbers.
  public var summary: [ReportDocument.Fact]
  public var warnings: [Warning]
  /// MIME bundles `{title, data: {media type: content}}`. They are not trusted.
  public var displays: [JSON]
  /// How long the run took, as text.
  public var elapsed: String?
  /// Whether the result was taken from an earlier run of the same key.
  public var isCached: Bool
  public var provenance: Provenance?

  public init(
    id: String, method: String, state: State, reason: String? = nil, code: String? = nil, error: String? = nil,
    summary: [ReportDocument.Fact] = [], warnings: [Warning] = [], displays: [JSON] = [], elapsed: String? = nil,
    isCached: Bool = false, provenance: Provenance? = nil
  ) {
    self.id = id
    self.method = method
    self.state = state
    self.reason = reason
    self.code = code
    self.error = error
    self.summary = summary
    self.warnings = warnings
    self.displays = displays
    self.elapsed = elapsed
    self.isCached = isCached
    self.provenance = provenance
  }
}

/// A table of texts; columns of numbers are set to the right.
public struct ReportTable: Sendable, Equatable {
  public var caption: String?
  public var columns: [String]
  /// One text for each column; a short row is filled up with empty cells.
  public var rows: [[String]]

  public init(caption: String? = nil, columns: [String], rows: [[String]]) {
    self.caption = caption
    self.columns = columns
    self.rows = rows
  }
}

/// Where the log stood when the report was written.
public struct ReportFooter: Sendable, Equatable {
  public var logCount: Int?
  /// The hash of the last entry of the log.
  public var logHead: String?
  /// What verifying the log said, in a line.
  public var verification: String?
  public var quireVersion: String

  public init(quireVersion: String, logCount: Int? = nil, logHead: String? = nil, verification: String? = nil) {
    self.quireVersion = quireVersion
    self.logCount = logCount
    self.logHead = logHead
    self.verification = verification
  }
}
