import Testing

@testable import gateway
@testable import TaskOperations

@Suite("The gateway's settings")
struct SettingsTests {
    private func read(_ environment: [String: String]) throws -> GatewaySettings {
        guard
            case .run(let settings, _) = try CommandLineStart<GatewaySettings>.read(
                service: "gateway", version: "1", arguments: [], environment: environment)
        else { throw StartError("it printed instead") }
        return settings
    }

    @Test("all have defaults")
    func defaults() throws {
        let settings = try read([:])
        #expect(settings.listen.description == "127.0.0.1:5000")
        #expect(settings.opsListen.description == "127.0.0.1:5555")
        #expect(settings.schedulers.map(\.description) == ["127.0.0.1:7101"])
        #expect(settings.bodyMemory == 64 << 20)
        #expect(settings.connectionsPerAddress == 1_000)
    }

    @Test("the memory for bodies has room for one of the longest, carried out and arriving")
    func bodyMemory() throws {
        #expect(BodyMemory.sizes.lowerBound >= BodyMemory.charge(Bounds.batchBytes) && BodyMemory.sizes.lowerBound / 2 >= Bounds.batchBytes)
        #expect(try read(["GATEWAY_BODY_MEMORY": "24MiB"]).bodyMemory == 24 << 20)
        let error = #expect(throws: ConfigurationError.self) { try read(["GATEWAY_BODY_MEMORY": "23MiB"]) }
        #expect(error?.description.contains("a size from 24MiB to 1024GiB") == true)
    }

    @Test("where no key is needed it goes by loopback's names and those of GATEWAY_HOSTS, and by any where one is")
    func hosts() throws {
        let own = ["GATEWAY_HOSTS": "Gateway, api.example"]
        #expect(try read([:]).apiBrowsers.hosts == .loopback(and: []))
        #expect(try read(own).apiBrowsers.hosts == .loopback(and: ["gateway", "api.example"]))
        #expect(
            try read(own.merging(["GATEWAY_LISTEN": "0.0.0.0:5000", "GATEWAY_ALLOW_ANONYMOUS": "true"]) { $1 }).apiBrowsers.hosts
                == .addresses(and: ["gateway", "api.example"]))
        let keys = own.merging(["GATEWAY_API_KEYS_FILE": "/nowhere"]) { $1 }
        #expect(try read(keys).apiBrowsers.hosts == .any)
        #expect(try read(keys).opsBrowsers.hosts == .loopback(and: ["gateway", "api.example"]))
        #expect(try read(keys.merging(["GATEWAY_ALLOW_ANONYMOUS": "true"]) { $1 }).apiBrowsers.hosts != .any)
        for wrong in ["gateway:5000", "http://gateway", "a,,b", "*.example"] {
            #expect(throws: ConfigurationError.self) { try read(["GATEWAY_HOSTS": wrong]) }
        }
    }

    @Test("a certificate and its key go together")
    func tls() throws {
        let files = ["GATEWAY_TLS_CERT": "a.pem", "GATEWAY_TLS_KEY": "a.key"]
        #expect(try read(files).tls?.key.value == "a.key")
        #expect(try read([:]).tls == nil)
        for name in files.keys {
            let error = #expect(throws: ConfigurationError.self) { try read([name: "x"]) }
            #expect(error?.description == "GATEWAY_TLS_CERT and GATEWAY_TLS_KEY go together; set both or none")
        }
    }

    @Test("a listener that others can reach is refused unless anyone may call, and the line says what to set")
    func anonymous() throws {
        let error = #expect(throws: ConfigurationError.self) { try read(["GATEWAY_LISTEN": "0.0.0.0:5000"]) }
        #expect(error?.description.contains("GATEWAY_ALLOW_ANONYMOUS=true") == true)
        #expect(error?.description.contains("0.0.0.0:5000") == true)
        _ = try read(["GATEWAY_LISTEN": "0.0.0.0:5000", "GATEWAY_ALLOW_ANONYMOUS": "true"])
        _ = try read(["GATEWAY_LISTEN": "[::1]:0"])
        #expect(throws: ConfigurationError.self) { try read(["GATEWAY_OPS_LISTEN": "0.0.0.0:5555"]) }
        #expect(throws: ConfigurationError.self) { try read(["SCHEDULER_ENDPOINTS": "nowhere"]) }
    }
}
