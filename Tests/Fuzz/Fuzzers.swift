// The libFuzzer targets of this project, in one program: `FUZZER` in the environment names the one that runs. `deploy/fuzz`
// builds and runs them. An input is a finding when it crashes, takes longer than `-timeout`, or when what the fuzzer requires
// does not hold.
import Glibc

/// One kind of input.
protocol Fuzzer: SendableMetatype {
    static func run(_ bytes: [UInt8])
}

private let fuzzers: [String: any Fuzzer.Type] = [
    "Answers": AnswersFuzzer.self, "Bodies": BodiesFuzzer.self, "JSON": JSONFuzzer.self, "Messages": MessagesFuzzer.self,
    "RecurrenceText": RecurrenceTextFuzzer.self, "SchedulerAnswers": SchedulerAnswersFuzzer.self,
    "StoredRows": StoredRowsFuzzer.self, "Wire": WireFuzzer.self,
]

private let chosen: any Fuzzer.Type = {
    let name = getenv("FUZZER").map { String(cString: $0) } ?? ""
    guard let fuzzer = fuzzers[name] else { fail("FUZZER must be one of \(fuzzers.keys.sorted()); it was \"\(name)\"") }
    return fuzzer
}()

@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    chosen.run(Array(UnsafeBufferPointer(start: start, count: start == nil ? 0 : count)))
    return 0
}

func require(_ condition: Bool, _ message: @autoclosure () -> String) {
    if !condition { fail(message()) }
}

/// What a fuzzer needs to go on.
func needed<Value>(_ what: String, _ body: () throws -> Value) -> Value {
    do { return try body() } catch { fail("\(what): \(error)") }
}

/// Ends the process the way libFuzzer takes for a finding, which keeps the input.
func fail(_ message: String) -> Never {
    let line = Array("fuzzer: \(message)\n".utf8)
    _ = write(STDERR_FILENO, line, line.count)
    abort()
}

/// Runs `body`, and stops the fuzzer if it takes more of this thread's processor time than `milliseconds`.
func timed<Result>(_ name: String, milliseconds limit: Int64, _ body: () -> Result) -> Result {
    let before = processorNanoseconds()
    let result = body()
    let taken = (processorNanoseconds() - before) / 1_000_000
    require(taken < limit, "\(name) took \(taken) ms")
    return result
}

private func processorNanoseconds() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
}

/// An input taken piece by piece; past its end everything is 0, so that every input is a recipe.
struct Recipe {
    private var bytes: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) { self.bytes = bytes }

    var isEmpty: Bool { bytes.isEmpty }

    mutating func byte() -> UInt8 { bytes.popFirst() ?? 0 }

    mutating func take(_ count: Int) -> [UInt8] {
        defer { bytes = bytes.dropFirst(count) }
        return Array(bytes.prefix(count))
    }

    mutating func rest() -> [UInt8] { take(bytes.count) }

    mutating func wide() -> Int64 { (0..<8).reduce(Int64(0)) { number, _ in number << 8 | Int64(byte()) } }

    /// Mostly a number that bounds and signs are near to.
    mutating func number() -> Int64 {
        let kind = byte()
        switch kind % 8 {
        case 0: return Int64(byte())
        case 1: return -Int64(byte())
        case 2: return Int64.max - Int64(byte())
        case 3: return Int64.min + Int64(byte())
        case 4: return 1_795_000_000 + Int64(byte())
        case 5: return Int64(1) << Int64(byte() % 63)
        default: return wide()
        }
    }

    mutating func text(atMost count: Int) -> String { String(decoding: take(Int(byte()) % (count + 1)), as: UTF8.self) }
}
