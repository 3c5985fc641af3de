import JSON
import JSONRPC

/// Questions that people bring to Quire, as prompts that lead a model through the tools.
struct Prompts {
  private struct Argument {
    let name: String
    let description: String
    var isRequired = true
  }

  private struct Prompt {
    let name, title, description: String
    let arguments: [Argument]
    /// `{name}` stands for an argument.
    let text: String
  }

  private static let all = [
    Prompt(
      name: "concept_readable", title: "Is a concept linearly readable?",
      description: "Fits a linear probe on held-out rows and says what its score means.",
      arguments: [
        Argument(name: "features", description: "The file of the representations, such as layer12.npy."),
        Argument(name: "labels", description: "The file of the labels, or a column of it."),
      ],
      text: """
        Is the concept in {labels} linearly readable from {features}? Split the rows with data.split, fit \
        probe.logistic on the train rows, and compare its held-out score, with its interval, to the majority and to \
        shuffled labels (probe.control). Say what was measured on which rows, every warning, and what the score does \
        not show. Name the runs.
        """),
    Prompt(
      name: "concept_removed", title: "Can a concept be removed, and what is left?",
      description: "Erases a concept and audits what can still be read.",
      arguments: [
        Argument(name: "features", description: "The file of the representations."),
        Argument(name: "labels", description: "The file of the concept's labels."),
        Argument(name: "keep", description: "Labels of what has to stay readable.", isRequired: false),
      ],
      text: """
        Remove the concept in {labels} from {features} with erase.leace, fitted on train rows alone, apply it to rows \
        that it has not seen, and audit them with erase.audit: what linear and other probes still read, and what was \
        damaged{keep: in }. Give the verdict with its intervals, and name the runs.
        """),
    Prompt(
      name: "topics_of_papers", title: "What are these papers about?",
      description: "Imports papers, groups them and names the groups.",
      arguments: [
        Argument(name: "papers", description: "The file of papers: BibTeX, RIS, CSL-JSON, a plain list."),
        Argument(name: "question", description: "What you want to know of them.", isRequired: false),
      ],
      text: """
        Read the papers of {papers} (papers.parse), make features of them (features.tfidf or features.embed), group \
        them with topics.auto, which says whether there are groups at all, and name them with topics.label. Tell the \
        topics with their sizes and a typical paper each, and how stable they are{question:. Then answer: }.
        """),
    Prompt(
      name: "notebook_review", title: "Does this notebook still hold?",
      description: "Opens a notebook, runs what is stale and explains faults.",
      arguments: [Argument(name: "path", description: "The notebook, NAME.quire.md.")],
      text: """
        Open the notebook {path} with notebook_open. Tell its faults with their lines and how to mend each. Run what is \
        not fresh with notebook_run, then say in a few sentences what the results show, with their intervals and \
        warnings, and which cell a claim rests on.
        """),
    Prompt(
      name: "run_explained", title: "Where does this result come from?",
      description: "Traces a run through the log to its inputs.",
      arguments: [Argument(name: "run", description: "The run's id.")],
      text: """
        Show the run {run} with log_show: its method, params, seed, inputs and outputs by their hashes. Follow its \
        inputs to the runs that made them, say whether log/verify finds the log whole, and what somebody else needs to \
        repeat the result.
        """),
  ]

  static var list: [JSON] {
    all.map { prompt in
      [
        "name": .string(prompt.name), "title": .string(prompt.title), "description": .string(prompt.description),
        "arguments": .array(
          prompt.arguments.map {
            [
              "name": .string($0.name), "description": .string($0.description), "required": .bool($0.isRequired),
            ]
          }),
      ]
    }
  }

  /// - Throws: −32602 for a name that is none, or an argument that is missing.
  static func get(_ params: JSON) throws(RPCError) -> JSON {
    let name = params["name"]?.string ?? ""
    guard let prompt = all.first(where: { $0.name == name }) else {
      throw RPCError(
        -32602, "no prompt '\(name.cut(toBytes: 60))'", kind: "params.value",
        ["path": "/name", "hint": .string("one of \(all.map(\.name).joined(separator: ", "))")])
    }
    var text = prompt.text
    for argument in prompt.arguments {
      let given = params["arguments"]?[argument.name]?.string?.cut(toBytes: 4 << 10)
      if argument.isRequired {
        guard let given else {
          throw RPCError(
            -32602, "params/arguments: '\(argument.name)' is missing", kind: "params.value",
            ["path": .string("/arguments/\(argument.name)"), "hint": .string(argument.description)])
        }
        text = text.replacing("{\(argument.name)}", with: given)
      } else {
        text = filled(text, argument.name, given)
      }
    }
    return [
      "description": .string(prompt.description),
      "messages": [["role": "user", "content": ["type": "text", "text": .string(text)]]],
    ]
  }

  /// `{name:words }` becomes the words and the argument, or nothing.
  private static func filled(_ text: String, _ name: String, _ given: String?) -> String {
    guard let start = text.range(of: "{\(name):"), let end = text[start.upperBound...].firstIndex(of: "}") else {
      return text
    }
    let words = given.map { text[start.upperBound..<end] + $0 } ?? ""
    return text[..<start.lowerBound] + words + text[text.index(after: end)...]
  }
}
