import NIOCore
import Testing

@testable import TaskWire

@Suite("The notice of a failed connection")
struct FailureNoticeTests {
    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000)

    @Test("is not given for a peer that is only a moment late")
    func patient() {
        var notice = FailureNotice()
        let told = [0, 1_900].map { notice.failed("connection refused", at: start + .milliseconds($0)) }
        notice.succeeded()
        let anew = notice.failed("connection refused", at: start + .seconds(60))
        #expect(told == [false, false] && !anew, "a new failure begins anew")
    }

    @Test("is given once what fails has lasted, and again each minute")
    func repeated() {
        var notice = FailureNotice()
        var told: [Int] = []
        for tenth in 0..<1_300 where notice.failed("another secret", at: start + .milliseconds(Int64(tenth) * 100)) { told.append(tenth / 10) }
        #expect(told == [2, 62, 122])
    }

    @Test("is given for a new reason, but not at each of two that take turns")
    func turns() {
        var notice = FailureNotice()
        var told = 0
        for tenth in 0..<600 where notice.failed("reason \(tenth % 2)", at: start + .milliseconds(Int64(tenth) * 100)) { told += 1 }
        #expect((2...30).contains(told))
    }
}
