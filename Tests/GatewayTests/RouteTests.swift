import Hummingbird
import TaskJSON
import Testing

@testable import gateway

@Suite("Routing")
struct RouteTests {
    private let table = RouteTable([
        Operation(.get, "/things/{id}", "getThing", summary: "") { _ async throws(Problem) in Answer(.ok, nil) },
        Operation(.delete, "/things/{id}", "deleteThing", summary: "") { _ async throws(Problem) in Answer(.ok, nil) },
        Operation(.get, "/things/{id}/parts", "getParts", summary: "") { _ async throws(Problem) in Answer(.ok, nil) }
    ])

    private func name(_ method: HTTPRequest.Method, _ path: String) -> String {
        switch table.match(method, path) {
        case .operation(let operation, let values): "\(operation.name) \(values)"
        case .otherMethods(let methods): "other: \(methods.map(\.rawValue))"
        case .nothing: "nothing"
        }
    }

    @Test("a request finds its operation by path and method")
    func matches() {
        #expect(name(.get, "/things/7") == #"getThing ["7"]"#)
        #expect(name(.head, "/things/7") == #"getThing ["7"]"#)
        #expect(name(.delete, "/things/a%2Fb%C3%BC") == #"deleteThing ["a/bü"]"#)
        #expect(name(.get, "/things/7/parts") == #"getParts ["7"]"#)
        #expect(name(.post, "/things/7") == #"other: ["GET", "HEAD", "DELETE"]"#)
        for path in [
            "/", "", "/things", "/things/", "/things/7/", "//things/7", "/Things/7", "/things/7/parts/8", "things/7",
            "/things/%zz", "/things/%ff", "*"
        ] {
            #expect(name(.get, path) == "nothing", "\(path)")
        }
    }

    @Test("a query is read as fields, each fault with its parameter")
    func queries() throws {
        let reader = QueryReader(UpcomingQuery.type)
        #expect(try reader.read("").count == 10)
        #expect(try reader.read("count=5").count == 5)
        #expect(try reader.read("&count=%35&").count == 5)
        for query in [
            "count=0", "count=1001", "count=", "count", "count=x", "count=1.5", "count=+5", "count=-1", "other=1",
            "count=1&count=2", "count=99999999999999999999", "count=%2B5"
        ] {
            #expect(throws: Problem.self, "\(query)") { try reader.read(query) }
        }
        for query in ["count=%", "count=%f", "count=%ff", "%zz=1"] {
            let problem = #expect(throws: Problem.self) { try reader.read(query) }
            #expect(problem?.status == .badRequest)
        }
        let problem = #expect(throws: Problem.self) { try reader.read("count=0&limit=1") }
        #expect(problem?.faults.map(\.place) == [.parameter("count"), .parameter("limit")])
        #expect(throws: Problem.self) { try reader.read(String(repeating: "a=1&", count: 200)) }
    }

    @Test(
        "JSON in UTF-8 is the only media type",
        arguments: [
            ("application/json", true), ("application/json; charset=utf-8", true), ("Application/JSON;charset=\"UTF-8\"", true),
            ("application/merge-patch+json", true), ("application/json; charset=latin1", false), ("text/plain", false),
            ("", false),
            ("application/x-www-form-urlencoded", false), ("application/jsonx", false), ("application/json, text/plain", false)
        ])
    func mediaTypes(type: String, isTaken: Bool) {
        let isRefused = (try? MediaType.requireJSON([.contentType: type])) == nil
        #expect(isRefused == !isTaken)
    }

    @Test("what is encoded is refused")
    func encodings() {
        #expect(throws: Problem.self) { try MediaType.requireJSON([.contentType: "application/json", .contentEncoding: "gzip"]) }
        #expect(throws: Never.self) {
            try MediaType.requireJSON([.contentType: "application/json", .contentEncoding: "identity"])
        }
        #expect(throws: Problem.self) { try MediaType.requireJSON([:]) }
    }
}
