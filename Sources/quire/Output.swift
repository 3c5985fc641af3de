import ArgumentParser
import Glibc
import JSON
import Kernel

/// How a command ends: done, the work failed, or the command line was wrong.
enum Ending {
  static let failed = ExitCode(1)
  static let usage = ExitCode(2)
  static let interrupted = ExitCode(130)
}

/// Standard output, for answers.
func printOut(_ text: String) { write(text + "\n", to: STDOUT_FILENO) }

/// Standard error, for everything else.
func printError(_ text: String) { write(text + "\n", to: STDERR_FILENO) }

/// Writes all of it, or stops when nobody reads any more.
func write(_ text: String, to descriptor: Int32) { _ = write(Array(text.utf8)[...], to: descriptor) }

/// Writes all of it; false when that could not be done.
func write(_ bytes: ArraySlice<UInt8>, to descriptor: Int32) -> Bool {
  var bytes = bytes
  while !bytes.isEmpty {
    let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
    if count < 0 {
      if errno == EINTR { continue }
      return false
    }
    bytes = bytes.dropFirst(count)
  }
  return true
}

/// Says what went wrong, where, and what to do; returns the exit status.
func tell(_ fault: Fault) -> ExitCode {
  printError("quire: error: \(fault.message)")
  if let hint = fault.hint { printError("  hint: \(hint)") }
  return fault.code == -32602 || fault.code == -32601 ? Ending.usage : Ending.failed
}

/// Runs the closure; a fault is told and ends the command with its status.
func telling<T>(_ body: () throws -> T) throws -> T {
  do {
    return try body()
  } catch let fault as Fault {
    throw tell(fault)
  }
}

/// A table of left-aligned columns under a header.
func table(_ header: [String], _ rows: [[String]]) -> String { table([header] + rows) }

/// Lines of left-aligned columns.
func table(_ lines: [[String]]) -> String {
  let widths = (lines.first ?? []).indices.map { column in
    lines.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
  }
  return lines.map { line in
    var text = ""
    for (column, cell) in line.enumerated() {
      text += cell
      if column < line.count - 1 { text += String(repeating: " ", count: widths[column] - cell.count + 2) }
    }
    return text
  }.joined(separator: "\n")
}

/// Writes a file whole, its folder made when it is missing.
func writeFile(_ path: String, _ text: String) throws {
  mkdir(Path.folder(of: Path.absolute(path)), 0o777)
  let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
  var isWritten = false
  if descriptor >= 0 {
    isWritten = write(Array(text.utf8)[...], to: descriptor)
    // A full disk may show only here.
    isWritten = close(descriptor) == 0 && isWritten
  }
  guard isWritten else {
    throw Fault(1007, "store.io", "cannot write '\(path)': \(String(cString: strerror(errno)))")
  }
}
