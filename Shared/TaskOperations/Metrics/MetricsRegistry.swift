import CoreMetrics
import Synchronization

/// A service's metrics: what swift-metrics' counters, meters, recorders and timers write to, and what `/metrics` reads.
///
/// Counting takes no lock. Making a metric does, so keep the `Counter` or `Timer` rather than making it at every use.
/// Metrics of the same label and dimensions share one series, whatever the number of objects; destroying one of them
/// ends the series.
public final class MetricsRegistry: MetricsFactory, Sendable {
    /// How many series there may be. More are counted in `metrics_series_dropped_total` and kept nowhere: a label with
    /// values from outside must not use up memory.
    public static let defaultMaxSeries = 2_000

    enum Cell: Sendable {
        case counter(CounterCell)
        case floatCounter(FloatCell)
        case gauge(GaugeCell)
        case timer(TimerCell)
        case recorder(RecorderCell)

        var handler: AnyObject {
            switch self {
            case .counter(let cell): cell
            case .floatCounter(let cell): cell
            case .gauge(let cell): cell
            case .timer(let cell): cell
            case .recorder(let cell): cell
            }
        }
    }

    private struct State {
        /// By name, then by labels.
        var families: [String: [String: Cell]] = [:]
        var help: [String: String] = [:]
        var series = 0
    }

    private let state: Mutex<State>
    private let maxSeries: Int
    private let dropped = CounterCell()

    public init(maxSeries: Int = MetricsRegistry.defaultMaxSeries) {
        self.maxSeries = maxSeries
        state = Mutex(State())
    }

    /// Says what a metric is, for its HELP line.
    /// - Parameter name: as `/metrics` shows it: with `_total` or `_seconds` at its end.
    public func describe(_ name: String, _ help: String) {
        state.withLock { $0.help[name] = help }
    }

    // MARK: Making metrics

    public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        series(MetricNames.metric(label, suffix: "_total"), dimensions, CounterCell(), Cell.counter) { if case .counter(let cell) = $0 { cell } else { nil } }
    }

    public func makeFloatingPointCounter(label: String, dimensions: [(String, String)]) -> any FloatingPointCounterHandler {
        series(MetricNames.metric(label, suffix: "_total"), dimensions, FloatCell(), Cell.floatCounter) {
            if case .floatCounter(let cell) = $0 { cell } else { nil }
        }
    }

    public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler { gauge(label, dimensions) }

    /// - Parameter aggregate: a histogram if true, else a gauge.
    public func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        guard aggregate else { return gauge(label, dimensions) }
        return series(MetricNames.metric(label), dimensions, RecorderCell(), Cell.recorder) {
            if case .recorder(let cell) = $0 { cell } else { nil }
        }
    }

    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        series(MetricNames.metric(label, suffix: "_seconds"), dimensions, TimerCell(), Cell.timer) {
            if case .timer(let cell) = $0 { cell } else { nil }
        }
    }

    private func gauge(_ label: String, _ dimensions: [(String, String)]) -> GaugeCell {
        series(MetricNames.metric(label), dimensions, GaugeCell(), Cell.gauge) { if case .gauge(let cell) = $0 { cell } else { nil } }
    }

    /// The series of that name and those labels, made if it is new. If there is no room for it, or if the name is taken
    /// by another kind of metric, the handler counts for itself and is not shown.
    private func series<Handler: Sendable>(
        _ name: String, _ dimensions: [(String, String)], _ fresh: Handler, _ wrap: (Handler) -> Cell, _ unwrap: (Cell) -> Handler?
    ) -> Handler {
        let labels = MetricNames.labels(dimensions)
        let kept: Handler? = state.withLock { state in
            let family = state.families[name] ?? [:]
            if let known = family[labels] { return unwrap(known) }
            let isSameKind = family.first.map { unwrap($0.value) != nil } ?? true
            guard isSameKind, state.series < maxSeries else { return nil }
            state.families[name, default: [:]][labels] = wrap(fresh)
            state.series += 1
            return fresh
        }
        if let kept { return kept }
        dropped.add(1)
        return fresh
    }

    // MARK: Ending metrics

    public func destroyCounter(_ handler: any CounterHandler) { remove(handler) }
    public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) { remove(handler) }
    public func destroyMeter(_ handler: any MeterHandler) { remove(handler) }
    public func destroyRecorder(_ handler: any RecorderHandler) { remove(handler) }
    public func destroyTimer(_ handler: any TimerHandler) { remove(handler) }

    private func remove(_ handler: AnyObject) {
        let identity = ObjectIdentifier(handler)
        state.withLock { state in
            for (name, family) in state.families {
                guard let series = family.first(where: { ObjectIdentifier($0.value.handler) == identity }) else { continue }
                state.families[name]?[series.key] = nil
                if state.families[name]?.isEmpty == true { state.families[name] = nil }
                state.series -= 1
                return
            }
        }
    }

    // MARK: Showing metrics

    /// Everything, in Prometheus' text format 0.0.4, families sorted by name.
    /// - Parameter process: what the system knows of the process, or `nil` to leave that out.
    public func exposition(process: ProcessMetrics? = .current()) -> String {
        let (families, help) = state.withLock { ($0.families, $0.help) }
        var text = Exposition()
        for (name, family) in families.sorted(by: { $0.key < $1.key }) {
            text.add(name, help: help[name], family.sorted { $0.key < $1.key })
        }
        text.add(
            "metrics_series_dropped_total", help: "Metrics made and not kept: too many series, or a name of another kind.",
            [("", .counter(dropped))])
        process?.add(to: &text)
        return text.text
    }
}
