import Storage
import StoreTestKit
import TaskDomain
import Testing

/// What becomes of calls while the thread that carries them out stands still.
@Suite("Calls that wait in a lane")
struct LaneTests {
    private let told = Lines()
    private let completions = Completions { for complete in $0 { complete() } }

    @Test("are refused in their turn where there is no room, and at once where so many refusals wait as may")
    func writes() {
        let lane = WriterLane(queuedWrites: 2, queuedRefusals: 3, writesPerCommit: 10, bytesPerCommit: 1 << 20, completions: completions)
        lane.end()
        // The second time all places are free again.
        for _ in 0..<2 {
            for number in 0..<7 {
                lane.add(.space { [told] _ in told.add("\(number) carried out") }) { [told] in told.add("\(number) \($0.reason)") }
            }
            let reason = "more than 2 writes wait for it, and more than 3 refusals of others. Slow down, and check whether its disk or its server still answers"
            #expect(told.all == ["5 \(reason)", "6 \(reason)"])
            told.clear()
            lane.run { turn in
                switch turn {
                case .task(.space(let completion)): completion(.failure(.closed))
                case .task(.refused(let refused)): refused(.unavailable("refused"))
                case .task, .writes: Issue.record("\(turn)")
                }
            }
            #expect(told.all == ["0 carried out", "1 carried out", "2 refused", "3 refused", "4 refused"])
            told.clear()
        }
    }

    @Test("are refused like that where they are questions, too")
    func reads() {
        let lane = ReadLane(queuedReads: 2, queuedRefusals: 3, readWait: .seconds(60), completions: completions)
        for _ in 0..<2 {
            for number in 0..<7 {
                lane.add(.queues { [told] result in told.add("\(number) \((try? result.get()) == nil ? "refused" : "carried out")") }, for: .patient)
            }
            #expect(told.all == ["5 refused", "6 refused"])
            told.clear()
            var reads: [ReadLane.Read] = []
            #expect(lane.drain(into: &reads))
            for read in reads {
                lane.left(read)
                switch read.task {
                case .queues(let completion): completion(.success([]))
                case .refused(let task, let error): task.refuse(error, completions)
                default: Issue.record("\(read.task)")
                }
            }
            #expect(told.all == ["0 carried out", "1 carried out", "2 refused", "3 refused", "4 refused"])
            told.clear()
        }
    }
}
