// SPDX-License-Identifier: Apache-2.0

/// A set of function codes that requests may use, 1 to 127; asking it costs a shift and no memory.
public struct FunctionSet: Hashable, Sendable, ExpressibleByArrayLiteral {
    private var bits: UInt128 = 0

    /// Creates a set; codes that no request can have (0, 128 to 255) are left out.
    public init(arrayLiteral functions: FunctionCode...) {
        for function in functions { insert(function) }
    }

    /// The functions on registers: 3, 4, 6, 16, 22 and 23.
    public static let registers: FunctionSet = [
        .readHoldingRegisters, .readInputRegisters, .writeSingleRegister, .writeMultipleRegisters, .maskWriteRegister,
        .readWriteMultipleRegisters,
    ]
    /// The functions on coils: 1, 5 and 15.
    public static let coils: FunctionSet = [.readCoils, .writeSingleCoil, .writeMultipleCoils]
    /// The functions on the four tables: 1 to 6, 15, 16, 22 and 23.
    public static let tables: FunctionSet = registers.union(coils).union([.readDiscreteInputs])
    /// The functions of the standard for serial lines: 7, 8, 11, 12 and 17 (8.29).
    public static let serialLine: FunctionSet = [
        .readExceptionStatus, .diagnostics, .getCommEventCounter, .getCommEventLog, .reportServerID,
    ]
    /// The functions on files: 20 and 21.
    public static let files: FunctionSet = [.readFileRecord, .writeFileRecord]

    /// Whether a code is in the set.
    public func contains(_ function: FunctionCode) -> Bool {
        function.rawValue < 128 && bits >> UInt128(function.rawValue) & 1 == 1
    }

    /// Puts a code in.
    public mutating func insert(_ function: FunctionCode) {
        if function.rawValue > 0, !function.isException { bits |= 1 << UInt128(function.rawValue) }
    }

    /// The codes that are in one set or the other.
    public func union(_ other: FunctionSet) -> FunctionSet {
        var result = self
        result.bits |= other.bits
        return result
    }

    /// The codes that are not in the other set.
    public func subtracting(_ other: FunctionSet) -> FunctionSet {
        var result = self
        result.bits &= ~other.bits
        return result
    }

    /// The codes in order.
    public var codes: [FunctionCode] {
        (1...127).map { FunctionCode(rawValue: $0) }.filter(contains)
    }
}
