/// An address in canonical form, and what is known of such a place.
struct WebPlace: Sendable {
  /// Scheme and host in lower case, the rest as written.
  let url: String
  /// Without `www.`.
  let host: String
  /// Without the slash at its front.
  let path: String

  private let parts: [String]

  /// `text` begins with its scheme.
  init?(_ text: ArraySlice<UInt8>) {
    guard let colon = text.firstRange(of: "://") else { return nil }
    let rest = text[colon.upperBound...]
    let end = rest.firstIndex { $0.isAny(of: "/?#") } ?? rest.endIndex
    let authority = rest[..<end].map(\.lowercased)
    let name = authority.split(separator: UInt8(ascii: "@")).last ?? authority[...]
    let bare = name.split(separator: UInt8(ascii: ":")).first ?? name
    let labels = bare.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    guard labels.count >= 2, labels.allSatisfy({ !$0.isEmpty && $0.count <= 63 }),
      bare.allSatisfy({ $0.isWord || $0.isAny(of: "-._") })
    else { return nil }
    let tail = rest[end...]
    url = String(decoding: text[..<colon.upperBound].map(\.lowercased) + authority + tail, as: UTF8.self)
    host = String(decoding: bare.starts(with: "www.".utf8) ? bare.dropFirst(4) : bare, as: UTF8.self)
    let path = tail.drop { $0 == UInt8(ascii: "/") }
    self.path = String(decoding: path, as: UTF8.self)
    parts = path.prefix { !$0.isAny(of: "?#") }.split(separator: UInt8(ascii: "/")).map {
      String(decoding: $0, as: UTF8.self)
    }
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
    guard parts.count >= 2 else { return false }
    if host == "huggingface.co" || host == "hf.co" { return parts[0] != "datasets" && parts[0] != "spaces" }
    return Self.repositories.contains(host) || host.hasPrefix("git.") || host.hasPrefix("gitlab.")
  }

  /// At a host whose addresses are pages about projects.
  var isPage: Bool { Self.pageHosts.contains { host.hasSuffix($0) } || host == "sites.google.com" }

  /// What the place itself says; `nil` when only the words around it can tell.
  var kind: PaperRecord.Link.Kind? {
    if isRepository || Self.codeHosts.contains(host) { return .code }
    if isPage { return .project }
    if host == "huggingface.co" || host == "hf.co", let first = parts.first {
      return first == "datasets" ? .data : first == "spaces" ? .project : nil
    }
    if Self.dataHosts.contains(host) { return .data }
    if Self.paperHosts.contains(host) || path.lowercased().hasSuffix(".pdf") { return .paper }
    return nil
  }
}
