// SPDX-License-Identifier: Apache-2.0

import Modbus
import Synchronization

/// The counters that the standard wants for a line (10.19), shared between the port and whoever looks at them.
final class LineCounters: Sendable {
    private let counters = Mutex(DiagnosticCounters())

    /// The present values.
    var values: DiagnosticCounters { counters.withLock { $0 } }

    /// Counts one; after 65535 comes 0.
    func count(_ counter: WritableKeyPath<DiagnosticCounters, UInt16>) {
        counters.withLock { $0[keyPath: counter] &+= 1 }
    }

    /// Counts what an answer is.
    func countAnswer(_ pdu: [UInt8]) {
        guard pdu.count == 2, FunctionCode(rawValue: pdu[0]).isException else { return }
        count(\.exceptions)
        if ExceptionCode(rawValue: pdu[1]) == .serverDeviceBusy { count(\.busy) }
    }

    /// Answers the parts of function 8 that are about counters; `nil` for all other requests.
    func answer(_ pdu: [UInt8]) -> Response? {
        guard pdu.first == FunctionCode.diagnostics.rawValue,
            case .diagnostics(let code, let data)? = try? Request(decoding: pdu.span), code.isAboutCounters
        else { return nil }
        guard data == [0] else { return .exception(.diagnostics, .illegalDataValue) }
        let value: UInt16 = counters.withLock { counters in
            switch code {
            case .clearCounters: counters = DiagnosticCounters()
            case .clearOverrunCounter: counters.overruns = 0
            case .busMessageCount: return counters.busMessages
            case .busCommunicationErrorCount: return counters.busCommunicationErrors
            case .busExceptionErrorCount: return counters.exceptions
            case .serverMessageCount: return counters.serverMessages
            case .serverNoResponseCount: return counters.noResponses
            case .serverNAKCount: return counters.negativeAcknowledgements
            case .serverBusyCount: return counters.busy
            default: return counters.overruns
            }
            return 0
        }
        return .diagnostics(code, data: [value])
    }
}

extension DiagnosticsCode {
    fileprivate var isAboutCounters: Bool { (10...18).contains(rawValue) || self == .clearOverrunCounter }
}
