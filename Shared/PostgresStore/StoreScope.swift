import TaskDomain

/// How the tables of a database are spread, and so how much of them is written together.
public enum PostgresDistribution: String, Sendable, CaseIterable {
    /// All are whole, on one server.
    case none
    /// The same, with every statement and every transaction about one shard, as Citus is given them: for trying that without Citus.
    case byShard = "by-shard"
    /// Over the nodes of a Citus cluster, by shard.
    case citus

    var scope: StoreScope { self == .none ? .lane : .shard }
}

/// A column, and as what a statement is given it.
typealias Column = (name: String, type: String)

/// What one transaction, and each of its statements, is about.
enum StoreScope: Sendable {
    /// Whatever gathers, of all shards: statements are given the shard of each row.
    case lane
    /// One shard, which each statement names as `shard = $1`, once for each table that it reaches by itself: Citus sends it as it is to the
    /// node that has the shard, and what a transaction did there it commits there.
    case shard

    /// What a statement is given of rows, side by side. The first parameter is ``parameter(_:)``, the columns begin with the second.
    func given(_ columns: [Column], as name: String = "u") -> String {
        var arrays = columns.enumerated().map { "$\($0.offset + 2)::\($0.element.type)[]" }, names = columns.map(\.name)
        if self == .lane {
            arrays.insert("$1::smallint[]", at: 0)
            names.insert("shard", at: 0)
        }
        return "unnest(\(arrays.joined(separator: ", "))) \(name) (\(names.joined(separator: ", ")))"
    }

    /// That a table's row is in the shard that was given.
    func isGiven(_ table: String) -> String { self == .lane ? "\(table).shard = u.shard" : "\(table).shard = $1" }

    /// The same, within a query of its own or beside one: the server does not conclude it from the other's row.
    func isSame(_ table: String, as other: String) -> String { self == .lane ? "\(table).shard = \(other).shard" : "\(table).shard = $1" }

    /// The shards of rows, which are one and the same in shard scope.
    func parameter(_ shards: [Shard]) -> Parameter {
        guard self == .shard, let shard = shards.first else { return .shards(shards) }
        return .shard(shard)
    }

    /// What is found in each of some shards, called `c`.
    /// - Parameters:
    ///   - columns: what is given of each, called `s`.
    ///   - find: the query for one.
    func inEach(_ columns: [Column] = [], _ find: (_ shard: String) -> String) -> String {
        let found = "(\(find(self == .lane ? "s.shard" : "$1"))) c"
        return self == .shard && columns.isEmpty ? "FROM \(found)" : "FROM \(given(columns, as: "s")) CROSS JOIN LATERAL \(found)"
    }

    /// Rows that a transaction may change together.
    func groups<Row>(_ rows: [Row], _ shard: (Row) -> Shard) -> [(shards: [Shard], rows: [Row])] {
        switch self {
        case .lane: rows.isEmpty ? [] : [(rows.map(shard), rows)]
        case .shard: Dictionary(grouping: rows, by: shard).map { ([$0.key], $0.value) }
        }
    }
}

/// An `INSERT` of rows of one table: of any number from arrays, or in shard scope, where Citus would gather those first, of fixed numbers by
/// their values.
struct Insert: Sendable {
    /// Rows of one statement with values, and what it says.
    private static let sizes = [64, 32, 16, 8, 4, 2, 1]

    private let fromArrays: String
    private let ofValues: [String]

    /// - Parameters:
    ///   - columns: what the table has besides the shard, which comes first.
    ///   - conflict: what is done about rows that are there.
    init(_ table: String, _ columns: [Column], _ conflict: String = "") {
        let head = "INSERT INTO \(table) (shard, \(columns.map(\.name).joined(separator: ", ")))"
        let arrays = columns.enumerated().map { "$\($0.offset + 2)::\($0.element.type)[]" }.joined(separator: ", ")
        fromArrays = "\(head) SELECT * FROM unnest($1::smallint[], \(arrays)) \(conflict)"
        ofValues = Self.sizes.map { size in
            let rows = (0..<size).map { row in
                "($1, " + columns.enumerated().map { "$\(row * columns.count + $0.offset + 2)::\($0.element.type)" }.joined(separator: ", ") + ")"
            }
            return "\(head) VALUES \(rows.joined(separator: ", ")) \(conflict)"
        }
    }

    /// - Parameters:
    ///   - shards: of each row.
    ///   - columns: arrays of as many.
    func queries(_ shards: [Shard], _ columns: [Parameter], _ scope: StoreScope) -> [Query] {
        let shard = scope.parameter(shards)
        guard scope == .shard else { return [Query(fromArrays, [shard] + columns)] }
        var queries: [Query] = [], row = 0
        for (size, sql) in zip(Self.sizes, ofValues) {
            while shards.count - row >= size {
                var parameters = [shard]
                parameters.reserveCapacity(1 + size * columns.count)
                for row in row..<row + size { for column in columns { parameters.append(column.element(row)) } }
                queries.append(Query(sql, parameters))
                row += size
            }
        }
        return queries
    }
}

/// The questions that are put to all shards at once, in either scope. None of them changes anything.
package enum EveryShard: String, CaseIterable, Sendable {
    /// A caller's bound is on everything that it has.
    case pendingOfCaller = "what a caller has pending"
    case series = "series in the order of their creation"
    /// Lists along an index that does not begin with the shard.
    case alongColumn = "reminders along a column"
    case inState = "reminders in a state"
    case setAside = "occurrences set aside"
    case tallies = "tallies of queues"
    /// What is removed goes by its age, wherever it is.
    case oldDeadLetters = "dead letters by age"
    case oldKeys = "idempotency keys by age"
    case spent = "how far credentials are spent"
    case sealing = "how far credentials are sealed anew"
    /// For an operator who watches how far it is.
    case unsealed = "credentials that are not looked at yet"

    func query(_ sql: String, _ parameters: [Parameter] = []) -> Query { Query("/* every shard: \(rawValue) */ \(sql)", parameters) }
}
