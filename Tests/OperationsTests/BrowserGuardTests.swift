import HTTPTypes
import Testing

@testable import TaskOperations

@Suite("Requests that a browser sends for a page")
struct BrowserGuardTests {
    private func refusal(
        _ method: HTTPRequest.Method = .post, host: String? = "127.0.0.1:5000", origin: String? = nil, site: String? = nil,
        hosts: BrowserGuard.Hosts = .any
    ) throws -> BrowserGuard.Refusal? {
        var request = HTTPRequest(method: method, scheme: "http", authority: host, path: "/")
        if let origin { request.headerFields[.origin] = origin }
        if let site { request.headerFields[try #require(HTTPField.Name("sec-fetch-site"))] = site }
        do throws(BrowserGuard.Refusal) { try BrowserGuard(hosts: hosts).check(request) } catch { return error }
        return nil
    }

    private func loopback(_ names: String...) throws -> BrowserGuard.Hosts {
        BrowserGuard.Hosts(of: try #require(Endpoint("127.0.0.1:5000")), names: names)
    }

    private func anywhere(_ names: String...) throws -> BrowserGuard.Hosts {
        BrowserGuard.Hosts(of: try #require(Endpoint("0.0.0.0:5000")), names: names)
    }

    @Test("what changes something passes only from the same origin, from the person itself, or from no browser")
    func sites() throws {
        for site in ["same-origin", "none"] { #expect(try refusal(site: site) == nil) }
        for site in ["same-site", "cross-site", "", "Same-Origin", "nonsense"] { #expect(try refusal(site: site) == .elsewhere) }
        #expect(try refusal() == nil)
        for method in [HTTPRequest.Method.patch, .delete, .put, .connect] {
            #expect(try refusal(method, site: "cross-site") == .elsewhere)
        }
    }

    @Test("its Origin must be this listener's, as the request names it")
    func origins() throws {
        for origin in ["http://127.0.0.1:5000", "https://127.0.0.1:5000", "HTTP://127.0.0.1:5000"] {
            #expect(try refusal(origin: origin) == nil)
            #expect(try refusal(origin: origin, site: "same-origin") == nil)
        }
        for origin in ["http://127.0.0.1:8080", "http://127.0.0.1", "http://localhost:5000", "null", "", "127.0.0.1:5000", "http://evil.example"] {
            #expect(try refusal(origin: origin) == .elsewhere)
            #expect(try refusal(origin: origin, site: "same-origin") == .elsewhere)
        }
        #expect(try refusal(host: "Api.Example", origin: "https://api.example") == nil)
        #expect(try refusal(host: nil, origin: "http://127.0.0.1:5000") == .elsewhere)
    }

    @Test("what only reads passes, whoever asks: a page from elsewhere does not see the answer")
    func reads() throws {
        for method in [HTTPRequest.Method.get, .head, .options] {
            #expect(try refusal(method, origin: "http://evil.example", site: "cross-site") == nil)
        }
    }

    @Test("a listener on loopback goes by loopback's names and addresses, and by those it is given")
    func loopbackHosts() throws {
        for host in ["127.0.0.1:5000", "127.0.0.1", "127.9.9.9:1", "localhost:5000", "LOCALHOST", "[::1]:5000", "[::1]", "Scheduler.Example:5000"] {
            #expect(try refusal(.get, host: host, hosts: loopback("scheduler.EXAMPLE")) == nil, "\(host)")
        }
        for host in ["evil.example", "evil.example:5000", "192.0.2.1:5000", "0.0.0.0:5000", "localhost.evil.example", "", "[", "[]", "a:b:c", "127.0.0.1:x"] {
            #expect(try refusal(.get, host: host, hosts: loopback("scheduler.example")) == .host, "\(host)")
        }
        #expect(try refusal(.get, host: nil, hosts: loopback()) == .host)
        #expect(try refusal(.get, host: nil) == nil)
        #expect(try refusal(.get, host: "evil.example") == nil)
    }

    @Test("a listener that others reach goes by any address, since only a name can be rebound")
    func otherHosts() throws {
        for host in ["192.0.2.1:5000", "[2001:db8::1]:5000", "127.0.0.1", "localhost:5000", "gateway:5000"] {
            #expect(try refusal(.get, host: host, hosts: anywhere("gateway")) == nil, "\(host)")
        }
        #expect(try refusal(.get, host: "evil.example:5000", hosts: anywhere("gateway")) == .host)
    }
}
