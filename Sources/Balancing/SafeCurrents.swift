// SPDX-License-Identifier: Apache-2.0
public import Quantities

/// The rules for what sockets fall to by themselves when their coordinator is lost.
///
/// A socket safe current is zero or at least the minimum charging current; together they stay within the safe current of
/// the site on every phase (hazards A.1 rule 4, K03, K08). Phases count in the worst case: every socket on all phases it
/// is connected to.
public enum SafeCurrents {
    /// Gives every socket that has none its minimum, in order, while that fits; the rest get zero.
    ///
    /// - Parameters:
    ///   - sockets: One entry per socket in order: its connected site phases, its minimum, its maximum and the safe current
    ///     that somebody chose, if any.
    ///   - safeCurrent: What they may draw together per phase.
    /// - Returns: One safe current per socket. Chosen ones are returned unchanged, whether they fit or not.
    public static func shares(
        of sockets: [(phases: [Phase], minimum: Amperes, maximum: Amperes, chosen: Amperes?)],
        within safeCurrent: Amperes
    ) -> [Amperes] {
        var used = PerPhase<Amperes>.zero
        for socket in sockets {
            for phase in socket.phases { used[phase] = used[phase] + (socket.chosen ?? .zero) }
        }
        return sockets.map { socket in
            if let chosen = socket.chosen { return chosen }
            let fits =
                socket.minimum <= socket.maximum
                && socket.phases.allSatisfy { used[$0] + socket.minimum <= safeCurrent }
            guard fits else { return .zero }
            for phase in socket.phases { used[phase] = used[phase] + socket.minimum }
            return socket.minimum
        }
    }

    /// The sum per phase of what the sockets fall to.
    public static func total(_ sockets: [Socket]) -> PerPhase<Amperes> {
        var sum = PerPhase<Amperes>.zero
        for socket in sockets {
            for phase in socket.sitePhases { sum[phase] = sum[phase] + socket.safeCurrent }
        }
        return sum
    }
}
