import Linear
import Testing

@testable import Statistics

@Suite struct StochasticLayoutTests {
  private func clouds(_ n: Int) -> Matrix<Double> {
    var numbers = RandomNumbers(seed: 1)
    var rows: Matrix<Double> = numbers.gaussians(rows: n, columns: 6)
    for i in 0..<n { rows[i, i % 3] += 12 }
    return rows
  }

  @Test func cloudsStayApartAndThreadsChangeNothing() throws {
    let rows = clouds(45)
    let start = rows.columns(0..<2)
    let map = try StochasticLayout(rows, start: start, perplexity: 9)
    let threaded = try StochasticLayout(rows, start: start, perplexity: 9, workers: Workers(jobs: 4))
    #expect(threaded.points == map.points)
    for i in 0..<45 {
      func distance(_ j: Int) -> Double {
        let (x, y) = (map.points[i, 0] - map.points[j, 0], map.points[i, 1] - map.points[j, 1])
        return x * x + y * y
      }
      let nearest = (0..<45).filter { $0 != i }.min { distance($0) < distance($1) } ?? i
      #expect(nearest % 3 == i % 3)
    }
    let quality = try LayoutQuality(rows, map.points, neighbours: 10)
    #expect(quality.trustworthiness > 0.85 && quality.recall > 0.4 && quality.neighbours == 10)
  }

  @Test func theSpaceItselfIsAPerfectMap() throws {
    var numbers = RandomNumbers(seed: 2)
    let rows: Matrix<Double> = numbers.gaussians(rows: 30, columns: 2)
    let quality = try LayoutQuality(rows, rows, neighbours: 5)
    #expect(quality.trustworthiness == 1 && quality.recall == 1)
    let other: Matrix<Double> = numbers.gaussians(rows: 30, columns: 2)
    #expect(try LayoutQuality(rows, other, neighbours: 5).trustworthiness < 0.7)
  }

  @Test func fewRowsAndEqualRowsHaveALayout() throws {
    for n in [1, 2, 3, 5] {
      let rows = Matrix<Double>(rows: n, columns: 3, repeating: 2)
      let map = try StochasticLayout(rows, start: Matrix.zeros(n, 2), perplexity: 30, iterations: 20)
      #expect(map.points.rows == n && map.points.firstNonFinite() == nil)
    }
  }
}
