import Foundation
import PackagePlugin

/// Runs `EmbedSchemas` over `Schemas/` whenever a file there has changed.
@main
struct EmbedSchemasPlugin: BuildToolPlugin {
  func createBuildCommands(context: PluginContext, target: Target) throws -> [Command] {
    let folder = context.package.directoryURL.appendingPathComponent("Schemas")
    let output = context.pluginWorkDirectoryURL.appendingPathComponent("EmbeddedSchemas.swift")
    let files = (FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)?.allObjects ?? [])
      .compactMap { $0 as? URL }.filter { $0.pathExtension == "json" }
    return [
      .buildCommand(
        displayName: "Embedding the schemas", executable: try context.tool(named: "EmbedSchemas").url,
        arguments: [folder.path, output.path], inputFiles: files, outputFiles: [output])
    ]
  }
}
