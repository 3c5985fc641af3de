import Glibc
import Kernel

/// What `quire plugin new` writes: files whose texts hold `{{name}}` and other words in braces.
struct PluginTemplate {
  struct File {
    let path: String
    let text: String

    init(_ path: String, _ text: String) { (self.path, self.text) = (path, text) }
  }

  let name: String
  /// A checkout of Quire; `nil` when none is known.
  let checkout: String?

  /// Lower-case letters and digits, so that methods can be called by it.
  static func isName(_ name: String) -> Bool {
    guard let first = name.utf8.first, name.utf8.count <= 31 else { return false }
    return (0x61...0x7A).contains(first)
      && name.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) }
  }

  func filled(_ file: File) -> File { File(fill(file.path), fill(file.text)) }

  private func fill(_ text: String) -> String {
    let type = name.prefix(1).uppercased() + name.dropFirst()
    let words = [
      "{{name}}": name, "{{Name}}": type,
      "{{client}}": checkout.map { "\($0)/Clients/python" } ?? "Clients/python, in a checkout of Quire",
      "{{quire}}": checkout.map { ".package(name: \"quire\", path: \"\($0)\")" } ?? Self.placeholder,
    ]
    return words.reduce(text) { $0.replacing($1.key, with: $1.value) }
  }

  /// What a person has to fill in when no checkout is known.
  private static let placeholder = """
    // Put a checkout's folder here, or the address of Quire's repository: .package(url: "https://…", branch: "main").
        .package(name: "quire", path: "../quire")
    """

  /// The checkout that the running program was built in.
  static var ownCheckout: String? {
    guard let buffer = realpath("/proc/self/exe", nil) else { return nil }
    defer { free(buffer) }
    var folder = Path.folder(of: String(cString: buffer))
    while folder != "/" {
      if access("\(folder)/Package.swift", F_OK) == 0, access("\(folder)/Sources/PluginKit", F_OK) == 0 {
        return folder
      }
      folder = Path.folder(of: folder)
    }
    return nil
  }
}
