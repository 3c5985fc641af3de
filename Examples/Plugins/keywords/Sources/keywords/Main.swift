import Glibc
import KeywordsMethods
import PluginKit

@main
enum Main {
  static func main() { exit(StandardInputPlugin.run(KeywordsPlugin.self)) }
}
