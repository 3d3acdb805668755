// SPDX-License-Identifier: Apache-2.0
public import Quantities

/// Gives registers of a meter their meaning: units, signs, what is missing; without I/O.
public struct MeterDecoder: Sendable {
    /// Below this share of voltage times current the sign of a power means nothing; it counts as import.
    static let meaningfulShare = 0.05
    /// The voltage to judge by when the meter gives none.
    static let nominalVoltage = 230.0

    /// The map of the meter.
    public let profile: MeterProfile
    /// What to add to the profile's addresses: the first register of the SunSpec model.
    public let base: Int
    /// Whether power counts the other way round on this site than the profile says.
    public let isInverted: Bool

    /// Creates a decoder.
    public init(profile: MeterProfile, base: Int = 0, isInverted: Bool = false) {
        self.profile = profile
        self.base = base
        self.isInverted = isInverted
    }

    /// Reads the values of one instant.
    ///
    /// - Parameters:
    ///   - image: The registers of the profile's poll blocks.
    ///   - slow: The registers of its slow blocks, as last read.
    ///   - instant: When the currents were measured.
    /// - Returns: A reading that was not checked yet.
    /// - Throws: ``ReadingFault/notAvailable(_:)`` or ``ReadingFault/outOfRange(_:value:)``; the whole reading is lost
    ///   then, on all phases (M03).
    public func reading(
        _ image: RegisterImage,
        slow: RegisterImage = RegisterImage(),
        sampledAt instant: Instant
    ) throws(ReadingFault) -> MeterReading {
        let voltages = try perPhase(Quantity.voltage, image)
        let powers = try perPhase(Quantity.power, image)?.map { direction * $0 }
        let currents = try currents(image, voltages: voltages, powers: powers)
        let energies = (try number(.energyImport, image, slow), try number(.energyExport, image, slow))
        // A meter that hangs the wrong way round counts import as export; a maker's odd sign leaves the counters right.
        let (imported, exported) = isInverted ? (energies.1, energies.0) : energies
        return MeterReading(
            sampledAt: instant,
            currents: currents,
            voltages: try quantities(voltages, Quantity.voltage, Volts.init),
            powers: try quantities(powers, Quantity.power, Watts.init),
            totalPower: try totalPower(image, powers: powers),
            frequency: try number(.frequency, image, slow),
            energyImport: try quantity(imported, .energyImport, WattHours.init),
            energyExport: try quantity(exported, .energyExport, WattHours.init)
        )
    }

    private var direction: Double { profile.isInverted == isInverted ? 1 : -1 }

    private func currents(
        _ image: RegisterImage,
        voltages: PerPhase<Double>?,
        powers: PerPhase<Double>?
    ) throws(ReadingFault) -> PerPhase<Amperes> {
        PerPhase(
            try current(.l1, image, voltages, powers),
            try current(.l2, image, voltages, powers),
            try current(.l3, image, voltages, powers)
        )
    }

    private func current(
        _ phase: Phase,
        _ image: RegisterImage,
        _ voltages: PerPhase<Double>?,
        _ powers: PerPhase<Double>?
    ) throws(ReadingFault) -> Amperes {
        guard let raw = try number(.current(phase), image) else { throw .notAvailable(.current(phase)) }
        let value =
            switch profile.currentSign {
            case .register: direction * raw
            case .power: signed(abs(raw), power: powers?[phase], voltage: voltages?[phase])
            }
        // Measured load rounds up, so that what is left never looks larger than it is.
        guard let current = Amperes(roundingUp: value) else {
            throw .outOfRange(.current(phase), value: "\(value) A")
        }
        return current
    }

    /// A magnitude with the direction of its power; import where that says nothing, which is the safe side.
    private func signed(_ magnitude: Double, power: Double?, voltage: Double?) -> Double {
        guard let power, power < 0 else { return magnitude }
        let apparent = abs(voltage ?? MeterDecoder.nominalVoltage) * magnitude
        return -power < MeterDecoder.meaningfulShare * apparent ? magnitude : -magnitude
    }

    private func totalPower(_ image: RegisterImage, powers: PerPhase<Double>?) throws(ReadingFault) -> Watts? {
        if let total = try number(.totalPower, image) {
            return try quantity(direction * total, .totalPower, Watts.init)
        }
        return try quantity(powers.map { $0.l1 + $0.l2 + $0.l3 }, .totalPower, Watts.init)
    }

    /// The three values of a quantity; `nil` when the meter does not have it, or lacks an optional one.
    private func perPhase(
        _ quantity: (Phase) -> Quantity,
        _ image: RegisterImage
    ) throws(ReadingFault) -> PerPhase<Double>? {
        let l1 = try number(quantity(.l1), image)
        let l2 = try number(quantity(.l2), image)
        let l3 = try number(quantity(.l3), image)
        guard let l1, let l2, let l3 else { return nil }
        return PerPhase(l1, l2, l3)
    }

    /// One value; `nil` when the profile does not have it, when it was not read, or when an optional one is missing.
    private func number(_ quantity: Quantity, _ images: RegisterImage...) throws(ReadingFault) -> Double? {
        guard let field = profile.fields[quantity] else { return nil }
        let span = field.span
        let image = images.first { $0.words(at: base + span.lowerBound, count: span.count) != nil }
        guard let image else { return nil }
        switch field.value(in: image, order: profile.header.wordOrder, base: base) {
        case .number(let number): return number
        case .missing:
            guard field.isOptional else { throw .notAvailable(quantity) }
            return nil
        }
    }

    private func quantities<Value>(
        _ numbers: PerPhase<Double>?,
        _ quantity: (Phase) -> Quantity,
        _ make: (Double) -> Value?
    ) throws(ReadingFault) -> PerPhase<Value>? {
        guard let numbers else { return nil }
        return PerPhase(
            try checked(numbers.l1, quantity(.l1), make),
            try checked(numbers.l2, quantity(.l2), make),
            try checked(numbers.l3, quantity(.l3), make)
        )
    }

    private func quantity<Value>(
        _ number: Double?,
        _ quantity: Quantity,
        _ make: (Double) -> Value?
    ) throws(ReadingFault) -> Value? {
        guard let number else { return nil }
        return try checked(number, quantity, make)
    }

    private func checked<Value>(
        _ number: Double,
        _ quantity: Quantity,
        _ make: (Double) -> Value?
    ) throws(ReadingFault) -> Value {
        guard let value = make(number) else { throw .outOfRange(quantity, value: "\(number) \(quantity.unit)") }
        return value
    }
}
