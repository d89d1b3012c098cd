import TaskFiles

/// The zone data of this machine, which may be replaced while the process runs.
public enum ZoneData {
    /// Most bytes of the file that names the version; the database's has about 110,000.
    private static let maximumLength = 1 << 20

    /// Zones whose data has changed since this process read it.
    public struct Changes: Sendable {
        fileprivate let tables: [ZoneTable]

        public var zones: Set<String> { Set(tables.map(\.identifier)) }

        /// What is computed from now on has the new data. A `Series` that was made before keeps the old.
        public func use() { ZoneStore.use(tables) }
    }

    /// Reads again every zone that this process has used.
    public static func changes() -> Changes { Changes(tables: ZoneStore.changed()) }

    /// Has a zone that no file has, for a simulation of data that changes. What is computed from now on has this data of it.
    /// - Parameters:
    ///   - offset: before the first change, seconds east of UTC.
    ///   - changes: from when on, unix seconds, another offset is in force; ascending.
    package static func make(_ identifier: String, offset: Int, changes: [(at: Int64, offset: Int)] = []) {
        let digest = changes.reduce(UInt64(offset) | 1 << 63) { ($0 &* 31 ^ UInt64(bitPattern: $1.at)) &* 31 ^ UInt64($1.offset) }
        let table = ZoneTable(
            identifier: identifier, digest: digest, firstOffset: offset, changes: changes.map { (Int($0.at), $0.offset) }, footer: nil)
        ZoneStore.use([table])
    }

    /// Forgets a zone that was made.
    package static func forget(_ identifier: String) { ZoneStore.forget(identifier) }

    /// The version of the database, and a digest of all its rules, as `2026a 1f0c…`: the same on two machines whose data is the same.
    /// `nil` where the machine has zones without the file `tzdata.zi`, from which it follows. Reads that file each time.
    public static var version: String? {
        guard let bytes = try? SmallFile.read(ZoneStore.folder + "/tzdata.zi", limit: maximumLength) else { return nil }
        let name = "# version "
        let line = bytes.prefix { $0 != UInt8(ascii: "\n") }.prefix(64)
        let version = line.starts(with: name.utf8) ? String(decoding: line.dropFirst(name.utf8.count), as: UTF8.self) : "unknown"
        return "\(version) \(String(TZifReader.digest(of: bytes), radix: 16))"
    }
}
