import Foundation
import ServiceLifecycle
import Testing
import TestSupport

@testable import gateway
@testable import TaskOperations

@Suite("Reloading API keys", .timeLimit(.minutes(1)))
struct CallerReloadTests {
    private let log = LogSink()
    private let clock = HandClock()
    private let folder: KeysFolder
    private let callers: Callers
    private let readiness = Readiness()
    private var watch: APIKeyWatch

    private static let read = "API keys read", kept = "API keys not read again, the former ones stay good"
    private static let leftOut = "a line of the API keys file is left out"

    init() throws {
        folder = try KeysFolder(line("alpha", "a", "rate=2"), line("beta", "b"))
        callers = try Callers(keysFile: folder.file, allowsAnonymous: false, now: clock.now)
        watch = APIKeyWatch(keys: try #require(callers.keys), readiness: readiness, logger: log.logger, now: clock.now)
    }

    /// As long as a change takes to be told of.
    private mutating func lookTwice() {
        watch.look()
        watch.look()
    }

    private func isGood(_ key: String) -> Bool { (try? callers.admit(key)) != nil }

    private func count(_ message: String) -> Int {
        log.text.split(separator: "\n").filter { $0.hasPrefix(message) }.count
    }

    /// Why the former keys were kept, the first time.
    private var reason: String { log.metadata(of: Self.kept)?["reason"].map { "\($0)" } ?? "" }

    @Test("a changed file counts from the next request on, whether or not anyone has looked at it since")
    func change() throws {
        #expect(isGood("a") && !isGood("c"))
        try folder.put(line("gamma", "c"))
        #expect(!isGood("a") && !isGood("b") && isGood("c"))
        try folder.put(line("alpha", "a"))
        #expect(isGood("a") && !isGood("c"))
    }

    @Test("of many requests at once after a change, every one finds it")
    func together() async throws {
        try folder.put(line("gamma", "c", "rate=0"))
        let callers = callers
        let wrong = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<64 { group.addTask { (try? callers.admit("b")) != nil || (try? callers.admit("c")) == nil } }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(wrong == 0)
    }

    @Test("what was appended counts, and what others were is as before")
    mutating func append() throws {
        lookTwice()
        let handle = try FileHandle(forWritingTo: folder.url)
        try handle.seekToEnd()
        try handle.write(contentsOf: Data("\(line("alpha", "new"))\n".utf8))
        try handle.close()
        lookTwice()
        for key in ["a", "b", "new"] { #expect(isGood(key)) }
    }

    @Test("a file that keeps changing is told of once it rests")
    mutating func unrest() throws {
        lookTwice()
        for _ in 0..<5 {
            try folder.put(line("gamma", "c"))
            watch.look()
        }
        #expect(count(Self.read) == 1)
        watch.look()
        #expect(count(Self.read) == 2)
    }

    @Test("an unchanged file is read once, after the start, and never again")
    mutating func unchanged() {
        for _ in 0..<10 { watch.look() }
        #expect(count(Self.read) == 1)
        #expect(count(Self.kept) == 0)
        #expect(log.metadata(of: Self.read)?["keys"] == "2")
    }

    @Test("a line that cannot be read is left out and told of once for every change; the others count")
    mutating func broken() throws {
        lookTwice()
        try folder.put(line("alpha", "c") + "\nmy-other-secret\n")
        #expect(!isGood("a") && !isGood("b") && isGood("c"))
        for _ in 0..<5 { lookTwice() }
        #expect(count(Self.leftOut) == 1)
        #expect(log.metadata(of: Self.leftOut)?["reason"].map { "\($0)" }?.hasPrefix("line 2 must have the SHA-256") == true)
        #expect(log.metadata(of: Self.leftOut)?["path"] == "\(folder.url.path)")
        #expect(readiness.isReady && readiness.notices.first?.hasPrefix("API keys: 1 line of the file of GATEWAY_API_KEYS_FILE") == true)
        #expect(!log.text.contains("my-other-secret") && !"\(readiness.notices)".contains("my-other-secret"))
        try folder.put(line("alpha", "c"))
        lookTwice()
        #expect(readiness.isReady && readiness.notices.isEmpty)
    }

    @Test("an emptied file lets nobody in, and the service is not ready after a minute of it")
    mutating func emptied() throws {
        lookTwice()
        try folder.put("")
        #expect(!isGood("a"))
        lookTwice()
        #expect(log.metadata(of: "API keys file lets nobody in") != nil)
        clock.advance(APIKeyWatch.patience)
        watch.look()
        #expect(readiness.failures.first?.contains("has no key in it") == true)
        try folder.put(line("gamma", "c"))
        lookTwice()
        #expect(isGood("c") && readiness.isReady)
    }

    @Test("without its file the service is ready for a minute, and no longer; the former keys stay good")
    mutating func patience() throws {
        lookTwice()
        #expect(readiness.isReady && readiness.notices.isEmpty)
        try folder.remove()
        lookTwice()
        clock.advance(APIKeyWatch.patience - .nanoseconds(1))
        watch.look()
        #expect(readiness.isReady)
        #expect(readiness.notices == ["API keys: the file of GATEWAY_API_KEYS_FILE cannot be read: No such file or directory"])
        clock.advance(.nanoseconds(1))
        watch.look()
        #expect(readiness.failures == ["API keys: the file of GATEWAY_API_KEYS_FILE cannot be read: No such file or directory"])
        #expect(isGood("a"))
        try folder.put(line("alpha", "a"))
        lookTwice()
        #expect(readiness.isReady && readiness.notices.isEmpty)
    }

    @Test("a removed file leaves the former keys good and is told of once; another one in its place counts")
    mutating func removed() throws {
        lookTwice()
        try folder.remove()
        for _ in 0..<5 { lookTwice() }
        #expect(isGood("a"))
        #expect(count(Self.kept) == 1)
        #expect(reason == "cannot be read: No such file or directory")
        try folder.put(line("gamma", "c"))
        lookTwice()
        #expect(!isGood("a") && isGood("c"))
    }

    @Test("a file that is away for one look only is not told of")
    mutating func gap() throws {
        lookTwice()
        try folder.remove()
        watch.look()
        try folder.put(line("gamma", "c"))
        lookTwice()
        #expect(isGood("c"))
        #expect(count(Self.kept) == 0)
    }

    @Test("what cannot be opened leaves the former keys good, and is told of once")
    mutating func unopened() throws {
        lookTwice()
        try folder.remove()
        // A socket is there to be seen, but nobody can open it, not even root.
        let socket = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(socket) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: folder.url.path.utf8) }
        let status = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socket, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        #expect(status == 0)
        for _ in 0..<5 { watch.look() }
        #expect(isGood("a"))
        #expect(count(Self.kept) == 1)
        #expect(reason == "cannot be read: No such device or address")
        try folder.remove()
        try folder.put(line("gamma", "c"))
        lookTwice()
        #expect(isGood("c"))
    }

    @Test("a file that goes away a second time is told of again, also where it came back as it was")
    mutating func awayTwice() throws {
        lookTwice()
        let aside = folder.folder.deletingLastPathComponent().appending(path: "\(folder.folder.lastPathComponent)-aside")
        for times in 1...2 {
            try FileManager.default.moveItem(at: folder.folder, to: aside)
            for _ in 0..<3 { watch.look() }
            #expect(count(Self.kept) == times)
            try FileManager.default.moveItem(at: aside, to: folder.folder)
            for _ in 0..<3 { watch.look() }
        }
        #expect(isGood("a"))
    }

    @Test("a symbolic link that is turned to another file counts, as mounted secrets are changed")
    mutating func link() throws {
        let versions = ["1", "2"].map { folder.folder.appending(path: $0) }
        try Data(line("alpha", "a").utf8).write(to: versions[0])
        try Data(line("alpha", "z").utf8).write(to: versions[1])
        try folder.remove()
        try FileManager.default.createSymbolicLink(at: folder.url, withDestinationURL: versions[0])
        lookTwice()
        #expect(isGood("a"))
        try folder.remove()
        try FileManager.default.createSymbolicLink(at: folder.url, withDestinationURL: versions[1])
        lookTwice()
        #expect(!isGood("a") && isGood("z"))
    }

    @Test("a key that stays keeps its bucket, also under another name, rate and place; a new key has a full one")
    mutating func buckets() throws {
        lookTwice()
        #expect(isGood("a") && isGood("a") && !isGood("a"))
        try folder.put(line("gamma", "c", "rate=2") + "\n" + line("renamed", "a", "admin rate=4"))
        lookTwice()
        #expect(!isGood("a"))
        #expect(isGood("c") && isGood("c") && !isGood("c"))
        clock.advance(.milliseconds(250))
        #expect(try callers.admit("a") == Caller(name: "renamed", role: .admin))
        #expect(!isGood("a"))
    }

    @Test("a rate that is lowered takes away what was saved up beyond it")
    mutating func loweredRate() throws {
        try folder.put(line("alpha", "a", "rate=100"))
        lookTwice()
        #expect(isGood("a"))
        try folder.put(line("alpha", "a", "rate=3"))
        lookTwice()
        #expect((0..<10).filter { _ in isGood("a") }.count == 3)
    }

    @Test("a file that others may read is warned about at each reading, and used")
    mutating func exposure() throws {
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: folder.url.path)
        for _ in 0..<5 { watch.look() }
        #expect(count("API keys file is open to others") == 1)
        #expect(isGood("a"))
    }

    @Test("the running part takes up a change and ends when the service stops")
    func part() async throws {
        let reload = APIKeyReload(callers: callers, readiness: readiness, logger: log.logger, interval: .milliseconds(5))
        let group = ServiceGroup(services: [reload], logger: log.logger)
        let running = Task { try await group.run() }
        try await eventually("the keys are read after the start") { count(Self.read) == 1 }
        try folder.put(line("gamma", "c"))
        try await eventually("it is read again") { count(Self.read) == 2 }
        await group.triggerGracefulShutdown()
        try await running.value
    }

    @Test("without a keys file the part does nothing, and ends when the service stops")
    func idle() async throws {
        let reload = APIKeyReload(
            callers: try Callers(keysFile: nil, allowsAnonymous: true), readiness: readiness, logger: log.logger)
        let group = ServiceGroup(services: [reload], logger: log.logger)
        let running = Task { try await group.run() }
        await group.triggerGracefulShutdown()
        try await running.value
        #expect(count("API keys") == 0)
    }
}
