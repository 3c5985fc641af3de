import JSON

/// The safetensors format: eight bytes with the header's length, a JSON header, the elements.
///
/// huggingface/safetensors, "Format": the tensors' bytes follow each other without gap or overlap.
struct SafeTensors: Sendable {
  struct Tensor: Sendable {
    let name: String
    let code: String
    let shape: [Int]
    let range: Range<Int>
  }

  let tensors: [Tensor]
  let metadata: [String: String]

  private static let longestHeader = 1 << 25

  init(_ source: any ByteSource) throws {
    let prefix = try source.bytes(at: 0, count: min(8, source.count))
    guard prefix.count == 8 else { throw ArrayFault(.truncated, "the header was cut", offset: source.count) }
    let declared = prefix.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard declared <= Self.longestHeader else {
      throw ArrayFault(.tooLarge, "a header of \(declared) bytes; at most \(Self.longestHeader) are read", offset: 0)
    }
    let length = Int(declared)
    guard length <= source.count - 8 else {
      throw ArrayFault(.truncated, "the header should have \(length) bytes, but the file ends", offset: source.count)
    }
    let header: JSON
    do {
      header = try JSON.parse(try source.bytes(at: 8, count: length))
    } catch let error as JSON.ParseError {
      throw ArrayFault(.malformed, "the header is no JSON: \(error.message)", offset: 8 + max(0, error.offset))
    }
    guard let members = header.object?.members else {
      throw ArrayFault(.malformed, "the header is not a JSON object", offset: 8)
    }
    let data = 8 + length..<source.count
    var tensors: [Tensor] = []
    var metadata: [String: String] = [:]
    for member in members {
      if member.key == "__metadata__" {
        guard let pairs = member.value.object?.members else {
          throw ArrayFault(.malformed, "__metadata__ is not an object of texts", offset: 8)
        }
        for pair in pairs {
          guard let text = pair.value.string else {
            throw ArrayFault(.malformed, "__metadata__ is not an object of texts: \(pair.key)", offset: 8)
          }
          metadata[pair.key] = text
        }
      } else {
        tensors.append(try Self.tensor(member.key, member.value, data))
      }
    }
    tensors.sort { ($0.range.lowerBound, $0.range.upperBound) < ($1.range.lowerBound, $1.range.upperBound) }
    var end = data.lowerBound
    for tensor in tensors {
      guard tensor.range.lowerBound == end else {
        throw ArrayFault(
          tensor.range.lowerBound < end ? .overlapping : .malformed,
          "the tensor begins at byte \(tensor.range.lowerBound), the one before it ends at \(end)", array: tensor.name,
          offset: tensor.range.lowerBound)
      }
      end = tensor.range.upperBound
    }
    guard end == data.upperBound else {
      throw ArrayFault(.malformed, "\(data.upperBound - end) bytes belong to no tensor", offset: end)
    }
    self.tensors = tensors
    self.metadata = metadata
  }

  private static func tensor(_ name: String, _ value: JSON, _ data: Range<Int>) throws(ArrayFault) -> Tensor {
    guard let code = value["dtype"]?.string, let sizes = value["shape"]?.array,
      let offsets = value["data_offsets"]?.array, offsets.count == 2
    else { throw ArrayFault(.malformed, "expected dtype, shape and data_offsets", array: name, offset: 8) }
    var shape: [Int] = []
    for size in sizes {
      guard case .integer = size, let number = size.int, number >= 0 else {
        throw ArrayFault(.malformed, "the shape has a size that is no whole number from 0 on", array: name, offset: 8)
      }
      shape.append(number)
    }
    guard case .integer = offsets[0], case .integer = offsets[1], let start = offsets[0].int, let end = offsets[1].int,
      start >= 0, start <= end
    else { throw ArrayFault(.malformed, "data_offsets are not two ascending whole numbers", array: name, offset: 8) }
    guard end <= data.count else {
      throw ArrayFault(
        .truncated, "the tensor should end at byte \(end) of the data, but there are \(data.count)", array: name,
        offset: data.upperBound)
    }
    return Tensor(name: name, code: code, shape: shape, range: data.lowerBound + start..<data.lowerBound + end)
  }
}
