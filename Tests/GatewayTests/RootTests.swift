import TaskJSON
import Testing

@testable import gateway

@Suite("The root of the API", .timeLimit(.minutes(1)))
struct RootTests {
    @Test("leads programs to the documentation as JSON", arguments: [nil, "*/*", "application/json", "image/png"])
    func json(accept: String?) async throws {
        try await withGateway { gateway, _ in
            let answer = try await gateway.send("GET", "/", headers: accept.map { ["Accept": $0] } ?? [:])
            #expect(answer.status == 200)
            #expect(answer.headers["content-type"] == "application/json")
            #expect(answer.headers["vary"] == "Accept")
            #expect(answer.json?["documentation"] == "/docs")
            #expect(answer.json?["openapi"] == "/openapi.json")
            #expect(try await gateway.send("GET", "/docs").status == 200)
            #expect(try await gateway.send("GET", "/openapi.json").status == 200)
        }
    }

    @Test("leads browsers there by a page")
    func page() async throws {
        try await withGateway { gateway, _ in
            let headers = ["Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"]
            let answer = try await gateway.send("GET", "/", headers: headers)
            #expect(answer.status == 200)
            #expect(answer.headers["content-type"] == "text/html; charset=utf-8")
            #expect(answer.headers["vary"] == "Accept")
            #expect(answer.headers["content-security-policy"]?.hasPrefix("default-src 'none'") == true)
            #expect(answer.text.contains("href=\"/docs\"") && answer.text.contains("href=\"/openapi.json\""))
            let head = try await gateway.send("HEAD", "/", headers: headers)
            #expect(head.status == 200)
            #expect(head.headers["content-type"] == "text/html; charset=utf-8")
            #expect(head.headers["content-length"] == "\(answer.body.count)")
            #expect(head.body.isEmpty)
            let post = try await gateway.send("POST", "/", body: [])
            #expect(post.status == 405)
            #expect(post.headers["allow"] == "GET, HEAD")
        }
    }

    @Test("its pages bring nothing inline, and load their files from where these may be kept for ever", arguments: ["/", "/docs"])
    func files(path: String) async throws {
        try await withGateway { gateway, _ in
            let page = try await gateway.send("GET", path, headers: ["Accept": "text/html"])
            #expect(page.headers["content-security-policy"] == PagePolicy.content)
            #expect(page.headers["cache-control"] == "no-store" && page.headers["cross-origin-opener-policy"] == "same-origin")
            #expect(!page.text.contains("<style") && !page.text.contains("{{") && !page.text.contains(" style=") && !page.text.contains("<script>"))
            let files = page.text.matches(of: /"(\/docs\/assets\/[^"]+)"/).map { String($0.1) }
            #expect(files.count == (path == "/" ? 1 : 2))
            for file in files {
                let answer = try await gateway.send("GET", file)
                #expect(answer.status == 200 && !answer.body.isEmpty)
                #expect(answer.headers["content-type"]?.hasPrefix(file.hasSuffix(".css") ? "text/css" : "text/javascript") == true)
                #expect(answer.headers["cache-control"] == "public, max-age=31536000, immutable")
            }
            expectProblem(try await gateway.send("GET", "/docs/assets/0123456789abcdef/docs.js"), 404)
        }
    }

    @Test("is in the OpenAPI document with both of its media types, and asks for no key where others do")
    func document() throws {
        let documentation = Documentation([], version: "1.2.3", needsKey: true, allowsAnonymous: false)
        #expect(documentation.operations.allSatisfy { $0.isPublic })
        let document = OpenAPI(operations: documentation.operations, version: "1.2.3", needsKey: true, allowsAnonymous: false).document
        let root = document["paths"]?["/"]?["get"]
        #expect(root?["security"] == [])
        guard case .object(let content)? = root?["responses"]?["200"]?["content"] else {
            Issue.record("no content in \(document)")
            return
        }
        #expect(content.members.map(\.name) == ["application/json", "text/html"])
        #expect(content["application/json"]?["schema"]?["type"] == "object")
    }
}
