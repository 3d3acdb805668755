// SPDX-License-Identifier: Apache-2.0
public import Modbus

/// Where one number of a device lies in its registers, and how to read it.
public struct RegisterField: Hashable, Sendable {
    /// How the register's number becomes a value in the unit of its quantity.
    public enum Scale: Hashable, Sendable {
        /// Times a constant.
        case factor(Double)
        /// Times ten to the power of another register (two's complement, one register), times a constant.
        case exponent(address: Int, factor: Double)
    }

    /// The zero-based address of the first register; counted from the model's first register on SunSpec devices.
    public let address: Int
    /// How the number lies in its registers.
    public let type: RegisterType
    /// The order of its bytes, where it differs from that of the profile.
    public let order: ByteOrder?
    /// How the number becomes a value.
    public let scale: Scale
    /// Bit patterns by which the device says that it has no value; floating-point types need none.
    public let sentinels: [UInt64]
    /// Whether a device without the value is still usable.
    public let isOptional: Bool

    /// Creates a field.
    public init(
        address: Int,
        type: RegisterType,
        order: ByteOrder? = nil,
        scale: Scale = .factor(1),
        sentinels: [UInt64]? = nil,
        isOptional: Bool = false
    ) {
        self.address = address
        self.type = type
        self.order = order
        self.scale = scale
        self.sentinels = sentinels ?? Sentinel.defaults(for: type)
        self.isOptional = isOptional
    }

    /// The registers that one request has to bring for the value to be of one instant: its own, and those up to its
    /// exponent, which may change while the device runs.
    public var span: Range<Int> {
        let own = address..<address + type.registerCount
        guard case .exponent(let exponent, _) = scale else { return own }
        return min(own.lowerBound, exponent)..<max(own.upperBound, exponent + 1)
    }

    /// The smallest difference between two values, in the unit of the quantity, as far as the profile tells.
    var resolution: Double {
        if case .factor(let factor) = scale, type.kind != .float { abs(factor) } else { 0 }
    }

    /// Reads the value from registers.
    ///
    /// - Parameters:
    ///   - image: Registers that were read.
    ///   - order: The order of bytes in the profile.
    ///   - base: What to add to the addresses.
    /// - Returns: A finite number, or ``FieldValue/missing``: never a sentinel, an infinity or not-a-number (M03).
    public func value(in image: RegisterImage, order: ByteOrder, base: Int = 0) -> FieldValue {
        guard let words = image.words(at: base + address, count: type.registerCount),
            let number = type.decode(words, order: self.order ?? order),
            !isSentinel(number),
            let factor = factor(in: image, base: base)
        else { return .missing }
        let value = number.double * factor
        return value.isFinite ? .number(value) : .missing
    }

    private func isSentinel(_ number: RegisterNumber) -> Bool {
        switch number {
        case .unsigned(let bits): sentinels.contains(bits)
        case .signed(let value): sentinels.contains(UInt64(bitPattern: value) & Sentinel.mask(type))
        case .float(let value): !value.isFinite
        }
    }

    private func factor(in image: RegisterImage, base: Int) -> Double? {
        switch scale {
        case .factor(let factor):
            return factor
        case .exponent(let address, let factor):
            guard let word = image.words(at: base + address, count: 1)?.first else { return nil }
            let exponent = Int(Int16(bitPattern: word))
            // The standard permits -10 to 10; anything else, the sentinel 0x8000 above all, is not an exponent.
            guard (-10...10).contains(exponent) else { return nil }
            let power = (0..<abs(exponent)).reduce(1.0) { product, _ in product * 10 }
            return exponent < 0 ? factor / power : factor * power
        }
    }
}

/// A value as read: a finite number or the knowledge that there is none.
public enum FieldValue: Hashable, Sendable {
    /// A finite number in the unit of the quantity.
    case number(Double)
    /// The device has no value, or what it sent is no number.
    case missing

    /// The number, when there is one.
    public var number: Double? {
        switch self {
        case .number(let number): number
        case .missing: nil
        }
    }
}
