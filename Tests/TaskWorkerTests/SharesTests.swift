import TaskDomain
import Testing

@testable import TaskWorker

/// Both ends of a stream, and what is on its way.
private struct PlayedStream {
    enum Down { case dispatch, limit }
    var up: [Int] = [], down: [Down] = []
    /// The scheduler's.
    var limit = 0, sent = 0
    mutating func handOut() {
        guard sent < limit else { return }
        sent += 1
        down.append(.dispatch)
    }
    mutating func hear() {
        guard !up.isEmpty else { return }
        let new = up.removeFirst()
        if new < limit { down.append(.limit) }
        limit = new
    }
}

private struct Model {
    var shares = Shares<Int>(), places: Int, now = MonotonicMilliseconds(0)
    var streams: [PlayedStream]
    init(places: Int, count: Int) {
        self.places = places
        streams = Array(repeating: PlayedStream(), count: count)
        for id in 0..<count { shares[id] = StreamCredit() }
        say()
    }
    var held: Int { shares.streams.values.reduce(0) { $0 + $1.held } }
    mutating func say() {
        now += 10
        shares.spread(places, now: now)
        for id in streams.indices {
            if let limit = shares.newLimit(of: id, places: places, held: held, mayGrow: true) { streams[id].up.append(limit) }
        }
    }
    mutating func take(_ id: Int) {
        guard !streams[id].down.isEmpty else { return }
        switch streams[id].down.removeFirst() {
        case .limit: shares[id]?.confirmed()
        case .dispatch:
            shares[id]?.receive()
            shares[id]?.held += 1
        }
    }
    mutating func end(_ id: Int) {
        let held = shares[id]?.held ?? 0
        shares[id]?.held = max(0, held - 1)
    }
    mutating func settle(_ busy: Int?) {
        for _ in 0..<60 {
            for id in streams.indices {
                if id == busy { streams[id].handOut() }
                while !streams[id].up.isEmpty { streams[id].hear() }
                while !streams[id].down.isEmpty { take(id) }
            }
            say()
        }
    }
}

@Suite("How a worker shares its places among schedulers")
struct SharesTests {
    @Test("no more runs than there are places, whatever is on its way; and who alone has work gets what the others leave", arguments: UInt64(1)...200)
    func exact(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var model = Model(places: .random(in: 1..<30, using: &random), count: .random(in: 1..<5, using: &random))
        for _ in 0..<400 {
            let id = Int.random(in: model.streams.indices, using: &random)
            switch Int.random(in: 0..<100, using: &random) {
            case 0..<30: model.streams[id].handOut()
            case 30..<50: model.streams[id].hear()
            case 50..<80: model.take(id)
            case 80..<95: model.end(id)
            case 95:
                model.streams[id] = PlayedStream()
                let held = model.shares[id]?.held ?? 0
                model.shares[id] = StreamCredit()
                // What still runs of the stream before keeps its places.
                model.shares[id]?.held = held
            default: break
            }
            if Bool.random(using: &random) { model.say() }
            #expect(model.held <= model.places)
        }
        model.settle(nil)
        for id in model.streams.indices { model.shares[id]?.held = 0 }
        model.settle(0)
        let floor = min(Shares<Int>.floor, model.places / model.streams.count)
        guard floor > 0 else { return }
        #expect(model.shares[0]?.held == model.places - floor * (model.streams.count - 1))
    }

    @Test("what is kept for a scheduler that does not answer a lower limit others have after a while, and it again what it has when it answers")
    func silent() {
        var model = Model(places: 16, count: 1)
        model.settle(nil)
        #expect(model.shares[0]?.limit == 16)
        model.shares[1] = StreamCredit()
        model.streams.append(PlayedStream())
        // It is told of a lower limit, and says nothing: until then it could fill all places.
        model.say()
        #expect(model.shares[0]?.limit == 8 && model.streams[1].up.isEmpty)
        model.now += Shares<Int>.answerMilliseconds
        model.say()
        #expect(model.streams[1].up == [8])
        // What it hands out all the same is more than there are places for, and its answer ends that.
        for _ in 0..<10 { model.shares[0]?.receive() }
        #expect(model.shares[0]?.isOverdue ?? false)
        model.shares[0]?.confirmed()
        #expect(model.shares[0].map { !$0.isOverdue && $0.open == 0 } ?? false)
        // Until what may come fits again, each has to be looked at.
        model.shares[0]?.held = 10
        model.shares.settle(16, held: 10)
        #expect(model.shares.isOverdrawn)
        model.shares[0]?.held = 8
        model.shares.settle(16, held: 8)
        #expect(!model.shares.isOverdrawn)
    }
}
