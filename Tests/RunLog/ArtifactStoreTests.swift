import Foundation
import TestSupport
import Testing

@testable import RunLog

struct ArtifactStoreTests {
  @Test func contentIsStoredUnderItsHashAndReadOnly() throws {
    let workspace = try Workspace()
    let store = try workspace.open()
    let stored = try store.artifacts.put(Array("abc".utf8))
    // FIPS 180-2, appendix B.1.
    let hash = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    #expect(stored == StoredArtifact(hash: try #require(ContentHash(hex: hash)), bytes: 3))
    #expect(try workspace.bytes("artifacts/ba/" + hash.dropFirst(2)) == Array("abc".utf8))
    let mode = try FileManager.default.attributesOfItem(atPath: store.artifacts.path(of: stored.hash))
    #expect(mode[.posixPermissions] as? Int == 0o444)
    #expect(try store.artifacts.bytes(of: stored.hash) == Array("abc".utf8))
    #expect(try store.artifacts.hashes() == [stored.hash])
  }

  @Test func piecesMakeTheSameArtifactAsTheWhole() throws {
    let workspace = try Workspace()
    let store = try workspace.open()
    var bytes = [UInt8](repeating: 0, count: 1_500_000)
    for index in bytes.indices { bytes[index] = UInt8(truncatingIfNeeded: index &* 31 ^ index >> 8) }
    let staging = try store.artifacts.stage()
    var start = 0
    for size in [1, 100_000, 300_000, 0, 262_144, 7] {
      try staging.write(Array(bytes[start..<start + size]))
      start += size
    }
    try staging.write(Array(bytes[start...]))
    let stored = try staging.commit()
    #expect(stored == StoredArtifact(hash: ContentHash(of: bytes), bytes: bytes.count))
    let file = try store.artifacts.open(stored.hash)
    #expect(try file.read(at: 1_400_000, count: 200_000) == Array(bytes[1_400_000...]))
    #expect(try store.artifacts.verify(stored.hash) == bytes.count)
  }

  @Test func theSameContentIsWrittenOnce() throws {
    let workspace = try Workspace()
    let renames = Shared(0)
    let store = try workspace.open { options in
      options.onStep = { step in if step == .artifactRenamed { renames.change { $0 += 1 } } }
    }
    let first = try store.artifacts.put([1, 2, 3])
    let inode = FileStatus(path: store.artifacts.path(of: first.hash))?.inode
    #expect(try store.artifacts.put([1, 2, 3]) == first)
    let staging = try store.artifacts.stage()
    try staging.write([1, 2, 3])
    #expect(try staging.commit() == first)
    #expect(renames.value == 1)
    #expect(FileStatus(path: store.artifacts.path(of: first.hash))?.inode == inode)
    #expect(try store.folder.names(in: "artifacts/tmp").isEmpty)
  }

  @Test func aStagingThatIsNotCommittedLeavesNothing() throws {
    let workspace = try Workspace()
    let store = try workspace.open()
    do {
      let staging = try store.artifacts.stage()
      try staging.write([1])
      #expect(try store.folder.names(in: "artifacts/tmp").count == 1)
    }
    let dropped = try store.artifacts.stage()
    dropped.discard()
    #expect(throws: RunLogError.self) { try dropped.write([1]) }
    #expect(try store.folder.names(in: "artifacts/tmp").isEmpty)
  }

  @Test(arguments: [Step.artifactOpened, .artifactWritten, .artifactSynced])
  func aFullDiskIsNamedAndNothingHalfWrittenStays(_ step: Step) throws {
    let workspace = try Workspace()
    let isFull = Shared(false)
    let store = try workspace.open { options in
      options.onStep = { passed in
        if passed == step, isFull.value { throw RunLogError.system("write", "artifacts/tmp/x", ENOSPC) }
      }
    }
    _ = try store.append([.note("before")])
    isFull.change { $0 = true }
    #expect {
      try store.artifacts.put([1, 2, 3])
    } throws: { error in
      let error = error as? RunLogError
      return error?.kind == .io && error?.number == "E505" && error?.message.contains("disk is full") == true
    }
    #expect(try store.folder.names(in: "artifacts/tmp").isEmpty)
    #expect(try store.artifacts.hashes().isEmpty)
    isFull.change { $0 = false }
    #expect(try store.artifacts.put([1, 2, 3]).bytes == 3)
  }

  @Test func aDeviceThatIsFullSaysSo() throws {
    let file = try OpenFile("/dev/full", name: "full", O_WRONLY)
    #expect {
      try file.write([1])
    } throws: { ($0 as? RunLogError)?.systemError == "ENOSPC" }
  }

  @Test func aMissingArtifactIsTyped() throws {
    let workspace = try Workspace()
    let store = try workspace.open()
    let hash = ContentHash(of: [9])
    for attempt in [{ _ = try store.artifacts.open(hash) }, { _ = try store.artifacts.bytes(of: hash) }] {
      #expect {
        try attempt()
      } throws: { ($0 as? RunLogError)?.kind == .artifactNotFound }
    }
    #expect(!workspace.exists(""))
  }

  @Test func onlyRegularFilesAreRead() throws {
    let workspace = try Workspace()
    let store = try workspace.open()
    let hash = try store.artifacts.put([9]).hash
    let path = store.artifacts.path(of: hash)
    for make in [
      { mkfifo(path, 0o644) }, { mkdir(path, 0o755) }, { symlink("/dev/zero", path) }, { symlink("/etc/passwd", path) },
    ] {
      try FileManager.default.removeItem(atPath: path)
      #expect(make() == 0)
      #expect(throws: RunLogError.self) { try store.artifacts.open(hash) }
      #expect(store.artifacts.size(of: hash) == nil)
    }
  }

  @Test func aChangedArtifactIsFoundAndReplacedByTheNextPut() throws {
    let workspace = try Workspace()
    let store = try workspace.open()
    let stored = try store.artifacts.put([1, 2, 3])
    let path = store.artifacts.path(of: stored.hash)
    #expect(chmod(path, 0o644) == 0)
    try Data([1, 2, 4]).write(to: URL(fileURLWithPath: path))
    #expect {
      try store.artifacts.verify(stored.hash)
    } throws: { ($0 as? RunLogError)?.kind == .artifactHash && ($0 as? RunLogError)?.number == "E503" }
    try store.artifacts.put([1, 2, 3])
    #expect(try store.artifacts.bytes(of: stored.hash) == [1, 2, 3])
  }

  @Test func stagingFilesOfTheDeadAreRemovedAndThoseOfTheLivingKept() throws {
    let workspace = try Workspace()
    let living = try workspace.open()
    let staging = try living.artifacts.stage()
    try staging.write([1, 2])
    try workspace.write("artifacts/tmp/left-by-a-dead-process", [1])
    let other = try workspace.open()
    _ = try other.append([.note("first write")])
    #expect(!workspace.exists("artifacts/tmp/left-by-a-dead-process"))
    #expect(try staging.commit().bytes == 2)
  }

  @Test func threadsThatPutTheSameContentAgree() throws {
    let workspace = try Workspace()
    let store = try workspace.open()
    let found = Shared<[StoredArtifact]>([])
    onThreads(8) { _ in
      for value in 0..<20 {
        if let stored = try? store.artifacts.put([UInt8(value), 0, 1]) { found.change { $0.append(stored) } }
      }
    }
    #expect(found.value.count == 160)
    #expect(Set(found.value).count == 20)
    #expect(try store.artifacts.hashes().count == 20)
    for hash in try store.artifacts.hashes() { try store.artifacts.verify(hash) }
  }

  @Test func aFileIsCopiedIn() throws {
    let workspace = try Workspace()
    let store = try workspace.open()
    try Data("text".utf8).write(to: workspace.folder.file("a.txt"))
    #expect(
      try store.artifacts.put(file: workspace.folder.file("a.txt").path).hash == ContentHash(of: Array("text".utf8)))
    #expect(throws: RunLogError.self) { try store.artifacts.put(file: workspace.path) }
  }

  @Test func hashesReadBackAndNothingElseIsAHash() {
    let hash = ContentHash(of: [])
    #expect(hash.hex == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    #expect(ContentHash(reference: hash.reference) == hash)
    #expect(ContentHash(hex: ContentHash.hexDigits(hash.bytes)) == hash)
    #expect(ContentHash(hex: hash.hex.uppercased()) == nil)
    #expect(ContentHash(hex: String(hash.hex.dropLast())) == nil)
    #expect(ContentHash(reference: hash.hex) == nil)
    #expect(ContentHash(hex: "../" + hash.hex.dropFirst(3)) == nil)
  }
}
