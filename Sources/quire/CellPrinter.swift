import Charts
import JSON
import Kernel

/// Prints a line per cell as it ends: state, seconds, whether anything was computed, headline numbers.
struct CellPrinter: Sendable {
  let quiet: Bool
  let bar: ProgressBar
  /// Columns that the longest cell id takes.
  let width: Int
  /// `nil` where no pictures are wanted.
  var pictures: TextPicture?

  @Sendable func show(_ event: CellEvent) {
    switch event {
    case .begins(let cell): bar.begin(cell)
    case .ended(let cell):
      bar.finish()
      if let error = cell.error {
        printError("\(cell.place): error: \(error.message)")
        if let hint = error.hint { printError("  hint: \(hint)") }
      }
      guard !quiet else { return }
      let state = cell.state == "fresh" ? (cell.cached ? (cell.ranNow ? "cached" : "fresh") : "ran") : cell.state
      let seconds = cell.milliseconds / 1000
      let time = seconds < 0.0995 ? "\(Int((cell.milliseconds).rounded())) ms" : "\((seconds * 10).rounded() / 10) s"
      let left = "  " + pad(cell.id, width + 2) + pad(state, 9) + pad(time, 9)
      printOut((left + cell.headline).trimmedEnd)
      for display in cell.displays {
        guard let chart = display["data"]?[Self.vegaLite], let lines = pictures?.lines(of: chart) else { continue }
        printOut("\n" + lines.map { "    \($0)".trimmedEnd }.joined(separator: "\n") + "\n")
      }
    }
  }

  private static let vegaLite = "application/vnd.vegalite.v5+json"

  private func pad(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(1, width - text.count))
  }
}

extension String {
  fileprivate var trimmedEnd: String {
    var text = self[...]
    while text.last == " " { text = text.dropLast() }
    return String(text)
  }
}
