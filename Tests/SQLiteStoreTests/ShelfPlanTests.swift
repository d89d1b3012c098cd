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
        let plans = try await QueryPlans(in: folder) { connection, path in try ShelfRows(connection, path: path) { _ in } }
        var pages = 0
        for plan in plans.all where plan.sql.hasPrefix("SELECT") {
            for step in plan.steps {
                #expect(step.hasPrefix("SEARCH"), "\(plan.sql): \(step)")
                guard plan.sql.contains("FROM shelf") else { continue }
                pages += 1
                #expect(step.contains("scheduled_at)>("), "\(plan.sql): \(step)")
            }
        }
        #expect(pages == ShelfScope.allCases.count)
    }
}
