import TaskDomain

/// What a worker is told to be, as `ControlWorker` has it told.
enum WorkerOrder {
    case runAtOnce(Int)
    case serve([String])
    case drain
    case resume
    /// What it was started as.
    case settings

    static func any(_ chance: inout Chance) -> WorkerOrder {
        switch chance.int(0...5) {
        case 0, 1: .runAtOnce(Int(chance.spread(1...60)))
        case 2: .serve([chance.pick(ReminderPlan.queues)])
        case 3: .drain
        case 4: .resume
        default: .settings
        }
    }
}
