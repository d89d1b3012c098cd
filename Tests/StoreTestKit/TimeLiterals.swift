public import TaskDomain

// In tests a time may be written as a number: what it is compared with, or given to, says in which unit and by which clock.

extension Instant where Self: ExpressibleByIntegerLiteral {
    public init(integerLiteral count: Int64) { self.init(count) }
}

extension UnixSeconds: ExpressibleByIntegerLiteral {}
extension UnixMilliseconds: ExpressibleByIntegerLiteral {}
extension MonotonicMilliseconds: ExpressibleByIntegerLiteral {}
