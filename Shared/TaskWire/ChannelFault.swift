import Glibc
import NIOCore

/// Words for what ended a channel, or kept it from being made.
enum ChannelFault {
    /// Says it in the system's words where the system said it: NIO's own text names the call after something else that can fail.
    static func reason(_ error: any Error) -> String {
        switch error {
        case let error as IOError: String(cString: strerror(error.errnoCode))
        case ChannelError.connectTimeout(let time): "no answer within \(time.nanoseconds / 1_000_000) ms"
        default: "\(error)"
        }
    }
}
