/// The files that a new plugin has in every language: the manifest and the schema of its first method.
extension PluginTemplate {
  /// - Parameter command: the program and its arguments.
  static func contract(_ command: [String]) -> [File] {
    let words = command.map { "    \"\($0)\"" }.joined(separator: ",\n")
    return [
      File("quire-plugin.json", manifest.replacing("{{command}}", with: words)),
      File("schemas/{{name}}.length.json", schema),
    ]
  }

  private static let manifest = """
    {
      "name": "{{name}}",
      "version": "0.1.0",
      "protocol": 1,
      "summary": "Measures how long papers are",
      "command": [
    {{command}}
      ],
      "methods": [
        "schemas/{{name}}.length.json"
      ],
      "limits": {
        "memoryMiB": 2048,
        "startSeconds": 10,
        "idleSeconds": 300
      }
    }

    """

  private static let schema = #"""
    {
      "name": "{{name}}.length",
      "title": "Length",
      "summary": "Counts the words of papers.",
      "description": "A word is what stands between blanks in the title and the abstract, so a formula counts as words too, and a paper without an abstract is shorter than it is.",
      "references": [],
      "effects": "none",
      "reads": [],
      "usesSeed": false,
      "determinism": "exact",
      "primary": "counts",
      "progress": true,
      "params": {
        "type": "object",
        "properties": {
          "papers": {
            "$ref": "quire:common/papers.json",
            "description": "The papers that are measured."
          },
          "shortest": {
            "type": "integer",
            "description": "Shorter words do not count.",
            "minimum": 1,
            "maximum": 50,
            "x-unit": "letters",
            "default": 1
          }
        },
        "required": [
          "papers"
        ],
        "additionalProperties": false
      },
      "result": {
        "type": "object",
        "properties": {
          "mean": {
            "type": "number",
            "description": "Words of a paper, on average.",
            "x-unit": "words"
          },
          "longest": {
            "type": "string",
            "description": "The id of the paper with the most words."
          },
          "counts": {
            "$ref": "quire:common/artifact.json",
            "description": "The words of each paper: a row a paper, with the papers' ids."
          },
          "warnings": {
            "$ref": "quire:common/warnings.json"
          }
        },
        "required": [
          "mean",
          "longest",
          "counts",
          "warnings"
        ],
        "additionalProperties": false
      },
      "examples": [
        {
          "params": {
            "papers": [
              {
                "id": "paper:1",
                "title": "Attention Is All You Need"
              },
              {
                "id": "paper:2",
                "title": "Deep Residual Learning",
                "abstract": "Deeper networks are harder to train."
              }
            ]
          }
        }
      ],
      "errors": [
        "math.tooFewSamples"
      ]
    }

    """#
}
