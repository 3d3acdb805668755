// SPDX-License-Identifier: Apache-2.0

/// The sizes and quantities the standard sets.
public enum Limits {
    /// The most bytes of a PDU, function code included (application protocol, section 4.1).
    public static let pduCount = 253
    /// The most registers one read asks for (sections 6.3 and 6.4).
    public static let readRegisters = 125
    /// The most registers one write carries (section 6.12).
    public static let writeRegisters = 123
    /// How many items a table may have; an address plus a quantity may reach it and never pass it (section 4.3).
    public static let tableCount = 65536
}
