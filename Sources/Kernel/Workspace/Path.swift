import Glibc

/// File names, without opening anything.
public enum Path {
  /// The name from the root, `.` and `..` taken out, links left as they are.
  public static func absolute(_ path: String) -> String {
    normalised(path.hasPrefix("/") ? path : currentFolder + "/" + path)
  }

  /// A name relative to a folder, made absolute.
  public static func absolute(_ path: String, in folder: String) -> String {
    normalised(path.hasPrefix("/") ? path : folder + "/" + path)
  }

  public static var currentFolder: String {
    guard let buffer = getcwd(nil, 0) else { return "/" }
    defer { free(buffer) }
    return String(cString: buffer)
  }

  public static func folder(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  public static func lastComponent(_ path: String) -> String {
    String(path[(path.lastIndex(of: "/").map(path.index(after:)) ?? path.startIndex)...])
  }

  /// A program that `PATH` leads to; `nil` when there is none.
  static func program(_ name: String) -> String? {
    let folders = getenv("PATH").map { String(cString: $0) } ?? "/usr/local/bin:/usr/bin:/bin"
    return folders.split(separator: ":").lazy.map { "\($0)/\(name)" }.first { path in
      var status = stat()
      return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG && access(path, X_OK) == 0
    }
  }

  /// The name with all symbolic links resolved; `nil` when there is no such file.
  static func resolved(_ path: String) -> String? {
    guard let buffer = realpath(path, nil) else { return nil }
    defer { free(buffer) }
    return String(cString: buffer)
  }

  static func isFolder(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  static func isBelow(_ path: String, _ folder: String) -> Bool {
    folder == "/" || path == folder || path.hasPrefix(folder + "/")
  }

  /// The name from a folder that holds the file; the last component alone when it lies outside.
  static func relative(_ path: String, to folder: String) -> String {
    guard isBelow(path, folder), path != folder else { return lastComponent(path) }
    return folder == "/" ? String(path.dropFirst()) : String(path.dropFirst(folder.count + 1))
  }

  private static func normalised(_ path: String) -> String {
    var parts: [Substring] = []
    for part in path.split(separator: "/") {
      switch part {
      case ".": continue
      case "..": _ = parts.popLast()
      default: parts.append(part)
      }
    }
    return "/" + parts.joined(separator: "/")
  }
}
