import PluginKit

/// The flag by which a caller stops what runs.
public typealias Cancellation = PluginKit.Cancellation
