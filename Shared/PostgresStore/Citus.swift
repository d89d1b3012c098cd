import Storage

/// What a cluster of Citus is asked and told: the only statements that a server without it does not know.
///
/// Tables with a shard are distributed by it, all together, so that what is of one shard is on one node. Of the others those that are read
/// beside them are on every node, and the rest stays where it was made, on the node that the scheduler connects to.
enum Citus {
    /// The oldest that is known to work.
    static let oldest = [13, 2]

    /// What the rest goes along with.
    private static let first = "shards"
    static let references = ["queues"]

    static let version = "SELECT convert_to(extversion, 'UTF8') FROM pg_extension WHERE extname = 'citus'"
    static let distributed = """
        SELECT convert_to(c.relname, 'UTF8') FROM pg_dist_partition p JOIN pg_class c ON c.oid = p.logicalrelid
        WHERE c.relnamespace = current_schema()::regnamespace
        """
    /// What the other nodes do at a commit.
    static let commits = """
        SELECT convert_to(nodename || ':' || nodeport, 'UTF8'), convert_to(result, 'UTF8')
        FROM run_command_on_workers('SHOW synchronous_commit') WHERE success
        """

    static func distribute(_ table: String) -> String {
        if references.contains(table) { return "SELECT create_reference_table('\(table)')" }
        return "SELECT create_distributed_table('\(table)', 'shard', colocate_with => '\(table == first ? "none" : first)')"
    }

    /// Why a server cannot have the tables as is asked for; `nil`: it can.
    static func refusal(of connection: Connection, _ distribution: PostgresDistribution, _ label: String) throws(PostgresFailure) -> StoreError? {
        let found = try connection.run(version)
        let installed = found.isEmpty ? nil : found.text(0, 0)
        guard distribution == .citus else {
            guard installed != nil, try !tables(connection).isEmpty else { return nil }
            return .unusable("\(label): its tables are distributed. Set SCHEDULER_STORE_DISTRIBUTION=citus")
        }
        if let refusal = refusal(ofVersion: installed, label) { return refusal }
        if let version = try Schema.version(connection), let refusal = refusal(ofSchema: version, isDistributed: try !tables(connection).isEmpty, label) {
            return refusal
        }
        let nodes = try connection.run(commits)
        let careless = nodes.indices.first { ["off", "local"].contains(nodes.text($0, 1)) }
        return careless.map { node in
            .unusable(
                "\(label): on its node \(nodes.text(node, 0) ?? "") synchronous_commit is \(nodes.text(node, 1) ?? ""): what was confirmed could be "
                    + "lost. Set it to on there")
        }
    }

    /// - Parameter version: `nil`: it is not there.
    static func refusal(ofVersion version: String?, _ label: String) -> StoreError? {
        guard let version else {
            return .unusable(
                "\(label): SCHEDULER_STORE_DISTRIBUTION is citus, but this database does not have the extension citus. Have it created there "
                    + "(CREATE EXTENSION citus), or set SCHEDULER_STORE_DISTRIBUTION=none")
        }
        let numbers = version.split { !$0.isASCII || !$0.isNumber }.prefix(oldest.count).map { Int($0) ?? 0 }
        guard numbers.lexicographicallyPrecedes(oldest) else { return nil }
        let needed = oldest.map(String.init).joined(separator: ".")
        return .unusable("\(label): the extension citus has version \(version), but \(needed) or later is needed. Upgrade it")
    }

    /// - Parameter version: of the tables that are there.
    static func refusal(ofSchema version: Int64, isDistributed: Bool, _ label: String) -> StoreError? {
        guard isDistributed, (0..<Schema.resharded).contains(version) else { return nil }
        // What a row is distributed by cannot be changed in it.
        return .unusable(
            "\(label): its tables are distributed by the 32 shards of an earlier build, and this one has 256. Copy it with that build to a database "
                + "without Citus (scheduler --copy-store), start this build with that once, and copy it to an empty database with Citus")
    }

    private static func tables(_ connection: Connection) throws(PostgresFailure) -> Set<String> {
        let rows = try connection.run(distributed)
        return Set(rows.indices.compactMap { rows.text($0, 0) })
    }

    /// Distributes the tables that are not yet, with what is in them.
    static func distribute(_ connection: Connection) throws(PostgresFailure) {
        let known = try tables(connection)
        for table in [first] + Schema.sharded.filter({ $0 != first }) + references where !known.contains(table) {
            _ = try connection.run(distribute(table))
        }
    }
}
