import CoreMetrics
import Foundation
import Testing

@testable import TaskOperations

@Suite("Metrics")
struct MetricsTests {
    let registry = MetricsRegistry()

    private static let droppedNone = """
        # HELP metrics_series_dropped_total Metrics made and not kept: too many series, or a name of another kind.
        # TYPE metrics_series_dropped_total counter
        metrics_series_dropped_total 0

        """

    @Test("the exposition is exactly this")
    func exposition() {
        registry.describe("requests_total", "Requests,\nby \\ status.")
        Counter(label: "requests", dimensions: [("status", "200"), ("path", "a\"b\\c\nd")], factory: registry).increment(by: 3)
        Counter(label: "requests_total", dimensions: [("status", "500")], factory: registry).increment()
        FloatingPointCounter(label: "spent.seconds", factory: registry).increment(by: 1.25)
        Gauge(label: "9 lives", factory: registry).record(-2.5)
        let meter = Meter(label: "depth", factory: registry)
        meter.set(10)
        meter.increment(by: 0.5)
        meter.decrement(by: 2)
        #expect(
            registry.exposition(process: nil) == """
                # TYPE _9_lives gauge
                _9_lives -2.5
                # TYPE depth gauge
                depth 8.5
                # HELP requests_total Requests,\\nby \\\\ status.
                # TYPE requests_total counter
                requests_total{path="a\\"b\\\\c\\nd",status="200"} 3
                requests_total{status="500"} 1
                # TYPE spent_seconds_total counter
                spent_seconds_total 1.25

                """ + Self.droppedNone)
    }

    @Test("a timer is a histogram in seconds whose buckets include their bound")
    func timers() {
        let timer = Timer(label: "lateness", dimensions: [("queue", "default")], factory: registry)
        for nanoseconds in [Int64(-5), 499_999, 500_000, 500_001, 300_000_000_000, 300_000_000_001] { timer.recordNanoseconds(nanoseconds) }
        let lines = registry.exposition(process: nil).split(separator: "\n").filter { $0.contains("lateness") }
        #expect(lines.first == "# TYPE lateness_seconds histogram")
        #expect(lines.contains("lateness_seconds_bucket{queue=\"default\",le=\"0.0005\"} 3"))
        #expect(lines.contains("lateness_seconds_bucket{queue=\"default\",le=\"0.001\"} 4"))
        #expect(lines.contains("lateness_seconds_bucket{queue=\"default\",le=\"300\"} 5"))
        #expect(lines.contains("lateness_seconds_bucket{queue=\"default\",le=\"+Inf\"} 6"))
        #expect(lines.suffix(2) == ["lateness_seconds_sum{queue=\"default\"} 600.001500001", "lateness_seconds_count{queue=\"default\"} 6"])
        #expect(lines.count == 1 + TimerCell.bounds.count + 1 + 2)
    }

    @Test("a recorder is a histogram, and what is not a number is not recorded")
    func recorders() {
        let recorder = Recorder(label: "size", factory: registry)
        for value in [1, 1.5, 1e6, 2e6, .nan, .infinity] { recorder.record(value) }
        let text = registry.exposition(process: nil)
        #expect(text.contains("size_bucket{le=\"1\"} 1\nsize_bucket{le=\"2\"} 2\n"))
        #expect(text.contains("size_bucket{le=\"1000000\"} 3\nsize_bucket{le=\"+Inf\"} 4\nsize_sum 3000002.5\nsize_count 4\n"))
    }

    @Test("no increment is lost when many count at once")
    func concurrency() async {
        let tasks = 8, rounds = 20_000
        let counter = Counter(label: "hits", factory: registry), spent = FloatingPointCounter(label: "spent", factory: registry)
        let timer = Timer(label: "wait", factory: registry), meter = Meter(label: "level", factory: registry)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<tasks {
                group.addTask {
                    for _ in 0..<rounds {
                        counter.increment()
                        spent.increment(by: 0.5)
                        timer.recordNanoseconds(Int64(1_000_000))
                        meter.increment(by: 1)
                    }
                }
            }
        }
        let text = registry.exposition(process: nil), total = tasks * rounds
        #expect(text.contains("\nhits_total \(total)\n"))
        #expect(text.contains("\nspent_total \(total / 2)\n"))
        #expect(text.contains("\nwait_seconds_count \(total)\n"))
        #expect(text.contains("\nwait_seconds_sum \(total / 1_000)\n"))
        #expect(text.contains("\nlevel \(total)\n"))
    }

    @Test("the same name and labels are the same series, in whatever order")
    func identity() {
        Counter(label: "c", dimensions: [("a", "1"), ("b", "2")], factory: registry).increment()
        Counter(label: "c", dimensions: [("b", "2"), ("a", "1")], factory: registry).increment()
        #expect(registry.exposition(process: nil).contains("c_total{a=\"1\",b=\"2\"} 2\n"))
    }

    @Test("a destroyed metric is gone and begins anew")
    func destroying() {
        let counter = Counter(label: "c", factory: registry)
        counter.increment(by: 5)
        counter.destroy()
        #expect(registry.exposition(process: nil) == Self.droppedNone)
        Counter(label: "c", factory: registry).increment()
        #expect(registry.exposition(process: nil).contains("c_total 1\n"))
    }

    @Test("series beyond the bound, and a second kind of one name, are counted and not kept")
    func bounds() {
        let registry = MetricsRegistry(maxSeries: 2)
        for value in 0..<4 { Counter(label: "c", dimensions: [("v", "\(value)")], factory: registry).increment() }
        Gauge(label: "c_total", factory: registry).record(1)
        #expect(
            registry.exposition(process: nil)
                == "# TYPE c_total counter\nc_total{v=\"0\"} 1\nc_total{v=\"1\"} 1\n" + Self.droppedNone.replacing("dropped_total 0", with: "dropped_total 3"))
    }

    @Test("names and labels become what the format allows", arguments: [
        ("a.b-c/d", "a_b_c_d"), ("9x", "_9x"), ("", "_"), ("é", "__"), ("ns:x_1", "ns:x_1"), (String(repeating: "a", count: 201), String(repeating: "a", count: 200)),
    ])
    func names(text: String, name: String) { #expect(MetricNames.metric(text) == name) }

    @Test("reserved labels are renamed, repeated ones dropped, long values cut")
    func labels() {
        #expect(MetricNames.labels([("le", "1"), ("__name__", "2"), ("a:b", "3"), ("a_b", "4")]) == "a_b=\"3\",label___name__=\"2\",label_le=\"1\"")
        let long = String(repeating: "x", count: 256)
        #expect(MetricNames.labels([("a", long)]) == "a=\"\(long)\"")
        #expect(MetricNames.labels([("a", long + "x")]) == "a=\"\(long)…\"")
    }

    @Test("numbers are written as the format has them", arguments: [
        (0.0, "0"), (-3, "-3"), (0.1, "0.1"), (1e16, "1e+16"), (.infinity, "+Inf"), (-.infinity, "-Inf"), (.nan, "NaN"),
    ])
    func numbers(value: Double, text: String) { #expect(Exposition.number(value) == text) }

    @Test("a counter neither falls nor takes what is not a number")
    func monotone() {
        let counter = CounterCell(), spent = FloatCell()
        counter.increment(by: 2)
        counter.increment(by: -1)
        for amount in [1, -1, .nan, .infinity] { spent.increment(by: amount) }
        #expect(counter.value == 2)
        #expect(spent.value == 1)
    }

    @Test("the process shows its memory, time, files and threads")
    func process() throws {
        let process = ProcessMetrics.current()
        #expect(try #require(process.residentBytes) > 1_000_000)
        #expect(try #require(process.virtualBytes) >= #require(process.residentBytes))
        #expect(try #require(process.cpuSeconds) >= 0)
        #expect(try #require(process.threads) >= 1)
        #expect(try #require(process.openFiles) >= 3)
        #expect(try #require(process.maxOpenFiles) >= #require(process.openFiles))
        let age = Date().timeIntervalSince1970 - (try #require(process.startTime))
        #expect(age > -2 && age < 86_400)
        #expect(registry.exposition().contains("# TYPE process_resident_memory_bytes gauge\nprocess_resident_memory_bytes "))
    }

    @Test("a process name with blanks and parentheses does not confuse the reading")
    func processName() {
        var metrics = ProcessMetrics()
        let fields = (3...30).map { String($0) }.joined(separator: " ")
        metrics.read(stat: "1 (a) b (c)) \(fields)", system: "cpu 1\nbtime 1000\n")
        #expect(metrics.threads == 20)
        #expect(metrics.virtualBytes == 23)
        #expect(metrics.startTime == 1_000 + 22 / Double(sysconf(Int32(_SC_CLK_TCK))))
        metrics = ProcessMetrics()
        metrics.read(stat: "nonsense", system: nil)
        #expect(metrics.threads == nil)
    }
}
