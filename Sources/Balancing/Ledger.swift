// SPDX-License-Identifier: Apache-2.0
import Quantities

/// What each socket may still be drawing, whatever has become of the messages to it.
///
/// Every setpoint is a lease: it may be in force from the moment it is sent until its validity has surely run out, or until
/// the station has shown a later one as applied and settled. The names follow hazards A.6: *worst case* (W) counts every
/// open setpoint, *sent since the budget fell* (V) only those that today's budget has to answer for. Both never count less
/// than the share the socket falls to by itself.
struct Ledger: Sendable {
    /// An open setpoint.
    private struct Entry: Sendable {
        var sequence: Int
        var current: Amperes
        var expiry: Instant
        var isSinceFall: Bool
        /// When the station was first seen to apply a later setpoint.
        var supersededAt: Instant?
    }

    /// The entries of one socket.
    private struct Account: Sendable {
        var share: Amperes
        var maximum: Amperes
        /// Until the first report, or until any setpoint of an earlier controller has surely run out.
        var unknownUntil: Instant?
        var entries: [Entry] = []
    }

    /// More than a station can have open with renewals each third of a validity; older ones are merged upward.
    private static let mostEntries = 12

    private var accounts: [Account]
    private var nextSequence = 1

    init(sockets: [(share: Amperes, maximum: Amperes, unknownUntil: Instant)]) {
        accounts = sockets.map { Account(share: $0.share, maximum: $0.maximum, unknownUntil: $0.unknownUntil) }
    }

    /// The most that a socket may be drawing now.
    func worstCase(_ socket: Int, at now: Instant) -> Amperes {
        if let most = mostOfUnknown(socket, at: now) { return most }
        var most = accounts[socket].share
        for entry in accounts[socket].entries where entry.current > most && entry.expiry > now { most = entry.current }
        return most
    }

    /// The most that a socket was granted since the budget last fell.
    func sentSinceFall(_ socket: Int, at now: Instant) -> Amperes {
        if let most = mostOfUnknown(socket, at: now) { return most }
        var most = accounts[socket].share
        for entry in accounts[socket].entries where entry.isSinceFall && entry.current > most && entry.expiry > now {
            most = entry.current
        }
        return most
    }

    /// What counts for a socket that has never been heard of, while a setpoint of an earlier controller may be in force.
    private func mostOfUnknown(_ socket: Int, at now: Instant) -> Amperes? {
        guard let unknownUntil = accounts[socket].unknownUntil, now < unknownUntil else { return nil }
        return max(accounts[socket].maximum, accounts[socket].share)
    }

    /// When the last open setpoint of a socket has surely run out; `nil` when none is open.
    func lastExpiry(_ socket: Int, at now: Instant) -> Instant? {
        accounts[socket].entries.lazy.filter { $0.expiry > now }.map(\.expiry).max()
    }

    /// Takes the first report of a socket: what it holds counts until it has surely run out.
    mutating func open(_ socket: Int, holding current: Amperes, until expiry: Instant) {
        accounts[socket].unknownUntil = nil
        append(Entry(sequence: 0, current: current, expiry: expiry, isSinceFall: true), to: socket)
    }

    /// Counts a setpoint that is about to be sent.
    ///
    /// - Returns: Its sequence, for ``settle(_:before:at:after:)``.
    mutating func record(_ current: Amperes, for socket: Int, until expiry: Instant) -> Int {
        defer { nextSequence += 1 }
        append(Entry(sequence: nextSequence, current: current, expiry: expiry, isSinceFall: true), to: socket)
        return nextSequence
    }

    /// Closes all setpoints before one that the station shows as applied, each once that has been so for a time.
    mutating func settle(_ socket: Int, before sequence: Int, at now: Instant, after time: Duration) {
        for entry in accounts[socket].entries.indices where accounts[socket].entries[entry].sequence < sequence {
            accounts[socket].entries[entry].supersededAt = accounts[socket].entries[entry].supersededAt ?? now
        }
        accounts[socket].entries.removeAll { $0.supersededAt.map { now - $0 >= time } ?? false }
    }

    /// Uses the station's own word for its share when that is larger than the configured one.
    mutating func raiseShare(_ socket: Int, to share: Amperes) {
        accounts[socket].share = max(accounts[socket].share, share)
    }

    /// The share that is reserved for a socket.
    func share(_ socket: Int) -> Amperes { accounts[socket].share }

    /// Starts V again from the shares, because the budget fell.
    mutating func budgetFell() {
        for socket in accounts.indices {
            for entry in accounts[socket].entries.indices { accounts[socket].entries[entry].isSinceFall = false }
        }
    }

    /// Forgets what has run out.
    mutating func prune(at now: Instant) {
        for socket in accounts.indices where accounts[socket].entries.contains(where: { $0.expiry <= now }) {
            accounts[socket].entries.removeAll { $0.expiry <= now }
        }
    }

    private mutating func append(_ entry: Entry, to socket: Int) {
        // A renewal goes on with the entry it renews, so that repeating an order cannot crowd out what came before.
        if let last = accounts[socket].entries.indices.last, accounts[socket].entries[last].current == entry.current {
            let expiry = max(entry.expiry, accounts[socket].entries[last].expiry)
            accounts[socket].entries[last] = entry
            accounts[socket].entries[last].expiry = expiry
            return
        }
        accounts[socket].entries.append(entry)
        guard accounts[socket].entries.count > Ledger.mostEntries else { return }
        // Merging to the largest value and the latest expiry errs upward only.
        let first = accounts[socket].entries.removeFirst()
        accounts[socket].entries[0].current = max(first.current, accounts[socket].entries[0].current)
        accounts[socket].entries[0].expiry = max(first.expiry, accounts[socket].entries[0].expiry)
        accounts[socket].entries[0].isSinceFall = first.isSinceFall || accounts[socket].entries[0].isSinceFall
        // The merged one stands for both, so it is superseded only when the later of them is.
    }
}
