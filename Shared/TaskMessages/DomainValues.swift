public import TaskDomain

// The domain's enums as the wire has them: what is stored is numbered by the domain, what is sent by the .proto files.

extension MisfirePolicy {
    public init(_ wire: Proto.MisfirePolicy) {
        self =
            switch wire {
            case .fireOnce: .fireOnce
            case .fireAll: .fireAll
            case .skip: .skip
            }
    }

    public var wire: Proto.MisfirePolicy {
        switch self {
        case .fireOnce: .fireOnce
        case .fireAll: .fireAll
        case .skip: .skip
        }
    }
}

extension FairShare {
    public init(_ wire: Proto.FairShare) {
        self =
            switch wire {
            case .caller: .caller
            case .createdBy: .createdBy
            case .classroomId: .classroomID
            case .nobody: .nobody
            }
    }

    public var wire: Proto.FairShare {
        switch self {
        case .caller: .caller
        case .createdBy: .createdBy
        case .classroomID: .classroomId
        case .nobody: .nobody
        }
    }
}

extension ReminderState {
    public init(_ wire: Proto.ReminderState) {
        self =
            switch wire {
            case .scheduled: .scheduled
            case .paused: .paused
            case .completed: .completed
            case .cancelled: .cancelled
            }
    }

    public var wire: Proto.ReminderState {
        switch self {
        case .scheduled: .scheduled
        case .paused: .paused
        case .completed: .completed
        case .cancelled: .cancelled
        }
    }
}

extension OccurrenceState {
    /// `nil` for what is in a scheduler's memory alone.
    public init?(_ wire: Proto.OccurrenceState) {
        switch wire {
        case .retrying: self = .pending
        case .held: self = .held
        case .dead: self = .dead
        case .ready, .running: return nil
        }
    }

    public var wire: Proto.OccurrenceState {
        switch self {
        case .pending: .retrying
        case .held: .held
        case .dead: .dead
        }
    }
}

extension Outcome {
    public init(_ wire: Proto.Outcome) {
        self =
            switch wire {
            case .delivered: .delivered
            case .retry: .retry
            case .rejected: .rejected
            case .authRejected: .authRejected
            case .cancelSchedule: .cancelSchedule
            case .lost: .leaseLost
            case .misfired: .misfired
            case .expired: .expired
            case .unsent: .unsent
            case .cancelled: .cancelled
            }
    }

    public var wire: Proto.Outcome {
        switch self {
        case .delivered: .delivered
        case .retry: .retry
        case .rejected: .rejected
        case .authRejected: .authRejected
        case .cancelSchedule: .cancelSchedule
        case .leaseLost: .lost
        case .misfired: .misfired
        case .expired: .expired
        case .unsent: .unsent
        case .cancelled: .cancelled
        }
    }
}
