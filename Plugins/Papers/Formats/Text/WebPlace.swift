/// An address in canonical form, and what is known of such a place.
struct WebPlace: Sendable {
  /// Scheme and host in lower case, the rest as written.
  let url: String
  /// Without `www.`.
  let host: String
  /// Without the slash at its front.
  let path: String

  init?(_ text: String) {
    guard let colon = text.firstIndex(of: ":"), text[colon...].hasPrefix("://") else { return nil }
    let scheme = text[..<colon].lowercased()
    let rest = text[text.index(colon, offsetBy: 3)...]
    let end = rest.firstIndex { "/?#".contains($0) } ?? rest.endIndex
    let authority = rest[..<end].lowercased()
    let name = authority.split(separator: "@").last.map(String.init) ?? authority
    let bare = name.split(separator: ":").first.map(String.init) ?? name
    let labels = bare.split(separator: ".", omittingEmptySubsequences: false)
    guard labels.count >= 2, labels.allSatisfy({ !$0.isEmpty && $0.utf8.count <= 63 }),
      bare.utf8.allSatisfy({ $0.isWord || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "_") })
    else { return nil }
    url = scheme + "://" + authority + rest[end...]
    host = bare.hasPrefix("www.") ? String(bare.dropFirst(4)) : bare
    path = String(rest[end...].drop { $0 == "/" })
  }

  private var parts: [Substring] {
    (path.split(whereSeparator: { "?#".contains($0) }).first ?? "").split(separator: "/")
  }

  private static let repositories: Set<String> = [
    "github.com", "gitlab.com", "bitbucket.org", "codeberg.org", "gitee.com", "huggingface.co", "hf.co", "modelscope.cn",
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
