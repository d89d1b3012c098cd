public import CProtobufC
import TaskDomain

/// A method with one request and one answer.
public struct UnaryMethod<Request: WireMessage, Reply: WireMessage>: Sendable {
    /// Its place in the service's descriptor.
    public let index: Int
    /// `package.Service/Method`, as on the wire.
    public let path: String

    public init(index: Int, path: String) {
        self.index = index
        self.path = path
    }
}

/// A method whose call carries messages both ways until one side ends it.
public struct StreamMethod<Inbound: WireMessage, Outbound: WireMessage>: Sendable {
    public let index: Int
    public let path: String

    public init(index: Int, path: String) {
        self.index = index
        self.path = path
    }
}

/// The names that protobuf-c's generated descriptor of a service holds.
public struct ServiceDescriptor: Sendable {
    /// `package.Service`.
    public let name: String
    /// The methods' names, by index.
    public let methods: [String]

    public init(_ c: ProtobufCServiceDescriptor) {
        name = Arena.string(c.name)
        methods = (0..<Int(c.n_methods)).map { Arena.string(c.methods[$0].name) }
    }
}

/// Makes unary calls: a connection, or a balancer over several.
public protocol Caller: Sendable {
    func call<Request, Reply>(
        _ method: UnaryMethod<Request, Reply>, _ request: Request, deadline: CallDeadline
    ) async throws(CallError) -> Reply
}

/// The instant by which an answer is wanted, on the monotonic clock, so that it shrinks from hop to hop.
public struct CallDeadline: Sendable, Hashable, Comparable {
    /// Nanoseconds of CLOCK_MONOTONIC.
    public let nanoseconds: UInt64

    public static func after(milliseconds: Int) -> CallDeadline {
        CallDeadline(nanoseconds: now.nanoseconds + UInt64(max(0, milliseconds)) * 1_000_000)
    }

    /// This instant.
    public static var now: CallDeadline { CallDeadline(nanoseconds: UInt64(SystemClock.monotonicNanoseconds)) }

    /// The same so much later.
    public func later(byMilliseconds milliseconds: Int) -> CallDeadline {
        CallDeadline(nanoseconds: nanoseconds + UInt64(max(0, milliseconds)) * 1_000_000)
    }

    /// Whole milliseconds left, rounded up; 0 when it has passed.
    public var millisecondsLeft: Int {
        let now = CallDeadline.now.nanoseconds
        return nanoseconds > now ? Int((nanoseconds - now + 999_999) / 1_000_000) : 0
    }

    public static func < (a: CallDeadline, b: CallDeadline) -> Bool { a.nanoseconds < b.nanoseconds }
}

/// gRPC's status codes: <https://grpc.io/docs/guides/status-codes/>.
public enum StatusCode: UInt32, Sendable, Hashable, CaseIterable {
    case ok = 0, cancelled, unknown, invalidArgument, deadlineExceeded, notFound, alreadyExists, permissionDenied
    case resourceExhausted, failedPrecondition, aborted, outOfRange, unimplemented, `internal`, unavailable, dataLoss
    case unauthenticated
}

/// A call that did not end with OK.
public struct CallError: Error, Sendable, Hashable, CustomStringConvertible {
    public var code: StatusCode
    /// For an operator.
    public var message: String
    /// The connection ended before the answer came: the call may or may not have been carried out. Never sent.
    public var isConnectionLost: Bool
    /// The connection was given up because nothing was heard from the peer, which may not know of it yet. Never sent.
    public var isPeerSilent: Bool
    /// The call never left this side: it was not carried out. Never sent.
    public var isUnsent: Bool

    public init(
        _ code: StatusCode, _ message: String, isConnectionLost: Bool = false, isPeerSilent: Bool = false, isUnsent: Bool = false
    ) {
        self.code = code
        self.message = message
        self.isConnectionLost = isConnectionLost
        self.isPeerSilent = isPeerSilent
        self.isUnsent = isUnsent
    }

    public var description: String { "\(code): \(message)" }
}
