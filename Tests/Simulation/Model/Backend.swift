import TaskDomain

/// The Edvora backend: answers anything, and remembers what it took.
final class Backend {
    /// How it feels.
    enum Mood: Equatable {
        case well
        /// Every so many-th request goes wrong, in one way or another.
        case flaky(oneIn: Int)
        /// Nobody answers.
        case down
    }

    struct Answer {
        /// 0: none came.
        var status: Int
        var retryAfterMilliseconds: Int64?
        var delayMilliseconds: Int64
        /// It was taken, and the answer went missing.
        var isLost = false
    }

    /// What a reminder's notifications are to it.
    enum Taste: UInt8 {
        case fine, refused, needsOtherCredential
    }

    var mood = Mood.well
    private let seed: UInt64
    private let answerMilliseconds: ClosedRange<Int64>?
    private(set) var requests: [OccurrenceKey: Int] = [:]
    /// How often each occurrence was answered 2xx.
    private(set) var taken: [OccurrenceKey: Int] = [:]
    private(set) var count = 0, repeated = 0
    private(set) var answers: [Int: Int] = [:]

    /// - Parameter answerMilliseconds: how long it takes to answer; `nil`: as usual.
    init(seed: UInt64, answerMilliseconds: ClosedRange<Int64>? = nil) {
        self.seed = seed
        self.answerMilliseconds = answerMilliseconds
    }

    func take(_ key: OccurrenceKey, taste: Taste, hasGoodCredential: Bool) -> Answer {
        let number = requests[key, default: 0] + 1
        requests[key] = number
        count += 1
        if taken[key] != nil { repeated += 1 }
        var chance = Chance(seed, key.reminder.high, key.reminder.low, UInt64(bitPattern: key.scheduledAt.count), UInt64(number))
        var answer = answer(taste, hasGoodCredential, &chance)
        if (200..<300).contains(answer.status) { taken[key, default: 0] += 1 }
        answers[answer.isLost ? 0 : answer.status, default: 0] += 1
        if answer.isLost { answer.status = 0 }
        return answer
    }

    private func answer(_ taste: Taste, _ hasGoodCredential: Bool, _ chance: inout Chance) -> Answer {
        let delay = answerMilliseconds.map { chance.int($0) } ?? chance.spread(1...(chance.one(in: 10) ? 9_000 : 300))
        if mood == .down { return Answer(status: 0, delayMilliseconds: chance.pick([1, 3_000, 10_000])) }
        if case .flaky(let number) = mood, chance.one(in: number) {
            switch chance.int(0...9) {
            case 0: return Answer(status: 0, delayMilliseconds: 10_000)
            case 1, 2: return Answer(status: 204, delayMilliseconds: delay, isLost: true)
            case 3: return Answer(status: 429, retryAfterMilliseconds: chance.int(0...20) * 1_000, delayMilliseconds: delay)
            case 4: return Answer(status: 503, retryAfterMilliseconds: chance.int(0...7_200) * 1_000, delayMilliseconds: delay)
            case 5: return Answer(status: chance.pick([400, 404, 410, 422]), delayMilliseconds: delay)
            case 6: return Answer(status: chance.pick([401, 403]), delayMilliseconds: delay)
            default: return Answer(status: chance.pick([408, 425, 500, 502, 504]), delayMilliseconds: delay)
            }
        }
        switch taste {
        case .refused: return Answer(status: 422, delayMilliseconds: delay)
        case .needsOtherCredential where !hasGoodCredential: return Answer(status: 401, delayMilliseconds: delay)
        default: return Answer(status: chance.pick([200, 201, 204]), delayMilliseconds: delay)
        }
    }
}

extension Backend.Answer {
    /// As the notifier sees it (OutcomeRules.swift).
    var outcome: Outcome {
        switch status {
        case 200..<300: .delivered
        case 401, 403: .authRejected
        case 408, 425, 429, 500..<600: .retry
        case 300..<500: .rejected
        default: .retry
        }
    }
}
