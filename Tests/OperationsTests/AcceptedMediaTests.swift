import HTTPTypes
import Testing

@testable import TaskOperations

@Suite("The media type that a request prefers")
struct AcceptedMediaTests {
    @Test("follows weights, the closest range, and the server's order among equals", arguments: [
        ("*/*", "application/json"),
        ("", "application/json"),
        (" , ,", "application/json"),
        ("text/html", "text/html"),
        ("TEXT/HTML", "text/html"),
        ("text/*", "text/html"),
        ("application/*", "application/json"),
        ("text/html, application/json", "application/json"),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/html"),
        ("application/json;q=0.5, text/html;q=0.501", "text/html"),
        ("application/json ; Q=0.5 , text/html ; q=0.4", "application/json"),
        ("*/*;q=0.1, text/html;q=0", "application/json"),
        ("application/json;q=0, */*", "text/html"),
        ("*/*;q=0.9, application/*;q=0.1, text/html;q=0.2", "text/html"),
        ("text/html;charset=utf-8", "text/html"),
        ("text/html; charset=\"UTF-8\"", "text/html"),
        ("text/html;level=1, application/json;q=0.1", "application/json"),
        ("text/html;note=\"a,b;q=1\", application/json;q=0.1", "application/json"),
        ("text/html;note=\"\\\",\", application/json;q=0.1", "application/json"),
        ("text/html;q=1.001, application/json;q=0.1", "application/json"),
        ("text/html;q=0.1234, application/json;q=0.1", "application/json"),
        ("text/html;q=-1, application/json;q=0.1", "application/json"),
        ("*/html, application/json;q=0.1", "application/json"),
        ("text, application/json;q=0.1", "application/json"),
    ])
    func preferred(accept: String, expected: String) {
        #expect(AcceptedMedia([.accept: accept]).preferred(of: ["application/json", "text/html"]) == expected)
    }

    @Test("is none where nothing that is offered is accepted", arguments: ["image/png", "text/html;q=0, application/json;q=0.000", "*/*;q=0", "text/plain;q=1"])
    func none(accept: String) {
        #expect(AcceptedMedia([.accept: accept]).preferred(of: ["application/json", "text/html"]) == nil)
    }

    @Test("is the first that is offered without an Accept field, and is looked for in all of them with several")
    func fields() {
        #expect(AcceptedMedia([:]).preferred(of: ["a/b", "c/d"]) == "a/b")
        var headers = HTTPFields()
        headers.append(HTTPField(name: .accept, value: "a/b;q=0.5"))
        headers.append(HTTPField(name: .accept, value: "c/d"))
        #expect(AcceptedMedia(headers).preferred(of: ["a/b", "c/d"]) == "c/d")
    }
}
