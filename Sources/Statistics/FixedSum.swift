/// Σ values in an order that depends on nothing but their number: halves are summed apart down to 256 terms,
/// so that the rounding error grows with the logarithm of the count.
public func fixedSum(_ values: [Double]) -> Double {
  values.withUnsafeBufferPointer { fixedSum($0[...]) }
}

private func fixedSum(_ values: Slice<UnsafeBufferPointer<Double>>) -> Double {
  if values.count <= 256 {
    var sum = 0.0
    for value in values { sum += value }
    return sum
  }
  let middle = values.startIndex + (values.count / 2 + 255) / 256 * 256
  return fixedSum(values[..<middle]) + fixedSum(values[middle...])
}
