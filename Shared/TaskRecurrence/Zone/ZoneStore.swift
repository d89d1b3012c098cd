import Glibc
import Synchronization
import TaskFiles

/// The zones that this process has read so far, each once until `changed` finds that its file is another.
enum ZoneStore {
    static let defaultFolder = "/usr/share/zoneinfo"
    /// Most bytes of a zone's name.
    static let maximumIdentifierLength = 255
    /// Most zones kept. The database has about 600 names; past this, zones are read anew each time.
    static let maximumZones = 2_048

    private static let tables = Mutex<[String: ZoneTable]>([:])

    static func table(_ identifier: String) throws(ZoneError) -> ZoneTable {
        if identifier == "UTC" { return Zone.utc.table }
        guard isName(identifier), !isOtherFile(identifier) else { throw refusal(identifier) ?? .badIdentifier(identifier) }
        if let known = tables.withLock({ $0[identifier] }) { return known }
        let folder = folder
        guard let bytes = try? SmallFile.read(folder + "/" + identifier, limit: TZifReader.maximumLength) else {
            throw refusal(identifier) ?? .unknown(identifier, folder: folder)
        }
        let table: ZoneTable
        do {
            table = try TZifReader(bytes).table(identifier: identifier)
        } catch {
            throw .unusable(identifier, reason: error.reason)
        }
        return tables.withLock { known in
            if let first = known[identifier] { return first }
            if known.count < maximumZones { known[identifier] = table }
            return table
        }
    }

    /// `$TZDIR`, or where systems have it.
    static var folder: String {
        getenv("TZDIR").map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 } ?? defaultFolder
    }

    /// Reads again the zones that are kept. One whose file is gone, or cannot be read, stays as it is.
    /// - Returns: those whose data is other than before.
    static func changed() -> [ZoneTable] {
        tables.withLock { $0 }.compactMap { identifier, table in
            guard let bytes = try? SmallFile.read(folder + "/" + identifier, limit: TZifReader.maximumLength),
                TZifReader.digest(of: bytes) != table.digest
            else { return nil }
            return try? TZifReader(bytes).table(identifier: identifier)
        }
    }

    /// From now on these are the zones of their names.
    static func use(_ fresh: [ZoneTable]) {
        tables.withLock { tables in for table in fresh { tables[table.identifier] = table } }
    }

    /// It is read anew when it is asked for again.
    static func forget(_ identifier: String) { tables.withLock { $0[identifier] = nil } }

    /// A better refusal of a name than that there is no such zone.
    private static func refusal(_ identifier: String) -> ZoneError? {
        WindowsZoneNames.iana(identifier).map { .windowsName(identifier, iana: $0) }
    }

    /// Files and folders that tzdata installs beside its zones: the machine's own zone, the placeholder of one that was not chosen, the
    /// rule for POSIX strings, lists, and copies of all zones with and without leap seconds. Which of them are there differs by machine.
    private static let otherFiles: Set<String> = ["localtime", "posixrules", "Factory", "leapseconds", "SECURITY"]
    private static let otherFolders = ["posix/", "right/"]

    private static func isOtherFile(_ identifier: String) -> Bool {
        otherFiles.contains(identifier) || otherFolders.contains(where: identifier.hasPrefix)
    }

    /// Names are made of letters, digits, `+`, `-` and `_`, in folders; none starts with anything but a letter.
    /// So neither `..`, nor an absolute path, nor a hidden file is one.
    private static func isName(_ identifier: String) -> Bool {
        guard (1...maximumIdentifierLength).contains(identifier.utf8.count) else { return false }
        return identifier.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).allSatisfy { piece in
            guard let first = piece.first, isLetter(first) else { return false }
            return piece.allSatisfy { isLetter($0) || TextBytes.isDigit($0) || "+-_".utf8.contains($0) }
        }
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (byte | 0x20) >= UInt8(ascii: "a") && (byte | 0x20) <= UInt8(ascii: "z")
    }
}
