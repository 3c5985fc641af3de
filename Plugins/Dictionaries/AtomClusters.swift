import Linear
import Statistics

/// Atoms of a dictionary grouped by their directions.
enum AtomClusters {
  /// Connected components of the graph with an edge where one atom is among the `topk` most similar of the other and their
  /// cosine is above `cutoff`; numbered by their smallest atom. An atom of length 0 is alone.
  /// - Throws: what cancels the workers.
  static func graph(_ atoms: Matrix<Double>, topk: Int, cutoff: Double, workers: Workers) throws -> [Int] {
    let near = try NearestNeighbours(among: atoms, k: topk, metric: .cosine, workers: workers)
    var parent = Array(0..<atoms.rows)
    func root(_ atom: Int) -> Int {
      var atom = atom
      while parent[atom] != atom {
        parent[atom] = parent[parent[atom]]
        atom = parent[atom]
      }
      return atom
    }
    for atom in 0..<atoms.rows {
      for (other, distance) in zip(near.rows[atom], near.distances[atom]) where 1 - distance > cutoff {
        let (a, b) = (root(atom), root(other))
        // The smaller number stays the root, so that clusters are numbered by it.
        if a != b { parent[max(a, b)] = min(a, b) }
      }
    }
    var number: [Int: Int] = [:]
    return (0..<atoms.rows).map { atom in
      let top = root(atom)
      if let known = number[top] { return known }
      number[top] = number.count
      return number.count - 1
    }
  }

  /// Spectral clusters of 1 − arccos(cosine)/π.
  static func spectral(_ atoms: Matrix<Double>, k: Int, seed: UInt64, workers: Workers) throws -> [Int] {
    var unit = atoms
    unit.normaliseRows()
    var affinity = unit.outerGram()
    affinity.withUnsafeMutableBuffer { buffer in
      for i in buffer.indices { buffer[i] = 1 - arccosine(max(-1, min(1, buffer[i]))) / Double.pi }
    }
    return try SpectralClustering.labels(affinity: affinity, k: k, seed: seed, workers: workers)
  }

  /// Σ code·atom over the atoms of a cluster, for each row with at least one of them above 0.
  static func reconstruction(
    _ atoms: Matrix<Double>, codes: SparseMatrix, members: Set<Int>, limit: Int
  ) -> (rows: [Int], values: Matrix<Double>) {
    var (rows, sums): ([Int], [[Double]]) = ([], [])
    for row in 0..<codes.rows where rows.count < limit {
      var sum: [Double]?
      codes.withRow(row) { columns, values in
        let active = columns.indices.filter { members.contains(Int(columns[$0])) }
        guard active.contains(where: { values[$0] > 0 }) else { return }
        var total = [Double](repeating: 0, count: atoms.columns)
        for entry in active { total.add(atoms.row(Int(columns[entry])), times: values[entry]) }
        sum = total
      }
      if let sum {
        rows.append(row)
        sums.append(sum)
      }
    }
    return (rows, sums.isEmpty ? .zeros(0, atoms.columns) : Matrix(sums))
  }
}
