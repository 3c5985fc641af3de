import Alignment
import Data
import Dictionaries
import Erase
import Evaluate
import Features
import Geometry
import Papers
import PluginKit
import Probe
import Topics

/// The plugins that the program is built with. Adding one is a folder, its schemas, and a line here.
let builtInPlugins: [any Plugin.Type] = [
  PapersPlugin.self,
  DataPlugin.self,
  FeaturesPlugin.self,
  TopicsPlugin.self,
  ProbePlugin.self,
  ErasePlugin.self,
  GeometryPlugin.self,
  AlignmentPlugin.self,
  DictionariesPlugin.self,
  EvaluatePlugin.self,
]
