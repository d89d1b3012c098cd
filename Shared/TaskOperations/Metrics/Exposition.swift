/// Writes Prometheus' text exposition format, version 0.0.4.
struct Exposition {
    /// The `Content-Type` of the text.
    static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    private(set) var text = ""

    /// One metric of one or more series, all of one kind.
    mutating func add(_ name: String, help: String?, _ series: [(key: String, value: MetricsRegistry.Cell)]) {
        guard let first = series.first else { return }
        add(header: name, help: help, kind: Self.kind(of: first.value))
        for (labels, cell) in series {
            switch cell {
            case .counter(let cell): add(name, labels, String(cell.value))
            case .floatCounter(let cell): add(name, labels, Self.number(cell.value))
            case .gauge(let cell): add(name, labels, Self.number(cell.value))
            case .timer(let cell): add(name, labels, cell.buckets, sum: cell.sum)
            case .recorder(let cell): add(name, labels, cell.buckets, sum: cell.sum)
            }
        }
    }

    /// One metric of one series without labels.
    mutating func add(_ name: String, help: String, kind: String, value: Double) {
        add(header: name, help: help, kind: kind)
        add(name, "", Self.number(value))
    }

    private static func kind(of cell: MetricsRegistry.Cell) -> String {
        switch cell {
        case .counter, .floatCounter: "counter"
        case .gauge: "gauge"
        case .timer, .recorder: "histogram"
        }
    }

    private mutating func add(header name: String, help: String?, kind: String) {
        if let help { text += "# HELP \(name) \(help.replacing("\\", with: "\\\\").replacing("\n", with: "\\n"))\n" }
        text += "# TYPE \(name) \(kind)\n"
    }

    private mutating func add(_ name: String, _ labels: String, _ value: String) {
        text += labels.isEmpty ? "\(name) \(value)\n" : "\(name){\(labels)} \(value)\n"
    }

    /// The count is the last bucket's, so that both agree whatever is counted meanwhile.
    private mutating func add(_ name: String, _ labels: String, _ buckets: Buckets, sum: Double) {
        let counts = buckets.cumulative(), separator = labels.isEmpty ? "" : ","
        for (bound, count) in zip(buckets.bounds + [.infinity], counts) {
            add("\(name)_bucket", "\(labels)\(separator)le=\"\(Self.number(bound))\"", String(count))
        }
        add("\(name)_sum", labels, Self.number(sum))
        add("\(name)_count", labels, String(counts.last ?? 0))
    }

    /// Whole numbers without a fraction, and the format's own words for what is not a number.
    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
        if value.magnitude < 1e15, value == value.rounded() { return String(Int64(value)) }
        return value.description
    }
}
