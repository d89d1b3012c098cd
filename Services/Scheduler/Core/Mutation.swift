/// A promise of the core broken on purpose, so that tests can see that they would notice. Nothing but the simulation's
/// tests can set one.
package enum Mutation: String, CaseIterable, Sendable {
    /// Occurrences are due a millisecond before their time.
    case runsEarly
    /// A create that failed is taken not to be stored.
    case takesFailedCreatesForNone
    /// A worker is told that its outcomes are stored when they are only on their way.
    case acknowledgesBeforeTheCommit
    /// A caller is told that a change was made when it is only on its way.
    case answersChangesBeforeTheCommit
    /// What a pause calls off is neither stopped at its worker nor named in the answer.
    case leavesWhatIsCalledOff
    /// What was called off while it ran is tried again when it fails, and said to be at its end.
    case triesAgainWhatIsCancelled
    /// The first failed attempt does not let the series go on.
    case holdsTheSeriesForARetry
    /// A dead letter ends its series.
    case endsTheSeriesWithADeadLetter
    /// What follows in the series is not brought into memory.
    case forgetsTheFollower
    /// What a load brings is believed although it changed meanwhile.
    case believesStaleLoads
    /// What a load brings that was asked for when its shard was another strand's is believed.
    case believesFormerLoads
    /// A worker that comes back is not asked what it runs.
    case ignoresWhatRuns
    /// What any worker says of a lease counts, whoever has or had it.
    case believesAnyWorker
    /// What a worker says of an occurrence in another's shard is answered, and settled.
    case acknowledgesForeign
    /// A worker that takes less than before, or from other queues, is handed what it was handed before.
    case ignoresWhatWorkersBecome
    /// What a worker may be handed in all is taken for so many more.
    case creditsAll
    /// A broken connection is taken for the worker's end.
    case givesUpLostWorkersAtOnce
    /// After a crash or a restart nobody is waited for.
    case doesNotWaitForWorkers
    /// A process that ends in order forgets who still runs something.
    case forgetsWorkersInADrain
    /// That something was handed out is not kept when the clock is set back before its time.
    case forgetsWhatWasHandedOut
    /// What ended before its series came to it is not known to the next process.
    case forgetsWhatHasPassed
    /// A create that is heard of late is taken for what stands.
    case believesLateCreates
    /// What a worker runs for a former process is forgotten as soon as that is revoked.
    case forgetsWhatItRevokes
    /// What a person had run stays to come when its series has come to that second and it was delivered as its.
    case forgetsWhatAPersonRan
    /// What is changed stays in memory as it was.
    case keepsWhatIsChanged
    /// Every missed occurrence is fired, whatever the policy.
    case ignoresMisfirePolicies
    /// Of what was missed everything is fired, however much it is.
    case firesAllThatWasMissed
    /// A refused credential holds one occurrence, and its series goes on.
    case sendsWhatIsRefused
    /// A series in a zone whose data has changed steps on by the instant of its last occurrence.
    case stepsByInstants
    /// Expired occurrences are delivered.
    case ignoresExpiry
    /// What is ready goes by when it was due, whoever it belongs to.
    case ordersByDueTimeAlone
    /// Loads go on when memory is full.
    case ignoresTheMemoryBound
    /// That a task goes on is acknowledged, and its lease ends when it did.
    case forgetsExtensions
    /// A worker that fell silent is given up with what its tasks extended.
    case givesUpWhatIsExtended
    /// Leases never run out.
    case neverEndsLeases
    /// A result that comes when its occurrence is no longer in memory is forgotten.
    case losesResultsThatComeLate
    /// What was never sent counts as an attempt.
    case countsUnsentTries
    /// What a worker says it cannot send is handed to it all the same.
    case letsAWaveThrough
    /// What was left to the disk of a lane is not looked for when somebody serves it.
    case forgetsTheShelf
    /// A batch that failed is dropped.
    case dropsFailedBatches
    /// What is written of any shard goes in order with everything else.
    case oneOutboxForAll
    /// What was on its way to the store when its shard was lost is acknowledged when that answers.
    case acknowledgesReleased
    /// What is in memory of a shard that is released is let go before it is on stable storage.
    case handsOverBeforeTheFlush
}
