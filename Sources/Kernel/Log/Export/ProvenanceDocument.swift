import JSON
import RunLog

/// The runs as PROV-JSON (W3C member submission 2013): a run is an activity, a plugin's version an agent, each output
/// of a run an entity of its own, which is a specialisation of the entity that its content is.
///
/// PROV allows an entity one generation, and two runs may give the same bytes: hence the two kinds of entities.
enum ProvenanceDocument {
  static func json(_ exported: ExportedRuns) -> JSON {
    var entities: JSON.Object = [:]
    var activities: JSON.Object = [:]
    var agents: JSON.Object = [:]
    var used: JSON.Object = [:]
    var generated: JSON.Object = [:]
    var associated: JSON.Object = [:]
    var specialised: JSON.Object = [:]

    func content(_ hash: ContentHash, bytes: Int, media: String) -> String {
      let id = "quire:sha256-\(hash.hex)"
      if entities[id] == nil {
        entities[id] = [
          "quire:sha256": .string(hash.hex), "quire:bytes": JSON(bytes), "quire:media": .string(media),
        ]
      }
      return id
    }

    for (number, run) in exported.runs.enumerated() {
      let activity = "run:\(run.run)"
      var about: JSON.Object = [
        "prov:startTime": .string(run.start.time), "prov:label": .string(run.method),
        "quire:method": .string(run.method), "quire:params": .string(run.params.text),
        "quire:state": .string(run.state?.rawValue ?? ""),
      ]
      about["prov:endTime"] = run.finish.map { .string($0.time) }
      about["quire:seed"] = run.seed.map { JSON($0) }
      about["quire:cell"] = run.cell.map(JSON.string)
      about["quire:notebook"] = run.notebook.map(JSON.string)
      about["quire:numericLibrary"] = run.numeric.map { .string($0.json.text) }
      about["quire:error"] = run.error?["message"]
      activities[activity] = .object(about)

      if let plugin = run.plugin {
        let agent = "quire:plugin-\(plugin.id)-\(plugin.version)"
        agents[agent] = [
          "prov:type": ["$": "prov:SoftwareAgent", "type": "prov:QUALIFIED_NAME"],
          "prov:label": .string("\(plugin.id) \(plugin.version)"), "quire:version": .string(plugin.version),
        ]
        associated["_:a\(number)"] = ["prov:activity": .string(activity), "prov:agent": .string(agent)]
      }
      for (place, input) in run.inputs.enumerated() {
        used["_:u\(number)-\(place)"] = [
          "prov:activity": .string(activity),
          "prov:entity": .string(content(input.hash, bytes: input.bytes, media: input.media)),
          "prov:role": .string(input.name),
        ]
      }
      for (place, output) in run.outputs.enumerated() {
        let entity = "quire:output-\(run.run)-\(place)"
        var occurrence: JSON.Object = ["prov:label": .string(output.name), "quire:name": .string(output.name)]
        occurrence["quire:class"] = output.determinism.map(JSON.string)
        entities[entity] = .object(occurrence)
        generated["_:g\(number)-\(place)"] = ["prov:entity": .string(entity), "prov:activity": .string(activity)]
        specialised["_:s\(number)-\(place)"] = [
          "prov:specificEntity": .string(entity),
          "prov:generalEntity": .string(content(output.hash, bytes: output.bytes, media: output.media)),
        ]
      }
    }
    var document: JSON.Object = [
      "prefix": ["quire": "https://quire.invalid/ns#", "run": "urn:uuid:"],
      "entity": .object(entities), "activity": .object(activities), "agent": .object(agents),
    ]
    for (name, relations) in [
      ("used", used), ("wasGeneratedBy", generated), ("wasAssociatedWith", associated),
      ("specializationOf", specialised),
    ] where !relations.isEmpty {
      document[name] = .object(relations)
    }
    return .object(document)
  }
}
