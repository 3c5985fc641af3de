import Glibc
import JSON

/// What the log says of the machine that a session ran on: no names of people or hosts.
enum Environment {
  static var json: JSON {
    var system = utsname()
    uname(&system)
    return [
      "quire": .string(Kernel.version), "os": .string(text(&system.sysname).lowercased()),
      "arch": .string(text(&system.machine)), "num": Kernel.numericLibrary.json,
    ]
  }

  private static func text<T>(_ field: inout T) -> String {
    withUnsafeBytes(of: &field) { raw in String(decoding: raw.prefix { $0 != 0 }, as: UTF8.self) }
  }
}
