import ArgumentParser

struct CompletionsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "completions",
    abstract: "Print the completion script of a shell.",
    discussion: """
      Example:
        quire completions bash > ~/.local/share/bash-completion/completions/quire
        quire completions zsh > ~/.zfunc/_quire
        quire completions fish > ~/.config/fish/completions/quire.fish
      """)

  enum Shell: String, CaseIterable, ExpressibleByArgument {
    case bash, zsh, fish

    var parsers: CompletionShell {
      switch self {
      case .bash: .bash
      case .zsh: .zsh
      case .fish: .fish
      }
    }
  }

  @Argument(help: "bash, zsh or fish.")
  var shell: Shell

  func run() { printOut(Quire.completionScript(for: shell.parsers)) }
}
