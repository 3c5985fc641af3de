/// The colours of the pictures, for light and for dark ground.
///
/// The twelve hues of each scheme are the outcome of a search for colours that lie far apart in OKLab (Ottosson
/// 2020) to normal sight and to simulated protanopia, deuteranopia and tritanopia (Machado, Oliveira and Fernandes
/// 2009, severity 1), each with a contrast of 3:1 or more against its ground (WCAG 2.1, 1.4.11). They stand in the
/// order in which a chart uses them: every next one as far from those before it as the set allows.
///
/// Each colour is a CSS variable with a default, so a page can set `--quire-ink`, `--quire-quiet`, `--quire-line`,
/// `--quire-surface`, `--quire-heat` and `--quire-hue-0` … `--quire-hue-11` for the pictures it inlines.
enum ChartColors {
  struct Scheme {
    /// Text and the lines of axes.
    let ink: String
    /// Text of second rank: ticks, captions.
    let quiet: String
    /// Lines of second rank: grids.
    let line: String
    let surface: String
    /// The full shade of a heat map; it is never used above `heatLimit` so that ink stays legible on it.
    let heat: String
    let hues: [String]
  }

  static let light = Scheme(
    ink: "#1b2028", quiet: "#565e6b", line: "#d9dde3", surface: "#ffffff", heat: "#0078a5",
    hues: [
      "#0078a5", "#690000", "#f06900", "#0000a5", "#c33cff", "#a55a4b", "#4b0f5a", "#694b00", "#2da587", "#961e69",
      "#3c1ee1", "#9687d2",
    ])

  static let dark = Scheme(
    ink: "#e7eaee", quiet: "#a4adb9", line: "#363d48", surface: "#16191f", heat: "#0078a5",
    hues: [
      "#00c3ff", "#d2000f", "#5a4bff", "#ffe1b4", "#966996", "#e1784b", "#c396b4", "#b4ff00", "#a5d269", "#6987ff",
      "#b400c3", "#69f0ff",
    ])

  static let hueCount = 12
  static let heatLimit = 0.75

  /// The rules for one picture that uses the first `hues` hues. Classes begin with `qc`.
  static func stylesheet(hues: Int) -> String {
    let base = """
      .qc{font-family:system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif;font-size:13px}\
      .qc .qc-title{font-size:15px;font-weight:600}\
      .qc .qc-quiet{font-size:12px}\
      .qc .qc-small{font-size:11px}\
      .qc .qc-strong{font-weight:600}\
      .qc .qc-start{text-anchor:start}.qc .qc-middle{text-anchor:middle}.qc .qc-end{text-anchor:end}\
      .qc .qc-axis,.qc .qc-grid,.qc .qc-mark,.qc .qc-rule{fill:none;stroke-width:1}\
      .qc .qc-mark{stroke-width:1.5}\
      .qc .qc-rule{stroke-dasharray:5 4}\
      .qc .qc-halo{stroke-width:3.5;stroke-linejoin:round;paint-order:stroke}\
      .qc .qc-fill,.qc .qc-point{fill:currentColor}\
      .qc .qc-point,.qc .qc-curve{stroke:currentColor}\
      .qc .qc-curve{fill:none;stroke-width:2;stroke-linejoin:round}

      """
    return base + colors(light, hues: hues) + "\n@media screen and (prefers-color-scheme:dark){"
      + colors(dark, hues: hues) + "}"
  }

  private static func colors(_ scheme: Scheme, hues: Int) -> String {
    var css = ""
    // The plain value comes first for viewers that do not know variables.
    func rule(_ selector: String, _ property: String, _ name: String, _ value: String) {
      css += "\(selector){\(property):\(value);\(property):var(--quire-\(name),\(value))}"
    }
    rule(".qc text", "fill", "ink", scheme.ink)
    rule(".qc .qc-quiet", "fill", "quiet", scheme.quiet)
    rule(".qc .qc-axis,.qc .qc-mark,.qc .qc-rule", "stroke", "ink", scheme.ink)
    rule(".qc .qc-grid", "stroke", "line", scheme.line)
    rule(".qc .qc-halo", "stroke", "surface", scheme.surface)
    rule(".qc .qc-back", "fill", "surface", scheme.surface)
    rule(".qc .qc-heat", "fill", "heat", scheme.heat)
    rule(".qc .qc-none", "color", "quiet", scheme.quiet)
    for index in 0..<min(hues, scheme.hues.count) {
      rule(".qc .qc-\(index)", "color", "hue-\(index)", scheme.hues[index])
    }
    return css
  }
}
