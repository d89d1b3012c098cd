import Crypto
import Foundation
import HTTPTypes
import NIOConcurrencyHelpers
import Testing

@testable import gateway
@testable import TaskOperations

/// A folder of its own with a keys file in it; removed with this object.
final class KeysFolder: Sendable {
    let folder: URL
    var url: URL { folder.appending(path: "keys") }
    var file: APIKeyFile { APIKeyFile(url.path) }

    init(_ lines: String...) throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "callers-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        if !lines.isEmpty { try put(lines.joined(separator: "\n") + "\n") }
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    /// Another file takes its place.
    func put(_ text: String) throws { try put(Data(text.utf8)) }

    func put(_ data: Data) throws {
        try data.write(to: url, options: .atomic)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: url.path)
    }

    func remove() throws { try FileManager.default.removeItem(at: url) }
}

func hexadecimal(_ digest: some Sequence<UInt8>) -> String { digest.map { String(format: "%02x", $0) }.joined() }

/// A line of a keys file.
func line(_ name: String, _ key: String, _ rest: String = "") -> String {
    "\(name) \(hexadecimal(SHA256.hash(data: Data(key.utf8)))) \(rest)"
}

/// A clock that stands still until told otherwise.
final class HandClock: Sendable {
    private let time = NIOLockedValueBox(ContinuousClock.now)

    @Sendable func now() -> ContinuousClock.Instant { time.withLockedValue { $0 } }
    func advance(_ duration: Duration) { time.withLockedValue { $0 += duration } }
}

extension Callers {
    /// What a request with these `Authorization` headers is refused with.
    func refusal(_ authorization: String...) -> Problem? {
        do throws(Problem) {
            _ = try admit(authorization: authorization)
            return nil
        } catch { return error }
    }

    func caller(_ authorization: [String]) throws(Problem) -> Caller { try admit(authorization: authorization).caller }

    func admit(_ key: String) throws(Problem) -> Caller { try caller(["Bearer \(key)"]) }
}

@Suite("Callers")
struct CallerTests {
    private let registry = MetricsRegistry()

    private func callers(_ folder: KeysFolder?, allowsAnonymous: Bool = false) throws -> Callers {
        try Callers(keysFile: folder?.file, allowsAnonymous: allowsAnonymous, metrics: registry)
    }

    private func refused(_ reason: String) -> String? {
        registry.exposition(process: nil).split(separator: "\n")
            .first { $0.hasPrefix("gateway_refused_callers_total{reason=\"\(reason)\"}") }
            .flatMap { $0.split(separator: " ").last }.map(String.init)
    }

    @Test("without a keys file anyone may call and sees everything, whatever the header says", arguments: [true, false])
    func anyone(allowsAnonymous: Bool) throws {
        let callers = try callers(nil, allowsAnonymous: allowsAnonymous)
        #expect(try callers.caller([]) == Caller(name: "", role: .admin))
        #expect(try callers.caller(["Bearer x", "y"]) == Caller(name: "", role: .admin))
    }

    @Test("a key is its line's caller, and the scheme is read in either case")
    func keys() throws {
        let folder = try KeysFolder(line("alpha", "alpha-key"), line("ops", "ops-key", "admin"))
        let callers = try callers(folder)
        #expect(try callers.admit("alpha-key") == Caller(name: "alpha", role: .caller))
        #expect(try callers.admit("ops-key") == Caller(name: "ops", role: .admin))
        for scheme in ["bearer", "BEARER", "bEaReR"] {
            #expect(try callers.caller(["\(scheme) alpha-key"]).name == "alpha")
        }
    }

    @Test("a digest is SHA-256 as others compute it")
    func vector() throws {
        let folder = try KeysFolder("abc BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD")
        #expect(try callers(folder).admit("abc").name == "abc")
    }

    @Test("two keys of one name are both good, and each has its own rights")
    func rotation() throws {
        let folder = try KeysFolder(line("alpha", "old"), line("alpha", "new", "admin"))
        let callers = try callers(folder)
        #expect(try callers.admit("old") == Caller(name: "alpha", role: .caller))
        #expect(try callers.admit("new") == Caller(name: "alpha", role: .admin))
    }

    @Test("a caller sees its own, and an admin everyone's")
    func sight() {
        #expect(Caller(name: "alpha", role: .caller).sees(madeBy: "alpha"))
        #expect(!Caller(name: "alpha", role: .caller).sees(madeBy: "beta"))
        #expect(!Caller(name: "alpha", role: .caller).sees(madeBy: ""))
        #expect(Caller(name: "ops", role: .admin).sees(madeBy: "alpha"))
        #expect(Caller.anonymous.sees(madeBy: ""))
        #expect(!Caller.anonymous.sees(madeBy: "alpha"))
        #expect(Caller.anyone.sees(madeBy: "alpha"))
    }

    @Test("a request without a key is answered 401 with the challenge, and says what to send")
    func missing() throws {
        let folder = try KeysFolder(line("alpha", "alpha-key"))
        let problem = try #require(try callers(folder).refusal())
        #expect(problem.status == .unauthorized)
        #expect(problem.headers == [.wwwAuthenticate: "Bearer realm=\"task-scheduler\""])
        #expect(problem.detail.contains("Authorization: Bearer KEY"))
        #expect(problem.answer.headers[.contentType] == "application/problem+json")
        #expect(try json(problem.answer.body)["status"] == 401)
        #expect(refused("missing") == "1")
        #expect(refused("unknown") == "0")
    }

    static let strangers = [
        ["Bearer wrong-key"], ["Bearer alpha-ke"], ["Bearer alpha-keyy"], ["Bearer ALPHA-KEY"], ["Bearer"], ["Bearer "],
        ["Bearer  alpha-key"], ["Bearer alpha-key "], ["Bearer alpha-key x"], ["Bearer\talpha-key"], ["Bearer:alpha-key"],
        ["alpha-key"], ["Basic YWxwaGEta2V5"], [""], ["Bearer älpha-key"], ["Bearer alpha-key\u{301}"],
        ["Bearer\u{A0}alpha-key"],
        ["Bearer alpha-key", "Bearer alpha-key"], ["Bearer alpha-key", ""],
        ["Bearer " + String(repeating: "a", count: 513)],
    ]

    @Test("anything but one good key is answered 401, says so, and repeats nothing", arguments: strangers, [true, false])
    func unknown(authorization: [String], allowsAnonymous: Bool) throws {
        let folder = try KeysFolder(line("alpha", "alpha-key"), line("long", String(repeating: "a", count: 513)))
        let callers = try callers(folder, allowsAnonymous: allowsAnonymous)
        let problem = #expect(throws: Problem.self) { try callers.admit(authorization: authorization) }
        #expect(problem?.status == .unauthorized)
        #expect(problem?.headers == [.wwwAuthenticate: "Bearer realm=\"task-scheduler\", error=\"invalid_token\""])
        #expect(problem?.cause == nil)
        #expect(
            problem?.detail == "what the Authorization header holds is not a key of this API; "
                + "send one header Authorization: Bearer KEY with a key of this API")
        #expect(refused("unknown") == "1")
        #expect(refused("missing") == "0")
    }

    @Test("a key may have 512 bytes")
    func longestKey() throws {
        let key = String(repeating: "a", count: 512)
        #expect(try callers(try KeysFolder(line("long", key))).admit(key).name == "long")
    }

    @Test("beside keys, callers without one are let in where that is asked for, and are no admins")
    func anonymousBesideKeys() throws {
        let folder = try KeysFolder(line("alpha", "alpha-key"))
        let callers = try callers(folder, allowsAnonymous: true)
        #expect(try callers.caller([]) == Caller(name: "", role: .caller))
        #expect(try callers.admit("alpha-key").name == "alpha")
        #expect(refused("missing") == "0")
    }

    @Test("every key is compared, wherever the one that is shown stands")
    func comparisons() throws {
        let names = (0..<100).map { "caller-\($0)" }
        let keys = APIKeyLines(Array(names.map { line($0, $0) }.joined(separator: "\n").utf8)).keys
        let table = APIKeyTable(keys)
        for name in ["caller-0", "caller-50", "caller-99", "stranger"] {
            var count = 0
            let entry = table.entry(for: APIKeyDigest(ofKey: Array(name.utf8))) { one, other in
                count += 1
                return one == other
            }
            #expect(count == 100)
            #expect(entry?.key.caller.name == (name == "stranger" ? nil : name))
        }
    }

    @Test("digests that differ in any one bit are not the same")
    func bits() throws {
        let bytes = Array(SHA256.hash(data: Data("alpha-key".utf8)))
        let digest = APIKeyDigest(ofKey: Array("alpha-key".utf8))
        #expect(APIKeyDigest(hexadecimal: Array(hexadecimal(bytes).utf8)[...]) == digest)
        for bit in 0..<256 {
            var other = bytes
            other[bit / 8] ^= 1 << UInt8(bit % 8)
            let changed = try #require(APIKeyDigest(hexadecimal: Array(hexadecimal(other).utf8)[...]))
            #expect(changed != digest)
        }
    }

    @Test("neither keys nor their digests show in descriptions, dumps and reflection")
    func redaction() throws {
        let folder = try KeysFolder(line("alpha", "alpha-key"))
        let callers = try callers(folder)
        let contents = try folder.file.read()
        let problem = callers.refusal("Bearer secret-guess")
        var text = ""
        for value in [callers, contents, APIKeyTable(contents.keys), problem as Any] as [Any] {
            dump(value, to: &text)
            text += "\(value) \(String(reflecting: value))"
        }
        let digest = hexadecimal(SHA256.hash(data: Data("alpha-key".utf8)))
        let word = SHA256.hash(data: Data("alpha-key".utf8)).withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) }
        for secret in ["alpha-key", "secret-guess", digest, "\(word)"] { #expect(!text.contains(secret)) }
        #expect(text.contains("alpha"))
    }

    @Test("with ten thousand keys every one is found, the last as well as the first")
    func many() throws {
        let lines = (0..<10_000).map { line("c\($0)", "key-\($0)") }
        let callers = try callers(try KeysFolder(lines.joined(separator: "\n")))
        for index in [0, 4_999, 9_999] { #expect(try callers.admit("key-\(index)").name == "c\(index)") }
        #expect(callers.refusal("Bearer key-10000")?.status == .unauthorized)
    }
}

@Suite("The rate of callers")
struct CallerRateTests {
    private let clock = HandClock()
    private let registry = MetricsRegistry()

    private func callers(_ folder: KeysFolder?, allowsAnonymous: Bool = true, rate: Int = 0) throws -> Callers {
        try Callers(
            keysFile: folder?.file, allowsAnonymous: allowsAnonymous, defaultRate: rate, metrics: registry,
            now: clock.now)
    }

    /// How many of so many requests are let through.
    private func admitted(_ callers: Callers, _ authorization: [String], of count: Int) -> Int {
        (0..<count).filter { _ in (try? callers.admit(authorization: authorization)) != nil }.count
    }

    @Test("one second's worth may come at once; the next is answered 429 with Retry-After")
    func burst() throws {
        let callers = try callers(try KeysFolder(line("alpha", "a", "rate=3")))
        #expect(admitted(callers, ["Bearer a"], of: 3) == 3)
        let problem = try #require(callers.refusal("Bearer a"))
        #expect(problem.status == .tooManyRequests)
        #expect(problem.headers == [.retryAfter: "1"])
        #expect(problem.detail == "this key may make 3 requests a second; this one was not carried out")
        #expect(registry.exposition(process: nil).contains("gateway_refused_callers_total{reason=\"rate\"} 1\n"))
        clock.advance(.seconds(1))
        #expect(admitted(callers, ["Bearer a"], of: 10) == 3)
    }

    @Test("a request comes free exactly when its part of a second has passed", arguments: [1, 3, 7, 1_000, 1_000_000])
    func bounds(rate: Int) {
        let bucket = RequestBucket(), start = clock.now()
        let taken = (0..<rate).filter { _ in bucket.take(rate: rate, at: start) }.count
        #expect(taken == rate)
        #expect(!bucket.take(rate: rate, at: start))
        // The first whole nanosecond by which one is there: 1/rate of a second, rounded up.
        let first = (1_000_000_000 + rate - 1) / rate
        #expect(!bucket.take(rate: rate, at: start + .nanoseconds(first - 1)))
        #expect(bucket.take(rate: rate, at: start + .nanoseconds(first)))
        #expect(!bucket.take(rate: rate, at: start + .nanoseconds(first)))
    }

    @Test("nothing is lost by asking often: over ten seconds exactly the rate gets through")
    func exact() {
        let bucket = RequestBucket(), start = clock.now()
        var taken = 0
        for step in 0...100_000 where bucket.take(rate: 7, at: start + .microseconds(100 * step)) { taken += 1 }
        #expect(taken == 7 + 70)
    }

    @Test("idleness saves up one second's worth and no more")
    func idle() {
        let bucket = RequestBucket(), start = clock.now()
        #expect(bucket.take(rate: 5, at: start))
        let later = start + .seconds(86_400 * 365)
        #expect((0..<20).filter { _ in bucket.take(rate: 5, at: later) }.count == 5)
    }

    @Test("a clock reading from before the last one takes nothing away and gives nothing")
    func back() {
        let bucket = RequestBucket(), start = clock.now()
        #expect(bucket.take(rate: 2, at: start))
        #expect(bucket.take(rate: 2, at: start - .seconds(60)))
        #expect(!bucket.take(rate: 2, at: start - .seconds(60)))
        #expect(!bucket.take(rate: 2, at: start + .nanoseconds(499_999_999)))
        #expect(bucket.take(rate: 2, at: start + .milliseconds(500)))
    }

    @Test("every key has a bucket of its own, also where two have one name")
    func own() throws {
        let callers = try callers(try KeysFolder(line("alpha", "a"), line("alpha", "b"), line("beta", "c")), rate: 2)
        for key in ["a", "b", "c"] { #expect(admitted(callers, ["Bearer \(key)"], of: 5) == 2) }
    }

    @Test("a line's rate counts instead of the setting's, and 0 is any number")
    func precedence() throws {
        let lines = [line("alpha", "a"), line("beta", "b", "rate=0"), line("gamma", "c", "admin rate=4")]
        let callers = try callers(try KeysFolder(lines.joined(separator: "\n")), rate: 2)
        #expect(admitted(callers, ["Bearer a"], of: 9) == 2)
        #expect(admitted(callers, ["Bearer b"], of: 5_000) == 5_000)
        #expect(admitted(callers, ["Bearer c"], of: 9) == 4)
    }

    @Test("the setting's default is any number")
    func unlimited() throws {
        let callers = try callers(try KeysFolder(line("alpha", "a")))
        #expect(admitted(callers, ["Bearer a"], of: 5_000) == 5_000)
        #expect(admitted(callers, [], of: 5_000) == 5_000)
    }

    @Test("callers without a key share one bucket of the setting's rate, with and without a keys file")
    func anonymous() throws {
        let beside = try callers(try KeysFolder(line("alpha", "a")), rate: 1)
        #expect(admitted(beside, [], of: 3) == 1)
        #expect(admitted(beside, ["Bearer a"], of: 3) == 1)
        let alone = try callers(nil, rate: 1)
        #expect(admitted(alone, ["Bearer whatever"], of: 3) == 1)
        #expect(alone.refusal()?.status == .tooManyRequests)
        #expect(
            alone.refusal()?.detail
                == "all callers without a key together may make 1 request a second; this one was not carried out")
        clock.advance(.milliseconds(999))
        #expect(admitted(alone, [], of: 3) == 0)
        clock.advance(.milliseconds(1))
        #expect(admitted(alone, [], of: 3) == 1)
    }

    @Test("a refused key takes nothing from anyone's bucket")
    func refusedKey() throws {
        let callers = try callers(try KeysFolder(line("alpha", "a")), rate: 1)
        #expect(admitted(callers, ["Bearer x"], of: 10) == 0)
        #expect(admitted(callers, [], of: 2) == 1)
        #expect(admitted(callers, ["Bearer a"], of: 2) == 1)
    }

    @Test("many threads at once get one second's worth between them")
    func concurrent() async throws {
        let callers = try callers(try KeysFolder(line("alpha", "a", "rate=100")))
        let taken = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<8 {
                group.addTask { (0..<50).filter { _ in (try? callers.admit("a")) != nil }.count }
            }
            return await group.reduce(0, +)
        }
        #expect(taken == 100)
    }
}
