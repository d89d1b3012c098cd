import Foundation
import Logging
import TaskDomain
import Testing

@testable import TaskOperations

@Suite("Log lines")
struct LoggingTests {
    @Test("a text line is time, level, service, message and sorted metadata")
    func text() {
        let pipe = LogPipe()
        pipe.logger(.text).info("gateway listening", metadata: ["address": "127.0.0.1:5000", "a": "x y", "q": "say \"hi\"", "e": ""])
        #expect(
            pipe.readOnce()
                == "2026-11-23T18:06:42.042Z info     gateway gateway listening a=\"x y\" address=127.0.0.1:5000 e=\"\" q=\"say \\\"hi\\\"\"\n")
    }

    @Test("a JSON line is exactly this")
    func exactJSON() {
        let pipe = LogPipe()
        pipe.logger().warning("m", metadata: ["k": "v", "time": "mine"])
        #expect(
            pipe.readOnce()
                == #"{"time":"2026-11-23T18:06:42.042Z","level":"warning","service":"gateway","logger":"test","message":"m","k":"v","_time":"mine"}"#
                + "\n")
    }

    @Test("any text in a JSON line comes back as it went in, on one line")
    func escaping() throws {
        let texts = (0...0x20).map { String(UnicodeScalar($0)) } + ["\"", "\\", "\u{7F}", "\u{85}", "\u{2028}", "ä€😀", "a\r\nb", "</script>"]
        for text in texts {
            let pipe = LogPipe()
            pipe.logger().info("\(text)", metadata: ["k\(text)": "\(text)"])
            let line = pipe.readOnce()
            #expect(line.utf8.filter { $0 == 0x0A }.count == 1)
            let fields = try json(line)
            #expect(fields["message"] as? String == text)
            #expect(fields["k\(text)"] as? String == text)
        }
    }

    @Test("nested metadata is nested JSON, to a depth")
    func nesting() throws {
        let pipe = LogPipe()
        pipe.logger().info("m", metadata: ["list": ["1", ["a": "b"]], "deep": [[[[["x"]]]]]])
        let fields = try pipe.readJSON()
        let list = fields["list"] as? [Any]
        #expect(list?.first as? String == "1")
        #expect((list?.last as? [String: String])?["a"] == "b")
        #expect(fields["deep"] is [Any])
    }

    @Test("a line cannot be forged or a terminal moved by what is logged as text")
    func controls() {
        let pipe = LogPipe()
        pipe.logger(.text).info("a\n2026 error\u{1B}[2J", metadata: ["k\n": "v\r\u{9B}", "x": "a=b"])
        let line = pipe.readOnce()
        #expect(line.hasSuffix(" a\\n2026 error\\u001b[2J \"k\\n\"=\"v\\r\\u009b\" x=\"a=b\"\n"))
        #expect(line.unicodeScalars.filter(OneLine.isControl).count == 1)
    }

    @Test("a line is bounded, parses, and says that it was cut", arguments: LogFormat.allCases)
    func bounds(format: LogFormat) throws {
        let pipe = LogPipe()
        var metadata: Logger.Metadata = [:]
        for index in 0..<40 { metadata["k\(index)"] = "\(String(repeating: "\u{1}", count: 5_000))" }
        pipe.logger(format).info("\(String(repeating: "m", count: 20_000))", metadata: metadata)
        let line = pipe.readOnce()
        #expect(line.utf8.count <= LogLine.maxBytes)
        #expect(line.utf8.count > LogLine.maxBytes / 2)
        if format == .json {
            #expect(try json(line)["truncated"] as? Bool == true)
        } else {
            #expect(line.hasSuffix(" truncated=true\n"))
        }
    }

    @Test("a message is cut after 8 KiB")
    func messageBound() throws {
        for (count, isCut) in [(8_191, false), (8_192, false), (8_193, true)] {
            let pipe = LogPipe()
            pipe.logger().info("\(String(repeating: "m", count: count))")
            #expect((try pipe.readJSON()["message"] as? String)?.hasSuffix("…") == isCut)
        }
    }

    @Test("the metadata nearest to the call wins, and levels below the set one are not written")
    func metadataAndLevel() throws {
        let pipe = LogPipe()
        var logger = pipe.logger(level: .notice)
        logger[metadataKey: "a"] = "logger"
        logger[metadataKey: "b"] = "logger"
        logger.info("not written")
        logger.notice("m", metadata: ["a": "call"])
        let fields = try pipe.readJSON()
        #expect(fields["a"] as? String == "call")
        #expect(fields["b"] as? String == "logger")
        #expect(logger[metadataKey: "b"] == "logger")
    }

    @Test("a pipe that nobody reads costs a line, not the service")
    func brokenPipe() {
        signal(SIGPIPE, SIG_IGN)
        let pipe = LogPipe()
        close(pipe.reading)
        pipe.logger().info("lost")
    }

    @Test("times are RFC 3339 in UTC", arguments: [
        (Int64(0), "1970-01-01T00:00:00.000Z"), (-1, "1969-12-31T23:59:59.999Z"), (951_782_399_999, "2000-02-28T23:59:59.999Z"),
        (951_782_400_000, "2000-02-29T00:00:00.000Z"), (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
        (1_795_457_202_042, "2026-11-23T18:06:42.042Z"),
    ])
    func times(milliseconds: Int64, text: String) { #expect(Timestamp.text(UnixMilliseconds(milliseconds)) == text) }

    @Test("a redacted value shows nothing, however it is shown")
    func redacted() {
        struct Holder { let secret = Secret("hunter2") }
        var dumped = ""
        dump(Holder(), to: &dumped)
        for text in ["\(Secret("hunter2"))", String(reflecting: Secret("hunter2")), "\(Holder())", dumped, "\(Secret("hunter2") as Any)"] {
            #expect(text.contains("<redacted>"))
            #expect(!text.contains("hunter2"))
        }
        #expect(Secret("hunter2").value == "hunter2")
    }
}
