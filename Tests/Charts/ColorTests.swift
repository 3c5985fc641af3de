import Foundation
import Testing

@testable import Charts

/// The claims of `ChartColors`, measured.
@Suite struct ColorTests {
  static let schemes = [("light", ChartColors.light), ("dark", ChartColors.dark)]

  @Test(arguments: [0, 1])
  func huesStandOutFromTheirGround(_ index: Int) {
    let scheme = Self.schemes[index].1
    #expect(scheme.hues.count == ChartColors.hueCount)
    for hue in scheme.hues { #expect(Color(hue).contrast(Color(scheme.surface)) >= 3, "\(hue)") }
  }

  @Test(arguments: [0, 1])
  func textMeetsAAOnItsGroundAndOnTheDarkestCell(_ index: Int) {
    let scheme = Self.schemes[index].1
    for text in [scheme.ink, scheme.quiet] {
      #expect(Color(text).contrast(Color(scheme.surface)) >= 4.5)
    }
    for share in stride(from: 0.0, through: 1, by: 0.05) {
      let cell = Color(scheme.heat).over(Color(scheme.surface), opacity: share * ChartColors.heatLimit)
      #expect(Color(scheme.ink).contrast(cell) >= 4.5, "share \(share)")
    }
    for hue in scheme.hues {
      // The bars of terms, a quarter strong behind their text.
      #expect(Color(scheme.ink).contrast(Color(hue).over(Color(scheme.surface), opacity: 0.25)) >= 4.5, "\(hue)")
    }
  }

  @Test(arguments: [0, 1], Vision.allCases)
  func huesStayApartForEveryKindOfSight(_ index: Int, _ vision: Vision) {
    let seen = Self.schemes[index].1.hues.map { Color($0).oklab(vision) }
    for first in seen.indices {
      for second in seen.indices where second > first {
        let distance = zip(seen[first], seen[second]).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
        // A just noticeable difference is about 0.02 in OKLab.
        #expect(distance > 0.09, "\(Self.schemes[index].1.hues[first]) \(Self.schemes[index].1.hues[second])")
      }
    }
  }

  enum Vision: CaseIterable {
    case full, protanopia, deuteranopia, tritanopia

    /// Machado, Oliveira and Fernandes 2009, severity 1, on linear RGB.
    var matrix: [[Double]] {
      switch self {
      case .full: [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
      case .protanopia:
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
      case .deuteranopia:
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
      case .tritanopia:
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
      }
    }
  }

  struct Color {
    /// sRGB, 0 … 1.
    let parts: [Double]

    init(_ hex: String) {
      let value = UInt32(hex.dropFirst(), radix: 16) ?? 0
      parts = [16, 8, 0].map { Double((value >> $0) & 255) / 255 }
    }

    init(parts: [Double]) { self.parts = parts }

    func over(_ ground: Color, opacity: Double) -> Color {
      Color(parts: zip(parts, ground.parts).map { $0 * opacity + $1 * (1 - opacity) })
    }

    var linear: [Double] { parts.map { $0 <= 0.04045 ? $0 / 12.92 : pow(($0 + 0.055) / 1.055, 2.4) } }

    /// WCAG 2.1.
    func contrast(_ other: Color) -> Double {
      let sizes = [self, other].map { $0.linear[0] * 0.2126 + $0.linear[1] * 0.7152 + $0.linear[2] * 0.0722 + 0.05 }
      return max(sizes[0], sizes[1]) / min(sizes[0], sizes[1])
    }

    /// Ottosson 2020.
    func oklab(_ vision: Vision) -> [Double] {
      let seen = product(vision.matrix, linear).map { min(max($0, 0), 1) }
      let cones = product(
        [
          [0.4122214708, 0.5363325363, 0.0514459929], [0.2119034982, 0.6806995451, 0.1073969566],
          [0.0883024619, 0.2817188376, 0.6299787005],
        ], seen)
      return product(
        [
          [0.2104542553, 0.7936177850, -0.0040720468], [1.9779984951, -2.4285922050, 0.4505937099],
          [0.0259040371, 0.7827717662, -0.8086757660],
        ], cones.map { cbrt($0) })
    }

    private func product(_ matrix: [[Double]], _ vector: [Double]) -> [Double] {
      matrix.map { zip($0, vector).reduce(0) { $0 + $1.0 * $1.1 } }
    }
  }
}
