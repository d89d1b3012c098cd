import Sealing
import Testing

@testable import scheduler

@Suite("The note of a backup's keys")
struct KeyNoteTests {
    @Test("it names each key with what it sealed, and finds those that are missing")
    func note() throws {
        let folder = try Folder(), path = "\(folder.path)/key"
        try Sealer.makeKeyFile(at: path)
        let sealer = try Sealer(keyFile: path), sealed = try sealer.seal([1, 2, 3], for: [4])
        let id = try #require(sealer.keyIDs.first)
        #expect(Sealer.keyID(of: sealed) == id && id.count == 8)
        let note = KeyNote([Array(sealed.prefix(Sealer.prefixBytes)): 7, [1, 0xAA, 0xBB, 0xCC, 0xDD]: 2, [9, 9, 9, 9, 9]: 1])
        let lines = note.text.split(separator: "\n").dropFirst().map(String.init)
        #expect(lines == ["\(id) 7", "aabbccdd 2", "unknown 1"].sorted())
        #expect(note.missing(from: [id]) == ["aabbccdd", "unknown"])
        #expect(KeyNote([:]).missing(from: []) == [])
    }
}
