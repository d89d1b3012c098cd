// Measures the delivery engine: notifications a second to a backend on this machine, the time each takes, and the
// connections made for them.
//
//     edvora-standin --listen 127.0.0.1:8099 &
//     delivery-benchmark http://127.0.0.1:8099 [number of notifications] [under way at once] [connections]

import Delivery
import Glibc
import Synchronization

let arguments = CommandLine.arguments
guard arguments.count > 1 else {
    print("usage: delivery-benchmark URL [number] [under way] [connections]")
    exit(64)
}
func argument(_ index: Int, default number: Int) -> Int {
    arguments.count > index ? Int(arguments[index]) ?? number : number
}
let total = argument(2, default: 200_000), underWay = argument(3, default: 512)

var configuration = DeliveryConfiguration()
configuration.maximumConnectionsPerHost = argument(4, default: configuration.maximumConnectionsPerHost)
let base = try EdvoraBaseURL(arguments[1])
let engine = try DeliveryEngine(configuration: configuration)

/// What has come back. Submits the next notification for each that has ended.
final class Run: Sendable {
    struct State {
        var submitted = 0
        var ended = 0
        var failures: [String: Int] = [:]
        var durations: [Int] = []
    }

    let state = Mutex(State())
    let engine: DeliveryEngine, base: EdvoraBaseURL
    let total: Int, start: Int64

    init(engine: DeliveryEngine, base: EdvoraBaseURL, total: Int, start: Int64) {
        (self.engine, self.base, self.total, self.start) = (engine, base, total, start)
    }

    /// Submits up to `count` more, as one batch.
    func submit(_ count: Int) {
        let numbers = state.withLock { state in
            let first = state.submitted
            state.submitted = min(total, first + count)
            return first..<state.submitted
        }
        guard !numbers.isEmpty else { return }
        engine.submit(numbers.map { number in (request(number), { self.ended($0) }) })
    }

    private func request(_ number: Int) -> DeliveryRequest {
        let digits = String(number)
        let id = "01930000-0000-7000-8000-" + String(repeating: "0", count: 12 - digits.count) + digits
        let notification = EdvoraNotification(
            title: "Lesson \(number)", body: "begins in ten minutes", kind: 1, classroomID: "classroom",
            createdAt: start - 60, createdBy: "teacher", itemIDJSON: Array("\"item\"".utf8))
        return EdvoraRequest(notification).delivery(
            to: base, authorization: "Bearer benchmark-credential-of-some-length", idempotencyKey: "\(id):\(start)",
            traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            userAgent: "task-scheduler/benchmark", timeoutMilliseconds: 30_000)
    }

    private func ended(_ result: DeliveryResult) {
        state.withLock { state in
            state.ended += 1
            state.durations.append(result.durationMicroseconds)
            if result.outcome != .delivered { state.failures[result.detail, default: 0] += 1 }
        }
        submit(1)
    }
}

func seconds(_ clock: clockid_t) -> Double {
    var time = timespec()
    clock_gettime(clock, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

let run = Run(engine: engine, base: base, total: total, start: Int64(time(nil)))
let begin = seconds(CLOCK_MONOTONIC), cpu = seconds(CLOCK_PROCESS_CPUTIME_ID)
run.submit(underWay)
while run.state.withLock({ $0.ended }) < total { usleep(1_000) }
let elapsed = seconds(CLOCK_MONOTONIC) - begin, used = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu
let statistics = engine.statistics
let sorted = run.state.withLock { $0.durations.sorted() }

print("\(total) notifications, \(underWay) under way, at most \(configuration.maximumConnectionsPerHost) connections")
let median = sorted[sorted.count / 2], high = sorted[sorted.count * 99 / 100], longest = sorted[sorted.count - 1]
print("  \(Int(Double(total) / elapsed)) /s    \(Int(Double(total) / used)) /s of CPU")
print("  connections made: \(statistics.connectionsOpened)")
print("  request p50 \(median) us, p99 \(high) us, longest \(longest) us")
for (failure, count) in run.state.withLock({ $0.failures }) { print("  failed \(count) times: \(failure)") }
await engine.stop()
