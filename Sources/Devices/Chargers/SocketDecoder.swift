// SPDX-License-Identifier: Apache-2.0
internal import Modbus
internal import Quantities

/// Gives a station's registers their meaning, without I/O.
struct SocketDecoder {
    /// No socket and no station of this world goes beyond; a wrong word order does.
    static let largestCurrent = 1000.0
    /// A year: beyond it a time is rubbish.
    static let longestTime = 31_536_000.0

    let profile: ChargerProfile

    /// Reads what a poll of one socket brought.
    func socket(_ unit: UInt8, _ image: RegisterImage) throws(ChargerError) -> SocketReading {
        var reading = SocketReading(unit: unit)
        reading.mode3 = mode3(image)
        reading.applied = try current(profile.socket.applied, "applied current", image)
        reading.setpoint = try current(profile.setpoint.field, "setpoint", image)
        reading.safeCurrent = try current(profile.socket.safeCurrent, "safe current", image)
        reading.validityRemaining = try time(profile.validity?.remaining, "remaining validity", image)
        reading.measurementAge = try time(profile.socket.measurementAge, "age of the measurement", image)
        reading.accountedFor = number(profile.socket.accountedFor, image).map { $0 != 0 }
        reading.currents = try currents(image)
        return reading
    }

    /// Reads what a poll of the station brought.
    func uptime(_ image: RegisterImage) throws(ChargerError) -> Duration? {
        guard let seconds = number(profile.station.uptime, image) else { return nil }
        guard (0...SocketDecoder.longestTime * 100).contains(seconds) else {
            throw .implausible("the uptime is \(seconds) s")
        }
        return .milliseconds(Int64((seconds * 1000).rounded()))
    }

    private func mode3(_ image: RegisterImage) -> Mode3State? {
        guard let block = profile.socket.mode3, let words = image.words(at: block.address, count: block.count) else {
            return nil
        }
        return Mode3State(rawValue: RegisterText().decode(words))
    }

    private func currents(_ image: RegisterImage) throws(ChargerError) -> PerPhase<Amperes>? {
        guard let fields = profile.socket.currents else { return nil }
        let l1 = try current(fields.l1, "current L1", image)
        let l2 = try current(fields.l2, "current L2", image)
        let l3 = try current(fields.l3, "current L3", image)
        guard let l1, let l2, let l3 else { return nil }
        return PerPhase(l1, l2, l3)
    }

    private func current(
        _ field: RegisterField?,
        _ name: String,
        _ image: RegisterImage
    ) throws(ChargerError) -> Amperes? {
        guard let value = number(field, image) else { return nil }
        guard abs(value) <= SocketDecoder.largestCurrent, let amperes = Amperes(roundingUp: value) else {
            throw .implausible("the \(name) is \(value) A")
        }
        return amperes
    }

    private func time(
        _ field: RegisterField?,
        _ name: String,
        _ image: RegisterImage
    ) throws(ChargerError) -> Duration? {
        guard let seconds = number(field, image) else { return nil }
        guard (0...SocketDecoder.longestTime).contains(seconds) else {
            throw .implausible("the \(name) is \(seconds) s")
        }
        return .milliseconds(Int64((seconds * 1000).rounded()))
    }

    private func number(_ field: RegisterField?, _ image: RegisterImage) -> Double? {
        field?.value(in: image, order: profile.header.wordOrder).number
    }
}
