import Foundation
import Logging
import Synchronization
import Testing
import TestSupport

@testable import gateway
@testable import TaskOperations

/// The API over TLS, asked by Python's `ssl`.
@Suite("HTTPS at the API", .timeLimit(.minutes(2)))
struct TLSTests {
    private let folder: CertificateFolder
    private let tls: ListenerTLS

    init() throws {
        folder = try CertificateFolder()
        try folder.make("server", names: "IP:127.0.0.1")
        tls = try ListenerTLS(
            certificate: Setting("GATEWAY_TLS_CERT", folder.path + "/server.pem"), key: Setting("GATEWAY_TLS_KEY", folder.path + "/server.key"))
    }

    /// What a Python program prints that has `context`, `open()` (a connection of TLS, as HTTP/1.1), `port`, and for HTTP/2 `two()` (a
    /// connection), `begin(stream, …)` (a request's head), `frames(connection)` and `curl(…)`.
    private func python(_ port: Int, _ program: String) async throws -> [String] {
        let start = #"""
            import hashlib, http.client, socket, ssl, subprocess, sys
            port = int(sys.argv[1])
            context = ssl.create_default_context(cafile=sys.argv[2])
            context.set_alpn_protocols(["http/1.1"])
            def open(context=context):
                return context.wrap_socket(socket.create_connection(("127.0.0.1", port), timeout=20), server_hostname="127.0.0.1")
            def read(connection):
                whole = b""
                while part := connection.recv(65536):
                    whole += part
                return whole
            def frame(kind, flags, stream, payload=b""):
                return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload
            def begin(stream, path, method=b"GET", end=True, fields=()):
                fields = [(b":method", method), (b":scheme", b"https"), (b":path", path), (b":authority", b"127.0.0.1"), *fields]
                texts = [b"\0" + b"".join(bytes([len(text)]) + text for text in field) for field in fields]
                return frame(1, 4 | end, stream, b"".join(texts))
            def two():
                context = ssl.create_default_context(cafile=sys.argv[2])
                context.set_alpn_protocols(["h2"])
                connection = open(context)
                connection.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0, 0))
                return connection
            def frames(connection):
                left = b""
                while True:
                    while len(left) < 9 or len(left) < 9 + int.from_bytes(left[:3], "big"):
                        part = connection.recv(65536)
                        if not part: return
                        left += part
                    end = 9 + int.from_bytes(left[:3], "big")
                    yield left[3], left[4], int.from_bytes(left[5:9], "big"), left[9:end]
                    left = left[end:]
            def curl(*arguments):
                asked = ["curl", "-sS", "--max-time", "20", "--http2", "--cacert", sys.argv[2], "-o", "/dev/null", "-w", "%{http_version} %{http_code}\n"]
                print(subprocess.run([*asked, *arguments], stdout=subprocess.PIPE, text=True).stdout, end="", flush=True)

            """#
        let process = Process(), output = Pipe()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["python3", "-c", start + program, "\(port)", folder.authority]
        process.standardOutput = output
        try process.run()
        return try await offPool {
            let data = try output.fileHandleForReading.readToEnd() ?? Data()
            return String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init)
        }
    }

    /// What such a program prints that speaks with a gateway of its own, which has the certificate.
    private func answers(_ adjust: (inout APIServer) -> Void = { _ in }, by program: String) async throws -> [String] {
        var said: [String] = []
        try await withGateway(adjust: {
            $0.tls = tls
            adjust(&$0)
        }) { gateway, _ in said = try await python(gateway.port, program) }
        return said
    }

    @Test("requests are answered one after the other on a connection, over TLS 1.2 and 1.3, as HTTP/1.1")
    func requests() async throws {
        let said = try await answers(
            by: """
            for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
                context.maximum_version = version
                connection = http.client.HTTPSConnection("127.0.0.1", port, context=context, timeout=20)
                for path in ("/openapi.json", "/nothing"):
                    connection.request("GET", path)
                    answer = connection.getresponse()
                    answer.read()
                    print(answer.status, connection.sock.version(), connection.sock.selected_alpn_protocol())
            """)
        #expect(said == ["200 TLSv1.2 http/1.1", "404 TLSv1.2 http/1.1", "200 TLSv1.3 http/1.1", "404 TLSv1.3 http/1.1"])
    }

    @Test("what is older than TLS 1.2, or no TLS at all, gets no answer")
    func refused() async throws {
        let said = try await answers(
            by: """
            old = ssl.create_default_context(cafile=sys.argv[2])
            old.set_ciphers("ALL:@SECLEVEL=0")
            old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
            try:
                open(old)
                print("spoke TLS 1.1")
            except OSError as error:
                print("refused")
            plain = socket.create_connection(("127.0.0.1", port), timeout=20)
            plain.sendall(b"GET /openapi.json HTTP/1.1\\r\\nHost: 127.0.0.1\\r\\n\\r\\n")
            print("HTTP" if b"HTTP/1.1" in read(plain) else "nothing")
            """)
        #expect(said == ["refused", "nothing"])
    }

    @Test("a connection's bounds hold: a body too long is answered and the connection closed, and so is a request that does not get on")
    func bounds() async throws {
        let said = try await answers(
            { $0.requestTimeout = .milliseconds(300) },
            by: """
            long = open()
            long.sendall(b"POST /remind_me HTTP/1.1\\r\\nHost: 127.0.0.1\\r\\nContent-Type: application/json\\r\\nContent-Length: 999999\\r\\n\\r\\n{")
            answer = read(long)
            print(answer.split(b"\\r\\n")[0].decode(), b"connection: close" in answer.lower())
            slow = open()
            slow.sendall(b"POST /remind_me HTTP/1.1\\r\\nHost: 127.0.0.1\\r\\nContent-Type: application/json\\r\\nContent-Length: 9\\r\\n\\r\\n{")
            print(len(read(slow)))
            """)
        #expect(said == ["HTTP/1.1 413 Payload Too Large True", "0"])
    }

    @Test("connections that never begin a handshake are closed when the listener's patience ends")
    func handshake() async throws {
        let said = try await answers({ $0.idleTimeout = .milliseconds(300) }, by: "print(len(read(socket.create_connection(('127.0.0.1', port), timeout=20))))")
        #expect(said == ["0"])
    }

    @Test("who chooses HTTP/2 gets it, with the API's own answers, one after the other on a connection")
    func http2() async throws {
        try await withGateway(adjust: { $0.tls = tls }) { gateway, peer in
            let said = try await python(
                gateway.port,
                """
                base = f"https://127.0.0.1:{port}"
                body = r'\(String(decoding: body().bytes(), as: UTF8.self))'
                id = "01932c07-209c-7123-8abc-0123456789ab"
                curl(base + "/openapi.json", "-o", "/dev/null", base + "/nothing", "-o", "/dev/null", base + "/docs")
                curl("-I", base + "/openapi.json")
                json = ["-H", "Content-Type: application/json"]
                curl(*json, "-d", body, base + "/remind_me")
                curl(*json, "-H", "Expect: 100-continue", "-d", body, base + "/remind_me")
                curl(*json, "-d", "x" * 70_000, base + "/remind_me")
                curl(*json, "-X", "DELETE", f"{base}/reminders/{id}")
                curl("-H", "Sec-Fetch-Site: cross-site", "-X", "POST", f"{base}/reminders/{id}/pause")
                """)
            #expect(said == ["2 200", "2 404", "2 200", "2 200", "2 201", "2 201", "2 413", "2 404", "2 403"])
            #expect(peer.state.withLockedValue { $0.creates.count } == 2)
        }
    }

    @Test("events come over HTTP/2, too")
    func events() async throws {
        let said = try await answers(
            by: """
            url = f"https://127.0.0.1:{port}/events"
            asked = ["curl", "-sSN", "--max-time", "20", "--http2", "--cacert", sys.argv[2], "-D", "-", url]
            listening = subprocess.Popen(asked, stdout=subprocess.PIPE, text=True)
            for line in listening.stdout:
                if line.startswith(("HTTP/", "event:")): print(line.strip(), flush=True)
                if line.startswith("event:"): break
            listening.kill()
            """)
        #expect(said == ["HTTP/2 200", "event: snapshot"])
    }

    @Test("a connection has a hundred streams at once and is told so; what is beyond is refused")
    func streamsOfAConnection() async throws {
        let said = try await answers(
            by: """
            connection = two()
            for stream in range(1, 2 * 101, 2):
                connection.sendall(begin(stream, b"/remind_me", b"POST", end=False))
            for kind, flags, stream, payload in frames(connection):
                if kind == 4 and not flags & 1:
                    parts = [payload[start:start + 6] for start in range(0, len(payload), 6)]
                    print("at most", *[int.from_bytes(part[2:], "big") for part in parts if part[1] == 3])
                if kind == 7 or kind == 3 and stream == 201:
                    print("refused")
                    break
            """)
        #expect(said == ["at most 100", "refused"])
    }

    @Test("all connections together have no more streams than there may be connections; those that are open are answered")
    func streamsOfAll() async throws {
        let said = try await answers(
            { $0.maxConnections = 4 },
            by: """
            connections = [two(), two()]
            for connection in connections:
                for stream in (1, 3):
                    connection.sendall(begin(stream, b"/remind_me", b"POST", end=False, fields=[(b"content-type", b"application/json")]))
                # What was sent so far has been seen.
                connection.sendall(frame(6, 0, 0, bytes(8)))
                assert any(kind == 6 and flags & 1 for kind, flags, _, _ in frames(connection))
            last = connections[1]
            def ends(): return next(stream for kind, flags, stream, _ in frames(last) if kind in (0, 1) and flags & 1)
            last.sendall(begin(5, b"/openapi.json"))
            print(next(stream for kind, _, stream, _ in frames(last) if kind == 3))
            last.sendall(frame(0, 1, 1, b"{}"))
            print(ends())
            last.sendall(begin(7, b"/nothing"))
            print(ends())
            """)
        #expect(said == ["5", "1", "7"])
    }

    @Test("a stream whose request does not get on is reset, and its connection goes on")
    func slowStream() async throws {
        let said = try await answers(
            { $0.requestTimeout = .milliseconds(300) },
            by: """
            connection = two()
            connection.sendall(begin(1, b"/remind_me", b"POST", end=False, fields=[(b"content-type", b"application/json")]))
            print(next(stream for kind, _, stream, _ in frames(connection) if kind == 3))
            connection.sendall(begin(3, b"/nothing"))
            print(next(stream for kind, flags, stream, _ in frames(connection) if kind in (0, 1) and flags & 1))
            """)
        #expect(said == ["1", "3"])
    }

    @Test("a connection without a stream is told and ended when the listener's patience ends, whatever it does not answer")
    func idle() async throws {
        let said = try await answers(
            { $0.idleTimeout = .milliseconds(300) },
            by: """
            silent, used = two(), two()
            used.sendall(begin(1, b"/nothing"))
            for connection in (silent, used):
                print(*[int.from_bytes(payload[:4], "big") for kind, _, _, payload in frames(connection) if kind == 7])
            """)
        #expect(said == ["0", "1"])
    }

    @Test("a connection that is to end says so, and is closed when what is open has been answered whole")
    func drain() async throws {
        try await withGateway(adjust: { $0.tls = tls }) { gateway, peer in
            async let said = python(
                gateway.port,
                """
                connection, body = two(), rb'\(String(decoding: body().bytes(), as: UTF8.self))'
                for stream, path in ((1, b"/preview"), (3, b"/remind_me")):
                    connection.sendall(begin(stream, path, b"POST", end=False, fields=[(b"content-type", b"application/json")]))
                connection.sendall(frame(0, 1, 3, body))
                answered = []
                for kind, flags, stream, payload in frames(connection):
                    if kind == 7:
                        print(int.from_bytes(payload[:4], "big"))
                        connection.sendall(frame(0, 1, 1, b"{}"))
                    if kind in (0, 1) and flags & 1:
                        answered.append(stream)
                print(sorted(answered))
                """)
            try await eventually("both have begun") { peer.state.withLockedValue { $0.creates.count } == 1 }
            await gateway.drain()
            #expect(try await said == ["3", "[1, 3]"])
        }
    }

    @Test("new files are in use for new connections after two looks, and files of no use leave the former ones in use")
    func reload() async throws {
        let log = LogSink(), readiness = Readiness()
        var watch = ListenerTLSWatch(tls, readiness: readiness, logger: log.logger)
        try await withGateway(adjust: { $0.tls = tls }) { gateway, _ in
            let digest = "print(hashlib.sha256(open().getpeercert(True)).hexdigest())"
            let first = try await python(gateway.port, digest)
            try folder.make("other", names: "IP:127.0.0.1")
            let files = FileManager.default
            for kind in ["pem", "key"] {
                try files.removeItem(atPath: folder.path + "/server.\(kind)")
                // Half-way: the one is there and the other is not.
                watch.look()
                try files.moveItem(atPath: folder.path + "/other.\(kind)", toPath: folder.path + "/server.\(kind)")
                watch.look()
            }
            #expect(try await python(gateway.port, digest) == first)
            watch.look()
            let second = try await python(gateway.port, digest)
            #expect(second.count == 1 && second != first)
            #expect(readiness.notices.isEmpty)
            // A key of another certificate.
            try folder.make("third", names: "IP:127.0.0.1")
            try files.removeItem(atPath: folder.path + "/server.key")
            try files.moveItem(atPath: folder.path + "/third.key", toPath: folder.path + "/server.key")
            for _ in 0..<3 { watch.look() }
            #expect(try await python(gateway.port, digest) == second)
            #expect(readiness.notices.first?.hasPrefix("certificate: not read again, the former one stays in use: GATEWAY_TLS_KEY was") == true)
            #expect(log.metadata(of: "certificate not read again, the former one stays in use") != nil)
        }
    }

    @Test("a key that others may read, or of another certificate, and a file without a certificate, end the start")
    func start() throws {
        func fault(_ certificate: String, _ key: String) -> String? {
            let error = #expect(throws: ConfigurationError.self) {
                try ListenerTLS(
                    certificate: Setting("GATEWAY_TLS_CERT", folder.path + certificate), key: Setting("GATEWAY_TLS_KEY", folder.path + key))
            }
            return error?.description
        }
        try folder.make("other", names: "IP:127.0.0.1")
        #expect(fault("/server.pem", "/other.key")?.contains("it must be that certificate's key") == true)
        #expect(fault("/server.key", "/server.key")?.hasPrefix("GATEWAY_TLS_CERT was") == true)
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: folder.path + "/server.key")
        #expect(fault("/server.pem", "/server.key")?.contains("other users may use it (mode 0644)") == true)
    }
}
