/// A point between two writes. Tests stop there, or look at what a kill at this point would leave behind.
package enum Step: String, Sendable, CaseIterable {
  case folderMade, lockTaken
  case formatWritten, formatSynced, formatRenamed
  case ignoreWritten, ignoreSynced, ignoreRenamed
  case segmentMade
  case entryWritten, entrySynced
  case headWritten, headSynced, headRenamed
  case tornCopied, tornCut
  case sessionLocked, sessionEnded
  case artifactOpened, artifactWritten, artifactSynced, artifactRenamed, artifactFolderSynced
}

/// Called after each step; what it throws is treated as a failed system call there.
package typealias StepHook = @Sendable (Step) throws -> Void
