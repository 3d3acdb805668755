// SPDX-License-Identifier: Apache-2.0
public import Quantities

/// The parameters of the control law, each with its default and reason.
public struct ChargingRules: Sendable, Equatable {
    /// The least current the control pilot can offer (IEC 61851-1 annex A).
    public static let minimumChargingCurrent = Amperes(6)

    /// Kept free under the limit of the metered circuit.
    ///
    /// Half of it also serves as dead band against noise.
    public var margin = Amperes(milliamperes: 500)
    /// An increase needs the current to have been free for this long: longer than meter and command are late.
    public var increaseHold = Duration.seconds(3)
    /// The least time between two increases of a socket; cars follow slowly and stations wear.
    public var increaseInterval = Duration.seconds(5)
    /// Increases smaller than this wait, unless they reach the socket's maximum.
    public var smallestIncrease = Amperes(milliamperes: 500)
    /// A decrease that no limit demands, only fairness, happens from this difference on.
    public var smallestShift = Amperes(milliamperes: 700)
    /// The gradual return after a loss rises by 1 A in this time, per socket.
    public var returnStepInterval = Duration.seconds(5)
    /// A shortage below the minimum is borne this long before a socket is paused.
    public var pauseDelay = Duration.seconds(10)
    /// A phase this much over its limit, in percent of the limit, pauses a socket without delay.
    public var pauseAtOncePercent = 105
    /// A paused socket resumes when its minimum and this much more have been free for ``resumeHold``.
    public var resumeExtra = Amperes(milliamperes: 500)
    /// See ``resumeExtra``.
    public var resumeHold = Duration.seconds(10)
    /// The least time between a pause and its end.
    public var minimumPause = Duration.seconds(60)
    /// A socket that charges hands over to one that waits after this time (alternating period).
    public var alternatingPeriod = Duration.seconds(900)
    /// The oldest sample a decision may use (T_fresh).
    public var freshSample = Duration.seconds(3)
    /// No acceptable sample for this long is a loss (T_loss).
    public var lossAfter = Duration.seconds(5)
    /// So many failed reads in a row are a loss.
    public var lossAfterMisses = 3
    /// A loss becomes an error this long after the first failed read (T_err; product document 4.1 (4)).
    public var errorAfter = Duration.seconds(120)
    /// Good reads in a row before the return begins (T_stable); doubled with each loss within ``flapWindow``.
    public var stableReads = 3
    /// See ``stableReads``.
    public var flapWindow = Duration.seconds(600)
    /// The time a written setpoint needs until the vehicle follows (T_set).
    public var settleTime = Duration.seconds(7)
    /// A socket above what it was allowed for this long, the settling time passed, does not follow; one report is no proof.
    public var disobedienceAfter = Duration.seconds(2)
    /// A station that has not reported for this long is silent.
    public var silentAfter = Duration.seconds(5)
    /// A vehicle that takes less than offered for this long has its offer shrunk to what it takes.
    public var shrinkAfter = Duration.seconds(8)
    /// A vehicle that takes less than 1 A for this long counts as not taking.
    public var notTakingAfter = Duration.seconds(120)

    /// Creates the default rules.
    public init() {}

    /// The largest count of good reads that repeated losses can demand (A.2: 300 s at one read a second).
    static let mostStableReads = 300
    /// How much a vehicle may draw above its offer before it counts as disobedient: 10 % and half an ampere
    /// (hazards A.5 rule 7).
    static func tolerated(_ offer: Amperes) -> Amperes {
        Amperes(milliamperes: offer.milliamperes + offer.milliamperes / 10 + 500)
    }
}
