import Logging
import TaskDomain
import Testing

@testable import TaskOperations

@Suite("Values of settings")
struct SettingTypeTests {
    @Test("an endpoint is host:port", arguments: [
        ("127.0.0.1:0", "127.0.0.1", 0), ("127.0.0.1:65535", "127.0.0.1", 65_535), ("[::1]:5000", "::1", 5_000),
        ("[fe80::1]:80", "fe80::1", 80), ("scheduler:7101", "scheduler", 7_101), ("a.b-c_d.example:1", "a.b-c_d.example", 1),
        ("0.0.0.0:1", "0.0.0.0", 1), ("127.0.0.1:00080", "127.0.0.1", 80),
    ])
    func endpoints(text: String, host: String, port: Int) {
        let endpoint = Endpoint(text)
        #expect(endpoint?.host == host)
        #expect(endpoint?.port == port)
    }

    @Test("what is not host:port is no endpoint", arguments: [
        "", ":", "host", "host:", ":80", "host:-1", "host:+80", "host:65536", "host:99999999999999999999", "::1:80", "[::1]", "[]:80",
        "[host]:80", "256.1.1.1:80", "1.2.3:80", "ho st:80", "host:8 0", "-host:80", "host-:80", "a..b:80", "user@host:80", "höst:80",
        "host:\u{0661}",
    ])
    func noEndpoints(text: String) { #expect(Endpoint(text) == nil) }

    @Test("a host name has at most 253 bytes and 63 in each part")
    func hostBounds() {
        let label = String(repeating: "a", count: 63)
        #expect(Endpoint(host: label, port: 1) != nil)
        #expect(Endpoint(host: label + "a", port: 1) == nil)
        let longest = [label, label, label, String(label.dropLast(2))].joined(separator: ".")
        #expect(longest.utf8.count == 253)
        #expect(Endpoint(host: String(longest.dropLast()), port: 1) != nil)
        #expect(Endpoint(host: longest, port: 1) != nil)
        #expect(Endpoint(host: longest + "a", port: 1) == nil)
    }

    @Test("an endpoint prints as it is read")
    func printing() {
        for text in ["127.0.0.1:5000", "[::1]:5000", "scheduler:7101"] { #expect(Endpoint(text)?.description == text) }
    }

    @Test("only 127.0.0.0/8, ::1 and localhost are loopback", arguments: [
        ("127.0.0.1:1", true), ("127.255.255.255:1", true), ("[::1]:1", true), ("[0:0:0:0:0:0:0:1]:1", true),
        ("[::ffff:127.0.0.1]:1", true), ("localhost:1", true), ("LocalHost:1", true), ("126.255.255.255:1", false),
        ("128.0.0.1:1", false), ("0.0.0.0:1", false), ("[::]:1", false), ("[::2]:1", false), ("[::ffff:128.0.0.1]:1", false),
        ("localhost.example:1", false), ("127.example:1", false),
    ])
    func loopback(text: String, isLoopback: Bool) { #expect(Endpoint(text)?.isLoopback == isLoopback) }

    @Test("one listens on port 0 but does not connect to it")
    func portZero() {
        #expect(SettingType<Endpoint>.listen.parse("127.0.0.1:0") != nil)
        #expect(SettingType<Endpoint>.endpoint.parse("127.0.0.1:0") == nil)
        #expect(SettingType<Endpoint>.endpoint.parse("127.0.0.1:1") != nil)
    }

    @Test("a list of endpoints is separated by commas and has no gaps")
    func endpointLists() {
        let type = SettingType<[Endpoint]>.endpoints
        #expect(type.parse("a:1, [::1]:2")?.map(\.description) == ["a:1", "[::1]:2"])
        for text in ["", "a:1,", ",a:1", "a:1,,b:2", "a:1 b:2", "a:1,b:0"] { #expect(type.parse(text) == nil, "\(text)") }
        let most = Array(repeating: "a:1", count: 1_024)
        #expect(type.parse(most.joined(separator: ","))?.count == 1_024)
        #expect(type.parse((most + ["a:1"]).joined(separator: ",")) == nil)
    }

    @Test("a duration is a whole number and its unit", arguments: [
        ("500ms", Duration.milliseconds(500)), ("10s", .seconds(10)), ("5m", .seconds(300)), ("1h", .seconds(3_600)),
        ("30d", .seconds(2_592_000)), ("0s", .zero), ("9223372036854775807ms", .milliseconds(Int64.max)),
    ])
    func durations(text: String, duration: Duration) { #expect(DurationText.parse(text) == duration) }

    @Test("what is not a whole number and a unit is no duration", arguments: [
        "", "10", "s", "ms", "-1s", "+1s", "1.5s", "1 s", "1S", "1w", "1h5m", "٣s", "9223372036854775808ms", "9223372036854776s",
        "106751991168d",
    ])
    func noDurations(text: String) { #expect(DurationText.parse(text) == nil) }

    @Test("a duration keeps to its range")
    func durationRange() {
        let type = SettingType<Duration>.duration(.milliseconds(100) ... .seconds(5))
        #expect(type.parse("99ms") == nil)
        #expect(type.parse("100ms") == .milliseconds(100))
        #expect(type.parse("101ms") == .milliseconds(101))
        #expect(type.parse("4999ms") == .milliseconds(4_999))
        #expect(type.parse("5s") == .seconds(5))
        #expect(type.parse("5001ms") == nil)
        #expect(type.expected == "a duration from 100ms to 5s: a whole number and ms, s, m, h or d, such as 500ms or 10s")
    }

    @Test("a duration prints with the largest unit without a fraction", arguments: [
        (Duration.seconds(86_400), "1d"), (.seconds(3_600), "1h"), (.seconds(90), "90s"), (.milliseconds(1_500), "1500ms"), (.zero, "0ms"),
    ])
    func durationText(duration: Duration, text: String) { #expect(DurationText.text(duration) == text) }

    @Test("a size is a whole number and its unit, and keeps to its range")
    func sizes() {
        let type = SettingType<Int>.size((1 << 20)...(1 << 30))
        let table: [(String, Int?)] = [
            ("1023KiB", nil), ("1024KiB", 1 << 20), ("1MiB", 1 << 20), ("64MiB", 64 << 20), ("1GiB", 1 << 30), ("1025MiB", nil),
            ("", nil), ("64", nil), ("MiB", nil), ("64MB", nil), ("64mib", nil), ("64 MiB", nil), ("-1MiB", nil), ("+1MiB", nil),
            ("1.5MiB", nil), ("٣MiB", nil), ("9223372036854775807KiB", nil), ("9223372036854775808KiB", nil),
        ]
        for (text, size) in table { #expect(type.parse(text) == size, "\(text)") }
        #expect(type.expected == "a size from 1MiB to 1GiB: a whole number and KiB, MiB or GiB, such as 64MiB")
        #expect(SizeText.form.text(1_536 << 10) == "1536KiB")
    }

    @Test("a number keeps to its range and is written in digits")
    func integers() {
        let type = SettingType<Int>.integer(1...100)
        let table: [(String, Int?)] = [
            ("0", nil), ("1", 1), ("2", 2), ("99", 99), ("100", 100), ("101", nil), ("", nil), ("+1", nil), ("-1", nil), ("1.0", nil),
            ("1e1", nil), (" 1", nil), ("99999999999999999999", nil),
        ]
        for (text, number) in table { #expect(type.parse(text) == number, "\(text)") }
    }

    @Test("a base URL is http or https and a host, without user, query and fragment", arguments: [
        ("https://edvora.example", "https://edvora.example", 443), ("HTTP://edvora.example/", "http://edvora.example", 80),
        ("http://127.0.0.1:8080/api/v1/", "http://127.0.0.1:8080/api/v1", 8_080), ("http://[::1]:1", "http://[::1]:1", 1),
        ("http://[::1]", "http://[::1]", 80),
    ])
    func urls(text: String, description: String, port: Int) {
        #expect(BaseURL(text)?.description == description)
        #expect(BaseURL(text)?.port == port)
    }

    @Test("anything else is no base URL", arguments: [
        "", "edvora.example", "ftp://edvora.example", "https://", "https:///x", "https://user@edvora.example",
        "https://user:pw@edvora.example", "https://edvora.example?x=1", "https://edvora.example/#x", "https://edvora.example:0",
        "https://edvora.example:65536", "https://edvora.example:x", "https://ed vora.example", "https://edvora.example/\u{e9}",
        "https://edvora.example/\n", "https://edvora.example\\x", "://edvora.example",
    ])
    func noURLs(text: String) { #expect(BaseURL(text) == nil) }

    @Test("a URL has at most 2048 bytes")
    func urlBound() {
        let base = "http://e/"
        #expect(BaseURL(base + String(repeating: "a", count: 2_047 - base.utf8.count)) != nil)
        #expect(BaseURL(base + String(repeating: "a", count: 2_048 - base.utf8.count)) != nil)
        #expect(BaseURL(base + String(repeating: "a", count: 2_049 - base.utf8.count)) == nil)
    }

    @Test("a secret has 16 to 1024 bytes")
    func secrets() {
        let type = SettingType<Secret>.secret()
        for (count, isGood) in [(15, false), (16, true), (17, true), (1_023, true), (1_024, true), (1_025, false)] {
            #expect((type.parse(String(repeating: "x", count: count)) != nil) == isGood, "\(count)")
        }
        #expect(type.parse("line one\nline two") == nil)
    }

    @Test("a path has 1 to 4095 bytes and no control characters")
    func paths() {
        let type = SettingType<String>.path
        #expect(type.parse("") == nil)
        #expect(type.parse("a") == "a")
        #expect(type.parse(String(repeating: "a", count: 4_095)) != nil)
        #expect(type.parse(String(repeating: "a", count: 4_096)) == nil)
        #expect(type.parse("a\0b") == nil)
    }

    @Test("names are letters, digits, dots, underscores and dashes, 64 at most")
    func names() {
        let type = SettingType<[String]>.names
        #expect(type.parse("default, mail.high_1-x") == ["default", "mail.high_1-x"])
        #expect(type.parse(String(repeating: "a", count: 64)) != nil)
        for text in ["", "a,", "a b", "a/b", "ä", String(repeating: "a", count: 65)] { #expect(type.parse(text) == nil, "\(text)") }
        #expect(type.parse(Array(repeating: "a", count: 256).joined(separator: ","))?.count == 256)
        #expect(type.parse(Array(repeating: "a", count: 257).joined(separator: ",")) == nil)
    }

    @Test("words: booleans, log levels, log formats")
    func words() {
        for text in ["true", "TRUE", "yes", "1"] { #expect(SettingType<Bool>.boolean.parse(text) == true) }
        for text in ["false", "No", "0"] { #expect(SettingType<Bool>.boolean.parse(text) == false) }
        for text in ["", "on", "2", "t"] { #expect(SettingType<Bool>.boolean.parse(text) == nil) }
        #expect(SettingType<Logger.Level>.logLevel.parse("WARNING") == .warning)
        #expect(SettingType<Logger.Level>.logLevel.parse("warn") == nil)
        #expect(SettingType<LogFormat>.logFormat.parse("json") == .json)
        #expect(SettingType<LogFormat>.logFormat.parse("xml") == nil)
    }
}
