import JSON
import Linear
import PluginKit
import Text

/// The files of a sentence encoder: `model.safetensors`, `config.json`, `vocab.txt` or `tokenizer.json`.
struct EncoderFiles {
  let encoder: SentenceEncoder
  let pieces: WordPiece
  /// SHA-256 over the contents of the three files.
  let digest: String

  init(_ parameters: EmbedFeatures.Parameters, _ context: Context) throws {
    context.progress(0, of: 1, "reading the model")
    let config = try Self.content(parameters.config, context)
    let vocabulary = try Self.content(parameters.vocabulary, context)
    let weights = try context.bytes(parameters.weights)
    // The numbers as they are stored, and as read.
    try context.reserve(2 * weights.count, for: "the model")
    let contents = try [parameters.config, parameters.vocabulary, parameters.weights].map { try context.digest($0) }
    digest = Digest.sha256(Array(contents.joined().utf8))
    let configuration = try Self.configuration(config, parameters.config.pointer)
    pieces = try Self.pieces(vocabulary, parameters.vocabulary.pointer)
    guard pieces.largestID < configuration.vocabulary else {
      throw MethodError.data(
        .format, pointer: parameters.vocabulary.pointer,
        message: "a piece has the id \(pieces.largestID), the model has \(configuration.vocabulary)",
        hint: "give the vocabulary that belongs to the weights")
    }
    do {
      encoder = try SentenceEncoder(
        EncoderTensors(try ArrayFile(weights, format: .safetensors), parameters.weights.pointer), configuration)
    } catch let error as MethodError {
      throw error
    } catch {
      throw MethodError.data(
        .format, pointer: parameters.weights.pointer, message: "\(error)",
        hint: "give the model.safetensors of a BERT encoder")
    }
  }

  /// Small files whole.
  private static func content(_ reference: FileReference, _ context: Context) throws -> [UInt8] {
    let bytes = try context.bytes(reference)
    guard bytes.count <= 1 << 26 else {
      throw MethodError.data(
        .format, pointer: reference.pointer, message: "\(bytes.count) bytes are too many for a vocabulary or a config")
    }
    return try bytes.bytes(at: 0, count: bytes.count)
  }

  private static func configuration(_ bytes: [UInt8], _ pointer: String) throws -> SentenceEncoder.Configuration {
    let json = try parsed(bytes, pointer)
    func number(_ name: String, _ range: ClosedRange<Int>) throws -> Int {
      guard let value = json[name]?.int, range.contains(value) else {
        throw MethodError.data(
          .format, pointer: pointer,
          message: "'\(name)' is not a whole number from \(range.lowerBound) to \(range.upperBound)",
          hint: "give the config.json of a BERT encoder, such as all-MiniLM-L6-v2")
      }
      return value
    }
    let activation = json["hidden_act"]?.string ?? "gelu"
    guard activation == "gelu" else {
      throw MethodError.data(
        .format, pointer: pointer, message: "the activation '\(activation)' is not gelu", hint: "give a BERT encoder")
    }
    let result = SentenceEncoder.Configuration(
      width: try number("hidden_size", 1...8192), layers: try number("num_hidden_layers", 1...128),
      heads: try number("num_attention_heads", 1...256), inner: try number("intermediate_size", 1...65_536),
      positions: try number("max_position_embeddings", 3...65_536), vocabulary: try number("vocab_size", 3...1_000_000),
      epsilon: Float(json["layer_norm_eps"]?.double ?? 1e-12))
    guard result.width % result.heads == 0 else {
      throw MethodError.data(
        .format, pointer: pointer, message: "\(result.width) numbers do not divide into \(result.heads) heads")
    }
    return result
  }

  private static func pieces(_ bytes: [UInt8], _ pointer: String) throws -> WordPiece {
    let isJSON = bytes.first { $0 > 0x20 } == UInt8(ascii: "{")
    do throws(TextFault) {
      if !isJSON {
        let lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
        let kept = lines.last?.isEmpty == true ? lines.dropLast() : lines[...]
        return try WordPiece(
          vocabulary: kept.map { line in
            String(decoding: line.last == 0x0D ? line.dropLast() : line, as: UTF8.self)
          })
      }
    } catch {
      throw MethodError.data(.format, pointer: pointer, message: error.description)
    }
    guard let members = try parsed(bytes, pointer)["model"]?["vocab"]?.object?.members else {
      throw MethodError.data(
        .format, pointer: pointer, message: "there is no member model.vocab of pieces",
        hint: "give vocab.txt, or a tokenizer.json of the type WordPiece")
    }
    do throws(TextFault) {
      return try WordPiece(pieces: members.compactMap { member in member.value.int.map { (member.key, $0) } })
    } catch {
      throw MethodError.data(.format, pointer: pointer, message: error.description)
    }
  }

  private static func parsed(_ bytes: [UInt8], _ pointer: String) throws -> JSON {
    do {
      return try JSON.parse(bytes)
    } catch {
      throw MethodError.data(.format, pointer: pointer, message: "no JSON: \(error)")
    }
  }
}

/// The tensors of a weights file by name, of the shapes that the configuration asks for.
struct EncoderTensors {
  private let file: ArrayFile
  private let prefix: String
  private let pointer: String

  init(_ file: ArrayFile, _ pointer: String) throws {
    self.file = file
    self.pointer = pointer
    let name = "embeddings.word_embeddings.weight"
    guard let found = ["", "bert.", "0.auto_model.", "model."].first(where: { file.names.contains($0 + name) }) else {
      throw MethodError.data(
        .format, pointer: pointer, message: "there is no tensor '\(name)'", hint: "give the weights of a BERT encoder")
    }
    prefix = found
  }

  func matrix(_ name: String, _ rows: Int, _ columns: Int) throws -> Matrix<Float> {
    let array = try file.array(prefix + name)
    guard array.info.rows == rows, array.info.columns == columns else {
      throw MethodError.data(
        .shape, pointer: pointer,
        message: "\(name) is \(array.info.rows) × \(array.info.columns), the config asks for \(rows) × \(columns)",
        hint: "give the config.json that belongs to the weights")
    }
    let matrix = try array.readMatrix(as: Float.self)
    if let (row, column) = matrix.firstNonFinite() {
      throw MethodError.data(
        .nonFinite, pointer: pointer, message: "\(name) has a number that is not finite", row: row, column: column)
    }
    return matrix
  }

  func vector(_ name: String, _ count: Int) throws -> [Float] { try matrix(name, count, 1).elements }
}

extension SentenceEncoder {
  init(_ tensors: EncoderTensors, _ configuration: Configuration) throws {
    let width = configuration.width
    func norm(_ name: String) throws -> Norm {
      Norm(scale: try tensors.vector(name + ".weight", width), shift: try tensors.vector(name + ".bias", width))
    }
    func dense(_ name: String, _ outputs: Int, _ inputs: Int) throws -> Dense {
      Dense(
        weight: try tensors.matrix(name + ".weight", outputs, inputs), bias: try tensors.vector(name + ".bias", outputs)
      )
    }
    self.configuration = configuration
    words = try tensors.matrix("embeddings.word_embeddings.weight", configuration.vocabulary, width)
    positions = try tensors.matrix("embeddings.position_embeddings.weight", configuration.positions, width)
    let types = try tensors.matrix("embeddings.token_type_embeddings.weight", 2, width)
    type = types.row(0)
    self.norm = try norm("embeddings.LayerNorm")
    layers = try (0..<configuration.layers).map { number in
      let name = "encoder.layer.\(number)."
      let parts = try ["query", "key", "value"].map { try dense(name + "attention.self.\($0)", width, width) }
      return Layer(
        attention: Dense(weight: Matrix.stack(parts.map(\.weight)), bias: parts.flatMap(\.bias)),
        output: try dense(name + "attention.output.dense", width, width),
        outputNorm: try norm(name + "attention.output.LayerNorm"),
        inner: try dense(name + "intermediate.dense", configuration.inner, width),
        outer: try dense(name + "output.dense", width, configuration.inner),
        outerNorm: try norm(name + "output.LayerNorm"))
    }
  }
}
