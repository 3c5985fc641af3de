internal import COpenBLAS
internal import Glibc

/// What computes below the matrices: the loaded BLAS, as it says of itself.
///
///     let library = NumericLibrary.prepare()
///     library.version  // "0.3.21"
///
/// Which build is loaded is settled by the system at run time, not by what was linked, so a result's bits are
/// those of this description.
public struct NumericLibrary: Sendable, Equatable {
  public enum Threading: String, Sendable {
    case sequential, pthread, openMP
  }

  /// "OpenBLAS".
  public let name: String
  /// As in "0.3.21"; empty when the library does not say.
  public let version: String
  /// The processor kind whose kernels run: "Haswell" also on Zen, which has none of its own.
  public let core: String
  /// How many threads one BLAS call uses.
  public let threads: Int
  /// How the library was built. Calls from several threads at once need a build that is not `sequential`:
  /// Debian's sequential 0.3.21 then gives wrong results silently.
  public let threading: Threading

  /// Sets BLAS to one thread, once in the life of the process, and says what is loaded.
  ///
  /// Its own threads, which wait for work in a busy loop for the first tenth of a second, are ended. Free after the first
  /// call. Each new `Matrix` calls it, so a program needs it only to know the answer.
  @discardableResult
  public static func prepare() -> NumericLibrary { loaded }

  private static let loaded: NumericLibrary = {
    openblas_set_num_threads(1)
    let words = text(openblas_get_config()).split(separator: " ").map(String.init)
    let version = words.first { $0.first?.isNumber == true && $0.contains(".") } ?? ""
    let core = text(openblas_get_corename())
    let threading: Threading =
      switch openblas_get_parallel() {
      case 0: .sequential
      case 1: .pthread
      default: .openMP
      }
    if threading == .pthread { endThreads() }
    return NumericLibrary(
      name: words.first ?? "OpenBLAS", version: version, core: kernelOwner(of: core),
      threads: Int(openblas_get_num_threads()), threading: threading)
  }()

  /// With one thread to a call nothing starts them again. The header does not name the function.
  private static func endThreads() {
    typealias Function = @convention(c) () -> CInt
    guard let symbol = dlsym(nil, "blas_thread_shutdown_") else { return }
    _ = unsafeBitCast(symbol, to: Function.self)()
  }

  private static func text(_ characters: UnsafePointer<CChar>?) -> String {
    characters.map { String(cString: $0) } ?? ""
  }

  private static func kernelOwner(of core: String) -> String {
    core == "Zen" ? "Haswell" : core
  }
}
