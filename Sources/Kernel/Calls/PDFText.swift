import CLinux
import Glibc
import Linear
import PluginKit

/// The text of a PDF by poppler's `pdftotext`, the only program that a built-in method has started for it: fixed
/// arguments, no shell, a process group of its own, a minute and a gibibyte.
enum PDFText {
  static let arguments = ["pdftotext", "-q", "-enc", "UTF-8", "-eol", "unix", "-", "-"]
  private static let memory = 1 << 30
  private static let milliseconds = 60_000.0
  /// The most text that is taken, in bytes.
  private static let mostText = 64 << 20
  private static let piece = 1 << 16

  /// Pages are parted by form feeds.
  ///
  /// - Throws: `MethodError.notFound` when the program is missing, `.data` when it refuses the file or takes too long.
  static func read(
    _ source: any ByteSource, name: String, pointer: String, _ cancellation: Cancellation
  ) throws -> [UInt8] {
    let child: ChildProcess
    do {
      child = try ChildProcess(ChildProcess.Command(words: arguments, folder: "/", memory: memory))
    } catch {
      throw MethodError.notFound(
        what: "program", id: "pdftotext",
        hint: "PDF files are read by pdftotext: install poppler (Debian and Ubuntu: apt install poppler-utils)")
    }
    // A program that ends early must not end this process.
    signal(SIGPIPE, SIG_IGN)
    var exchange = Exchange(child, source)
    let end = monotonicMilliseconds() + milliseconds
    while exchange.isOpen {
      try cancellation.check()
      guard monotonicMilliseconds() < end else {
        throw refused(pointer, "\(name): pdftotext took over a minute", "split the file, or give its text")
      }
      guard exchange.text.count <= mostText else {
        throw refused(pointer, "\(name): over \(mostText >> 20) MiB of text", "split the file")
      }
      try exchange.step()
    }
    let ending = child.wait()
    guard ending == .exit(0) else {
      let said = String(decoding: exchange.complaint.prefix(400), as: UTF8.self)
      let words = said.split(whereSeparator: \.isNewline).joined(separator: "; ")
      throw refused(
        pointer, "\(name): pdftotext \(ending.words)\(words.isEmpty ? "" : ": \(words)")",
        "the file may be damaged or locked; open it in a viewer and save it anew")
    }
    return exchange.text
  }

  private static func refused(_ pointer: String, _ message: String, _ hint: String) -> MethodError {
    .data(.format, pointer: pointer, message: message, hint: hint)
  }

  /// Feeds the file and takes the text at once, so that neither side waits for the other.
  private struct Exchange {
    let child: ChildProcess
    let source: any ByteSource
    var text: [UInt8] = []
    var complaint: [UInt8] = []
    private var pending: ArraySlice<UInt8> = []
    private var offset = 0
    private var isWriting = true
    private var isReading = true
    private var isListening = true

    var isOpen: Bool { isReading || isListening }

    init(_ child: ChildProcess, _ source: any ByteSource) {
      self.child = child
      self.source = source
      for descriptor in [child.input, child.output, child.errors] {
        _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
      }
    }

    mutating func step() throws {
      if isWriting, pending.isEmpty {
        let count = min(PDFText.piece, source.count - offset)
        pending = try source.bytes(at: offset, count: count)[...]
        offset += count
        // The descriptor itself belongs to the child's object, which closes it.
        if count == 0 { endInput() }
      }
      var polls = [
        pollfd(fd: isWriting ? child.input : -1, events: Int16(POLLOUT), revents: 0),
        pollfd(fd: isReading ? child.output : -1, events: Int16(POLLIN), revents: 0),
        pollfd(fd: isListening ? child.errors : -1, events: Int16(POLLIN), revents: 0),
      ]
      guard poll(&polls, nfds_t(polls.count), 100) > 0 else { return }
      if polls[0].revents != 0 { write() }
      if polls[1].revents != 0 { isReading = Self.read(child.output, into: &text) }
      if polls[2].revents != 0 {
        isListening = Self.read(child.errors, into: &complaint)
        if complaint.count > PDFText.piece { complaint.removeLast(complaint.count - PDFText.piece) }
      }
    }

    private mutating func write() {
      let count = pending.withUnsafeBytes { Glibc.write(child.input, $0.baseAddress, $0.count) }
      if count > 0 {
        pending = pending.dropFirst(count)
      } else if count < 0, errno != EAGAIN, errno != EINTR {
        endInput()
      }
    }

    /// The program sees the end of its input: the pipe's end is replaced by one that nobody reads.
    private mutating func endInput() {
      isWriting = false
      pending = []
      let nothing = Glibc.open("/dev/null", O_WRONLY | O_CLOEXEC)
      guard nothing >= 0 else { return }
      _ = dup3(nothing, child.input, O_CLOEXEC)
      close(nothing)
    }

    /// False at the end.
    private static func read(_ descriptor: Int32, into buffer: inout [UInt8]) -> Bool {
      var bytes = [UInt8](repeating: 0, count: PDFText.piece)
      let count = bytes.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
      if count > 0 { buffer.append(contentsOf: bytes[..<count]) }
      return count > 0 || count < 0 && (errno == EAGAIN || errno == EINTR)
    }
  }
}
