// SPDX-License-Identifier: Apache-2.0

import Modbus

/// Cuts what a server hears on a line into RTU frames.
///
/// On a line all hear all, so answers of other devices come by as well, and nothing in their bytes tells them from
/// requests. A frame to or from somebody else is therefore looked at both ways; it only has to be recognised for its end
/// to be known (10.12). What fits neither way is passed over up to the next silence (10.11).
struct RTUReceiver: LineReceiver {
    private let units: Set<UInt8>
    private let functions: UserFunctions
    private var bytes: [UInt8] = []
    /// Whether everything is passed over up to the next silence.
    private var isOutOfStep = false

    init(units: Set<UInt8>, functions: UserFunctions = UserFunctions()) {
        self.units = units
        self.functions = functions
        bytes.reserveCapacity(2 * RTUFrame.counts.upperBound)
    }

    /// Whether a silence would mean something.
    var awaitsSilence: Bool { isOutOfStep || !bytes.isEmpty }

    /// Takes bytes; ask ``next()`` until there is nothing more.
    mutating func receive(_ new: some Sequence<UInt8>) {
        guard !isOutOfStep else { return }
        bytes.append(contentsOf: new)
    }

    /// The next thing that was heard as a whole.
    mutating func next() -> Heard? {
        guard !bytes.isEmpty else { return nil }
        switch start() {
        case .frame(let frame):
            defer { bytes.removeFirst(frame.count) }
            return .frame(unit: frame.unit, pdu: Array(bytes[frame.pdu]))
        case .incomplete, .untilSilence:
            return nil
        case .fault:
            bytes.removeAll(keepingCapacity: true)
            isOutOfStep = true
            return .fault
        }
    }

    /// Takes note of a silence that ends whatever came before it.
    mutating func fallSilent() -> Heard? {
        defer {
            bytes.removeAll(keepingCapacity: true)
            isOutOfStep = false
        }
        guard !bytes.isEmpty else { return nil }
        do throws(RTUFault) {
            let frame = try RTUFrame(whole: bytes.span)
            let pdu = bytes[frame.pdu]
            // A known function with another length than its own is no frame either (10.11).
            let isWhole = PDULength(of: pdu.span, .request, user: functions) == .untilSilence
            return isWhole || !concernsUs ? .frame(unit: frame.unit, pdu: Array(pdu)) : .fault
        } catch {
            return .fault
        }
    }

    private var concernsUs: Bool { bytes[0] == 0 || units.contains(bytes[0]) }

    private func start() -> RTUFrameStart {
        let request = RTUFrameStart(of: bytes.span, .request, user: functions)
        guard !concernsUs else { return request }
        switch (request, RTUFrameStart(of: bytes.span, .response, user: functions)) {
        case (.frame, _): return request
        case (_, .frame(let frame)): return .frame(frame)
        case (.fault, let response): return response
        case (_, _): return request
        }
    }
}
