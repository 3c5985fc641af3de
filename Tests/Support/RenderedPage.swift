import Foundation

/// What a browser makes of a page at a width and in a colour scheme, everything folded opened.
public struct RenderedPage {
  public let width: Int
  public let isDark: Bool
  /// What is wrong with it, in words: sideways scrolling, text of too little contrast (WCAG 2.1, AA), pictures without
  /// alternative, header cells without scope, headings out of order, identifiers twice.
  public let faults: [String]
  /// Of the page's ground, as `r,g,b`.
  public let ground: String
  /// Texts whose contrast was computed.
  public let textCount: Int

  /// - Throws: when there is no browser, or when it did not come to the end of the page.
  public init(_ html: String, width: Int, isDark: Bool) throws {
    self.width = width
    self.isDark = isDark
    // Headless Chromium lays out no narrower than 500 pixels, so the page stands in a frame.
    let frame = """
      <!DOCTYPE html><html><head><style>:root{color-scheme:light dark}</style></head><body>
      <iframe id="page" style="border:0;width:\(width)px;height:900px" srcdoc="\(Self.escaped(html))"></iframe>
      <script>\(Self.script)</script></body></html>
      """
    let document = try Browser.document(of: frame, isDark: isDark)
    func attribute(_ name: String) throws -> String {
      // Before the frame, in which the page itself stands once more.
      let head = document[..<(document.range(of: "<body")?.lowerBound ?? document.endIndex)]
      guard let start = head.range(of: " data-\(name)=\""),
        let end = head.range(of: "\"", range: start.upperBound..<head.endIndex)
      else { throw Browser.Failure(description: "the page was not looked at") }
      let value = String(head[start.upperBound..<end.lowerBound])
      return value.replacing("&quot;", with: "\"").replacing("&amp;", with: "&")
    }
    faults = try attribute("faults").split(separator: "\n").map(String.init)
    ground = try attribute("ground")
    textCount = Int(try attribute("texts")) ?? 0
  }

  private static func escaped(_ html: String) -> String {
    html.replacing("&", with: "&amp;").replacing("\"", with: "&quot;")
  }

  private static let script = #"""
    const frame = document.getElementById("page");
    frame.onload = () => {
      const page = frame.contentDocument, root = page.documentElement, faults = [];
      const style = (element) => frame.contentWindow.getComputedStyle(element);
      const told = (element) => `${element.tagName.toLowerCase()}.${element.getAttribute("class") || ""} ` +
        (element.textContent || "").trim().slice(0, 40).replace(/\s+/g, " ");
      for (const details of page.querySelectorAll("details")) details.open = true;
      if (root.scrollWidth > root.clientWidth) {
        const wide = [...page.querySelectorAll("body *")].find((element) => {
          if (element.getBoundingClientRect().right <= root.clientWidth) return false;
          for (let at = element.parentElement; at; at = at.parentElement)
            if (["auto", "scroll", "hidden"].includes(style(at).overflowX)) return false;
          return true;
        });
        faults.push(`scrolls sideways: ${root.scrollWidth} > ${root.clientWidth}: ${wide ? told(wide) : ""}`);
      }
      const parts = (color) => (color.match(/[\d.]+/g) || []).map(Number);
      const ground = (element) => {
        for (; element; element = element.parentElement) {
          const color = parts(style(element).backgroundColor);
          if (color.length === 3 || color[3] === 1) return color.slice(0, 3);
          if (color[3] > 0) faults.push(`a ground that is seen through: ${told(element)}`);
        }
        return [255, 255, 255];
      };
      const luminance = (color) => {
        const [r, g, b] = color.map((part) => part / 255).map((part) =>
          part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05;
      };
      let texts = 0;
      for (const element of page.querySelectorAll("body *")) {
        if (/^(style|title|desc|metadata)$/i.test(element.tagName) || element.getClientRects().length === 0) continue;
        if (![...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim())) continue;
        const own = style(element);
        const color = parts(element.namespaceURI.endsWith("svg") ? own.fill : own.color).slice(0, 3);
        if (own.visibility === "hidden" || color.length < 3) continue;
        const [one, other] = [luminance(color), luminance(ground(element))];
        const contrast = Math.max(one, other) / Math.min(one, other);
        const size = parseFloat(own.fontSize);
        const isLarge = size >= 24 || size >= 18.66 && Number(own.fontWeight) >= 700;
        texts += 1;
        if (contrast < (isLarge ? 3 : 4.5)) faults.push(`contrast ${contrast.toFixed(2)}: ${told(element)}`);
      }
      for (const image of page.querySelectorAll("img"))
        if (!image.hasAttribute("alt")) faults.push("an img without alt");
      for (const picture of page.querySelectorAll("svg")) {
        const names = (picture.getAttribute("aria-labelledby") || "").split(/\s+/)
          .map((name) => name && page.getElementById(name)).filter((found) => found && found.textContent.trim());
        const isNamed = picture.getAttribute("aria-label") || names.length || picture.querySelector(":scope > title");
        if (!isNamed && picture.getAttribute("aria-hidden") !== "true") faults.push(`an svg without a name`);
      }
      for (const cell of page.querySelectorAll("th"))
        if (!cell.hasAttribute("scope")) faults.push(`a header cell without scope: ${told(cell)}`);
      for (const table of page.querySelectorAll("table"))
        if (!table.querySelector("th")) faults.push(`a table without header cells: ${told(table)}`);
      const levels = [...page.querySelectorAll("h1,h2,h3,h4,h5,h6")].map((heading) => Number(heading.tagName[1]));
      if (levels[0] !== 1 || levels.filter((level) => level === 1).length !== 1) faults.push("not one h1, first");
      for (let at = 1; at < levels.length; at += 1)
        if (levels[at] > levels[at - 1] + 1) faults.push(`h${levels[at]} follows h${levels[at - 1]}`);
      const ids = [...page.querySelectorAll("[id]")].map((element) => element.id);
      for (const id of ids) if (ids.indexOf(id) !== ids.lastIndexOf(id)) faults.push(`the identifier ${id} twice`);
      if (!root.lang || !page.title.trim()) faults.push("no language or no title");
      const result = document.documentElement;
      result.setAttribute("data-texts", texts);
      result.setAttribute("data-ground", ground(page.body).join(","));
      result.setAttribute("data-faults", faults.slice(0, 20).join("\n"));
    };
    """#
}
