// SPDX-License-Identifier: Apache-2.0
public import Quantities

/// The rules for what sockets fall to by themselves when their coordinator is lost.
///
/// A socket safe current is zero or at least the minimum charging current; together they stay within the safe current of
/// the site on every phase (hazards A.1 rule 4, K03, K08). Phases count in the worst case: every socket on all phases it
/// is connected to.
public enum SafeCurrents {
    /// The sum per phase of what the sockets fall to.
    public static func total(_ sockets: [Socket]) -> PerPhase<Amperes> {
        var sum = PerPhase<Amperes>.zero
        for socket in sockets {
            for phase in socket.sitePhases { sum[phase] = sum[phase] + socket.safeCurrent }
        }
        return sum
    }
}
