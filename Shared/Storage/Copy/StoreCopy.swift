/// A store that is read from its beginning to its end. No scheduler uses it meanwhile.
public protocol CopySource {
    /// Where it is, for messages.
    var label: String { get }

    /// How many rows each table has.
    func counts() throws(StoreError) -> [CopiedTable: Int]

    /// The highest epoch that a shard was taken with: what workers still run was given out under it.
    func epoch() throws(StoreError) -> Int64

    /// Reads a table, a page after the other.
    /// - Parameter use: is given at most ``StoreCopy/pageRows`` rows.
    func read(_ table: CopiedTable, _ use: (CopiedRows) throws(StoreError) -> Void) throws(StoreError)

    /// How many stored credentials begin with these bytes.
    /// - Parameter prefix: how many bytes that are.
    func credentials(prefix: Int) throws(StoreError) -> [[UInt8]: Int]
}

/// A store that is being filled. Until it is finished no scheduler can use it, also where it never is: then it is filled anew from its
/// beginning.
public protocol CopyTarget {
    var label: String { get }

    /// Adds rows of a table.
    func write(_ table: CopiedTable, _ rows: CopiedRows) throws(StoreError)

    /// How many rows each table has.
    func counts() throws(StoreError) -> [CopiedTable: Int]

    /// Makes it a store that a scheduler can use, and is back when all of it is on stable storage.
    /// - Parameter epoch: shards are taken with higher ones only.
    func finish(epoch: Int64) throws(StoreError)
}

/// Copies what a store holds to another, be it of another kind.
public enum StoreCopy {
    /// Rows that are read and written at once.
    public static let pageRows = 500

    /// Copies everything, and compares how much it is then.
    /// - Parameter progress: told how many rows of how many of a table are copied.
    /// - Returns: the rows of each table.
    /// - Throws: why the copy was not made. The target is no store then.
    @discardableResult
    public static func run(
        from source: any CopySource, to target: any CopyTarget, progress: (CopiedTable, _ copied: Int, _ all: Int) -> Void = { _, _, _ in }
    ) throws(StoreError) -> [CopiedTable: Int] {
        let expected = try source.counts()
        for table in CopiedTable.allCases {
            var copied = 0
            try source.read(table) { rows throws(StoreError) in
                try target.write(table, rows)
                copied += rows.count
                progress(table, copied, expected[table] ?? 0)
            }
        }
        let found = try target.counts()
        if let table = CopiedTable.allCases.first(where: { found[$0] != expected[$0] }) {
            throw .unusable(
                "\(target.label): holds \(found[table] ?? 0) rows of \(table.rawValue) where \(source.label) holds \(expected[table] ?? 0). "
                    + "See that nothing else uses the two, and that the first is not damaged, and copy again")
        }
        try target.finish(epoch: try source.epoch())
        return found
    }
}
