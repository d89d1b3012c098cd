import Foundation
import Testing

@testable import TaskOperations

@Suite("Reading settings")
struct SettingsTests {
    @Test("flags win over the environment, and that over the file, and that over the default")
    func precedence() throws {
        try withFile("SAMPLE_LISTEN=127.0.0.1:1\n") { (path: String) throws in
            var environment = Sample.required
            #expect(try Sample.read([], environment).listen.port == 7_000)
            #expect(try Sample.read(["--config", path], environment).listen.port == 1)
            environment["SAMPLE_LISTEN"] = "127.0.0.1:2"
            #expect(try Sample.read(["--config", path], environment).listen.port == 2)
            #expect(try Sample.read(["--config", path, "--sample-listen", "127.0.0.1:3"], environment).listen.port == 3)
        }
    }

    @Test("a flag's value follows it or an equals sign")
    func flagForms() throws {
        #expect(try Sample.read(["--sample-queue", "mail"]).queue == "mail")
        #expect(try Sample.read(["--sample-queue=mail"]).queue == "mail")
        #expect(try Sample.read(["--sample-queue=a=b"]).queue == "a=b")
        #expect(try Sample.read(["--sample-queue=--x"]).queue == "--x")
    }

    @Test("a switch needs no value")
    func switches() throws {
        #expect(try Sample.read().verbose == false)
        #expect(try Sample.read(["--sample-verbose"]).verbose)
        #expect(try Sample.read(["--sample-verbose", "--sample-queue", "mail"]).verbose)
        #expect(try Sample.read(["--sample-verbose", "false"]).verbose == false)
        #expect(try Sample.read(["--sample-verbose=no"]).verbose == false)
    }

    @Test("an empty variable counts as unset")
    func emptyVariable() throws {
        #expect(try Sample.read([], ["EDVORA_BASE_URL": "http://e", "SAMPLE_LISTEN": "", "SAMPLE_QUEUE": ""]).listen.port == 7_000)
        #expect(Sample.fault([], ["EDVORA_BASE_URL": ""]).hasPrefix("EDVORA_BASE_URL is not set; it must be a URL"))
    }

    static let faults: [(arguments: [String], environment: [String: String], line: String)] = [
        ([], [:],
         "EDVORA_BASE_URL is not set; it must be a URL such as https://edvora.example: http or https, a host, no user, no query, no fragment"),
        (["--sample-listen", "127.0.0.1:65536"], Sample.required,
         "SAMPLE_LISTEN was \"127.0.0.1:65536\" (from --sample-listen); it must be host:port with a port from 0 to 65535, such as 127.0.0.1:5000 or [::1]:5000"),
        ([], ["EDVORA_BASE_URL": "http://e", "LOG_LEVEL": "loud"],
         "LOG_LEVEL was \"loud\" (from the environment); it must be one of trace, debug, info, notice, warning, error, critical"),
        ([], ["EDVORA_BASE_URL": "http://e", "LOG_FORMAT": "x\ny"],
         "LOG_FORMAT was \"x\\ny\" (from the environment); it must be text or json"),
        (["--sample-queue"], Sample.required, "--sample-queue has no value; it must be text of 1 to 4 bytes without control characters"),
        (["--sample-queue", "--sample-verbose"], Sample.required,
         "--sample-queue has no value; it must be text of 1 to 4 bytes without control characters"),
        (["--sample-queue="], Sample.required,
         "SAMPLE_QUEUE was \"\" (from --sample-queue); it must be text of 1 to 4 bytes without control characters"),
        (["--sample-lisen=x"], Sample.required, "--sample-lisen is not a flag of sample, did you mean --sample-listen?; --help lists them"),
        (["--quite-another-thing=x"], Sample.required, "--quite-another-thing is not a flag of sample; --help lists them"),
        (["--sample-queue", "a", "b"], Sample.required,
         "argument 3 is not a flag (flags are --name value or --name=value); --help lists them"),
        (["--sample-queue=a", "--sample-queue=b"], Sample.required, "--sample-queue is given twice; give it once"),
        (["--config"], Sample.required, "--config needs the path of a file"),
        (["--config", "/nowhere/x.env"], Sample.required, "--config was \"/nowhere/x.env\", which cannot be read: No such file or directory"),
        (["--sample-listen", "0.0.0.0:80"], Sample.required,
         "SAMPLE_LISTEN was \"0.0.0.0:80\" (from --sample-listen), which other machines can reach, and nothing would authenticate them; set CLUSTER_SECRET, or TLS_CERT, TLS_KEY and TLS_CA; or CLUSTER_INSECURE=true if the network itself is trusted; or listen on 127.0.0.1"),
        (["--cluster-tls", "on"], Sample.required,
         "CLUSTER_TLS is on and there is nothing to encrypt with; set CLUSTER_SECRET, or TLS_CERT, TLS_KEY and TLS_CA"),
        (["--cluster-tls", "on", "--cluster-insecure"], Sample.required, "CLUSTER_TLS is on and CLUSTER_INSECURE is true; keep one"),
        (["--cluster-tls", "off"], Sample.required, "CLUSTER_TLS was \"off\" (from --cluster-tls); it must be auto or on"),
        (["--tls-cert", "a.pem"], Sample.required, "TLS_CERT, TLS_KEY and TLS_CA go together; set all three or none"),
        (["--tls-ca", "a.pem"], Sample.required, "TLS_CERT, TLS_KEY and TLS_CA go together; set all three or none"),
    ]

    @Test("a fault is one line that says what was wrong and what is right", arguments: faults.indices)
    func messages(index: Int) {
        let fault = Self.faults[index]
        #expect(Sample.fault(fault.arguments, fault.environment) == fault.line)
    }

    @Test("no secret stands in any message")
    func secretsStayOut() throws {
        let secret = "hunter2!"
        var messages = [
            Sample.fault([], ["EDVORA_BASE_URL": "http://e", "CLUSTER_SECRET": secret]),
            Sample.fault(["--cluster-secret", secret]),
            Sample.fault(["--cluster-secret=\(secret)"]),
            Sample.fault(["--cluster-secret=\(secret)\(secret)\(secret)"]),
            Sample.fault(["--cluster-secrt=\(secret)"]),
            Sample.fault(["--cluster-secret", "long enough, but what", secret]),
            Sample.fault([], ["EDVORA_BASE_URL": "https://user:\(secret)@edvora.example"]),
            Sample.fault([], ["EDVORA_BASE_URL": "https:/user:\(secret)@"]),
        ]
        for text in ["CLUSTER_SECRET=\(secret)", "CLUSTER_SECRT=\(secret)", secret, "X=1\nX=\(secret)"] {
            messages.append(try withFile(text) { Sample.fault(["--config", $0]) })
        }
        if case .print(let help) = try Sample.start(["--help"], ["CLUSTER_SECRET": secret]) { messages.append(help) }
        #expect(messages.count == 13)
        for message in messages {
            #expect(!message.contains(secret), "\(message)")
            #expect(message != "no fault")
        }
        #expect(messages[0] == "CLUSTER_SECRET was <redacted> (from the environment); it must be 16 to 1024 bytes without control characters")
        for message in messages[1...3] {
            #expect(
                message == "--cluster-secret is not taken as a flag, which every user of this machine can see (ps); set CLUSTER_SECRET in the environment, or in a file (--config)"
            )
        }
        #expect(messages[6].hasPrefix("EDVORA_BASE_URL was \"<redacted>@edvora.example\" (from the environment); it must be a URL"))
    }

    @Test("a secret in the configuration file is taken if the file is its owner's alone; other settings are taken from any")
    func secretInFile() throws {
        func read(_ text: String, mode: Int) throws -> String {
            try withFile(text) { path in
                try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
                return Sample.fault(["--config", path], Sample.required)
            }
        }
        let secret = "SAMPLE_QUEUE=q\nCLUSTER_SECRET=0123456789abcdef"
        for mode in [0o600, 0o400] { #expect(try read(secret, mode: mode) == "no fault") }
        for mode in [0o644, 0o640, 0o604, 0o660] {
            let fault = try read(secret, mode: mode)
            #expect(fault.contains(" line 2: CLUSTER_SECRET is a secret, and the file cannot be used for one: other users may use it (mode 0\(String(mode, radix: 8)))"))
            #expect(!fault.contains("0123456789abcdef"))
        }
        #expect(try read("SAMPLE_QUEUE=q", mode: 0o644) == "no fault")
    }

    @Test("a value has at most 64 KiB, and a message shows 200 bytes of it")
    func longValues() {
        let message = Sample.fault(["--sample-queue", String(repeating: "x", count: 70_000)])
        #expect(message.hasPrefix("SAMPLE_QUEUE was \"" + String(repeating: "x", count: 200) + "…\" (from"))
    }

    @Test("--version and --help are answered, even beside a fault")
    func answers() throws {
        guard case .print(let version) = try Sample.start(["--version"], [:]) else { throw StartError("it ran") }
        #expect(version == "sample 1.2.3")
        for arguments in [["--help"], ["-h"], ["--help", "--no-such-flag"], ["--config", "/nowhere", "--help"]] {
            guard case .print(let help) = try Sample.start(arguments, ["SAMPLE_QUEUE": "mail"]) else { throw StartError("it ran") }
            #expect(help.hasPrefix(Self.help), "\(arguments)")
        }
    }

    static let help = """
        usage: sample [--check-health] [--config FILE] [--name value | --name=value]…

        Flags win over environment variables, and those over the file's lines NAME=value. Secrets are no flags.
        With --check-health it asks the service of these settings whether it is ready: exit code 0 if so, 1 if not.

          SAMPLE_LISTEN, --sample-listen
              where callers connect to
              host:port with a port from 0 to 65535, such as 127.0.0.1:5000 or [::1]:5000
              default 127.0.0.1:7000; now by default
          EDVORA_BASE_URL, --edvora-base-url
              where notifications are delivered
              a URL such as https://edvora.example: http or https, a host, no user, no query, no fragment
              required; now not set
          SAMPLE_QUEUE, --sample-queue
              the queue
              text of 1 to 4 bytes without control characters
              no default; now from the environment
        """

    @Test("a listener that others can reach needs a secret, TLS, or the operator's word")
    func listenerRule() throws {
        let base = ["--sample-listen", "0.0.0.0:80"]
        #expect(try Sample.read(base, Sample.required.merging(["CLUSTER_SECRET": "0123456789abcdef"]) { $1 }).listen.port == 80)
        for more in [["--tls-cert", "a", "--tls-key", "b", "--tls-ca", "c"], ["--cluster-insecure"]] {
            #expect(try Sample.read(base + more).listen.port == 80)
        }
        #expect(Sample.fault(base + ["--cluster-insecure", "false"]).hasPrefix("SAMPLE_LISTEN was \"0.0.0.0:80\" (from --sample-listen), which other machines can reach"))
    }
}

@Suite("The configuration file")
struct ConfigurationFileTests {
    @Test("has lines NAME=value, comments, blank lines, and quotes that are dropped")
    func format() throws {
        let text = "# comment\r\n\r\n  A = 1 \nB=\"x y\"\nC='q\"'\nD=a=b#c\nE=\n  # another\nF=\"\n"
        let file = try ConfigurationFile(path: "x.env", bytes: Array(text.utf8))
        #expect(file.entries.mapValues(\.text) == ["A": "1", "B": "x y", "C": "q\"", "D": "a=b#c", "E": "", "F": "\""])
        #expect(file.entries["A"]?.line == 3)
    }

    @Test("a fault in it names the line", arguments: [
        ("EDVORA_BASE_URL=http://e\nnonsense", "line 2 must be NAME=value, a comment beginning with #, or empty"),
        ("=x", "line 1 must be NAME=value, a comment beginning with #, or empty"),
        ("SAMPLE_QUEUE=a\n\nSAMPLE_QUEUE=b", "line 3: SAMPLE_QUEUE stands in line 1 already; keep one"),
        ("SAMPLE_QUEU=a", "line 1: SAMPLE_QUEU is not a setting of sample, did you mean SAMPLE_QUEUE?; --help lists them"),
        ("ZZZ=a", "line 1: ZZZ is not a setting of sample; --help lists them"),
    ])
    func faults(text: String, message: String) throws {
        try withFile(text) { (path: String) throws in #expect(Sample.fault(["--config", path]) == "\(path) \(message)") }
    }

    @Test("a bad value from it names file and line")
    func origin() throws {
        try withFile("\nSAMPLE_QUEUE=toolong") { (path: String) throws in
            #expect(Sample.fault(["--config", path]).hasPrefix("SAMPLE_QUEUE was \"toolong\" (from \(path) line 2); it must be"))
        }
    }

    @Test("it has at most 1 MiB")
    func bound() throws {
        let comment = "#" + String(repeating: "x", count: (1 << 20) - 2) + "\n"
        try withFile(comment) { (path: String) throws in #expect(Sample.fault(["--config", path]) == "no fault") }
        try withFile(comment + "\n") { (path: String) throws in
            #expect(Sample.fault(["--config", path]).hasSuffix("which cannot be read: it is larger than 1048576 bytes"))
        }
    }

    @Test("what is not UTF-8 is refused")
    func utf8() { #expect(throws: ConfigurationError("x is not UTF-8 text")) { try ConfigurationFile(path: "x", bytes: [0xFF]) } }
}
