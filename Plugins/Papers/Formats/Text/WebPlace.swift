/// An address in canonical form, and what is known of such a place.
struct WebPlace: Sendable {
  /// Scheme and host in lower case, the rest as written.
  let url: String
  /// Without `www.`.
  let host: String
  /// Without the slash at its front.
  let path: String

  /// The first two parts of the path.
  private var owner: String?
  private var hasName = false

  /// `text` begins with its scheme.
  init?(_ text: ArraySlice<UInt8>) {
    guard let colon = text.firstRange(of: "://") else { return nil }
    let rest = text[colon.upperBound...]
    let end = rest.firstIndex { $0.isAny(of: "/?#") } ?? rest.endIndex
    let name = rest[..<end].lastIndex(of: UInt8(ascii: "@")).map { rest[($0 + 1)..<end] } ?? rest[..<end]
    let bare = name.prefix { $0 != UInt8(ascii: ":") }
    guard Self.isHost(bare) else { return nil }
    url = String(unsafeUninitializedCapacity: text.count) { buffer in
      for (place, index) in text.indices.enumerated() {
        buffer[place] = index < end ? text[index].lowercased : text[index]
      }
      return text.count
    }
    let labels = bare.hasFolded("www.", at: bare.startIndex) ? bare.dropFirst(4) : bare
    host = String(unsafeUninitializedCapacity: labels.count) { buffer in
      for (place, byte) in labels.enumerated() { buffer[place] = byte.lowercased }
      return labels.count
    }
    let path = rest[end...].drop { $0 == UInt8(ascii: "/") }
    self.path = String(decoding: path, as: UTF8.self)
    let first = path.prefix { !$0.isAny(of: "/?#") }
    guard !first.isEmpty else { return }
    owner = String(decoding: first, as: UTF8.self)
    let second = path[first.endIndex...].drop { $0 == UInt8(ascii: "/") }
    hasName = second.startIndex > first.endIndex && second.first.map { !$0.isAny(of: "?#") } ?? false
  }

  /// At least two labels of ordinary letters.
  private static func isHost(_ name: ArraySlice<UInt8>) -> Bool {
    var labels = 1
    var length = 0
    for byte in name {
      if byte == UInt8(ascii: ".") {
        guard length > 0 else { return false }
        labels += 1
        length = 0
      } else {
        length += 1
        guard length <= 63, byte.isWord || byte.isAny(of: "-_") else { return false }
      }
    }
    return labels >= 2 && length > 0
  }

  private static let repositories: Set<String> = [
    "github.com", "gitlab.com", "bitbucket.org", "codeberg.org", "gitee.com", "huggingface.co", "hf.co",
    "modelscope.cn",
  ]
  private static let codeHosts: Set<String> = [
    "gist.github.com", "anonymous.4open.science", "pypi.org", "colab.research.google.com", "sourceforge.net", "git.io",
    "codeocean.com", "cran.r-project.org", "raw.githubusercontent.com", "git.sr.ht",
  ]
  private static let pageHosts = [
    ".github.io", ".gitlab.io", ".netlify.app", ".vercel.app", ".pages.dev", ".web.app", ".readthedocs.io",
    ".notion.site", ".wixsite.com",
  ]
  private static let dataHosts: Set<String> = [
    "zenodo.org", "figshare.com", "openml.org", "archive.ics.uci.edu", "osf.io", "datadryad.org", "data.mendeley.com",
    "physionet.org", "dataverse.harvard.edu", "kaggle.com", "ieee-dataport.org", "commonvoice.mozilla.org",
  ]
  private static let paperHosts: Set<String> = [
    "openreview.net", "aclanthology.org", "papers.nips.cc", "proceedings.neurips.cc", "proceedings.mlr.press",
    "ieeexplore.ieee.org", "dl.acm.org", "link.springer.com", "sciencedirect.com", "openaccess.thecvf.com", "jmlr.org",
    "biorxiv.org", "medrxiv.org", "ssrn.com", "papers.ssrn.com", "semanticscholar.org", "nature.com",
  ]

  /// An owner and a name at a host of repositories.
  var isRepository: Bool {
    guard hasName else { return false }
    if host == "huggingface.co" || host == "hf.co" { return owner != "datasets" && owner != "spaces" }
    return Self.repositories.contains(host) || host.hasPrefix("git.") || host.hasPrefix("gitlab.")
  }

  /// At a host whose addresses are pages about projects.
  var isPage: Bool { Self.pageHosts.contains { host.hasSuffix($0) } || host == "sites.google.com" }

  /// What the place itself says; `nil` when only the words around it can tell.
  var kind: PaperRecord.Link.Kind? {
    if isRepository || Self.codeHosts.contains(host) { return .code }
    if isPage { return .project }
    if host == "huggingface.co" || host == "hf.co", let owner {
      return owner == "datasets" ? .data : owner == "spaces" ? .project : nil
    }
    if Self.dataHosts.contains(host) { return .data }
    if Self.paperHosts.contains(host) || path.lowercased().hasSuffix(".pdf") { return .paper }
    return nil
  }
}
