import CSQLite
import Domain
import Storage
import StoreTestKit
import Testing

@testable import SQLiteStore

@Suite("How what was left to the disk is found")
struct ShelfPlanTests {
    let folder: Folder
    init() throws { folder = try Folder() }

    @Test("each way to read the shelf begins where the last page ended, reads along the index, and sorts nothing")
    func plans() async throws {
        let path = folder.path + "/plan.db"
        let store = try SQLiteStore(path: path) { _ in }
        await store.close()
        let connection = try Connection(path: path, busyTimeoutMilliseconds: 1_000)
        let rows = try ShelfRows(connection, path: path) { _ in }
        var statement = sqlite3_next_stmt(connection.handle, nil), pages = 0
        while let current = statement {
            let sql = String(cString: sqlite3_sql(current))
            statement = sqlite3_next_stmt(connection.handle, current)
            guard sql.hasPrefix("SELECT") else { continue }
            let explained = try connection.prepare("EXPLAIN QUERY PLAN " + sql)
            while try explained.step() {
                let step = explained.text(3) ?? ""
                #expect(step.hasPrefix("SEARCH"), "\(sql): \(step)")
                guard sql.contains("FROM shelf") else { continue }
                pages += 1
                #expect(step.contains("scheduled_at)>("), "\(sql): \(step)")
            }
        }
        #expect(pages == ShelfScope.allCases.count)
        withExtendedLifetime(rows) {}
    }
}
