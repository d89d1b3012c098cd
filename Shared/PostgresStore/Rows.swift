import CPostgres
import TaskDomain

/// The rows that a statement returned, in their binary form.
final class Rows {
    private let result: OpaquePointer
    let count: Int

    /// - Parameter result: is this one's from here on.
    init(_ result: OpaquePointer) {
        self.result = result
        count = Int(PQntuples(result))
    }

    deinit { PQclear(result) }

    var isEmpty: Bool { count == 0 }
    var indices: Range<Int> { 0..<count }

    func isNull(_ row: Int, _ column: Int) -> Bool { PQgetisnull(result, Int32(row), Int32(column)) != 0 }

    private func raw(_ row: Int, _ column: Int) -> UnsafeRawBufferPointer? {
        guard !isNull(row, column) else { return nil }
        return UnsafeRawBufferPointer(
            start: PQgetvalue(result, Int32(row), Int32(column)), count: Int(PQgetlength(result, Int32(row), Int32(column))))
    }

    /// A whole number of any width, or a truth; `nil` for NULL.
    func optionalInt(_ row: Int, _ column: Int) -> Int64? {
        guard let raw = raw(row, column), let first = raw.first else { return nil }
        if raw.count == 1 { return Int64(first) }
        return raw.dropFirst().reduce(Int64(Int8(bitPattern: first))) { $0 << 8 | Int64($1) }
    }

    /// The same, with 0 for NULL.
    func int(_ row: Int, _ column: Int) -> Int64 { optionalInt(row, column) ?? 0 }

    func optionalTime<T: Instant>(_ row: Int, _ column: Int) -> T? { optionalInt(row, column).map { T($0) } }

    func time<T: Instant>(_ row: Int, _ column: Int) -> T { T(int(row, column)) }

    func bytes(_ row: Int, _ column: Int) -> [UInt8]? { raw(row, column).map { Array($0) } }

    /// `nil` for NULL and for what is not UTF-8.
    func text(_ row: Int, _ column: Int) -> String? { raw(row, column).flatMap { String(validating: $0, as: UTF8.self) } }

    func id(_ row: Int, _ column: Int) -> ReminderID? { raw(row, column).flatMap { ReminderID(bytes: $0) } }

    /// Of a statement that changes rows, how many.
    var affected: Int { PQcmdTuples(result).flatMap { Int(String(cString: $0)) } ?? 0 }
}
