// SPDX-License-Identifier: Apache-2.0

/// The sizes and quantities the standard sets.
public enum Limits {
    /// The most bytes of a PDU, function code included (application protocol, section 4.1).
    public static let pduCount = 253
    /// The most coils or discrete inputs one read asks for (sections 6.1 and 6.2).
    public static let readBits = 2000
    /// The most coils one write carries (section 6.11).
    public static let writeBits = 1968
    /// The most registers one read asks for (sections 6.3 and 6.4).
    public static let readRegisters = 125
    /// The most registers one write carries (section 6.12).
    public static let writeRegisters = 123
    /// The most registers the write half of function 23 carries (section 6.17).
    public static let readWriteRegisters = 121
    /// The most values of a FIFO queue one answer carries (section 6.18).
    public static let fifoValues = 31
    /// The most events of a communication log (section 6.10).
    public static let commEvents = 64
    /// The most bytes of one object of a device identification, so that it fits an answer undivided (8.36).
    public static let identificationObject = 244
    /// The most bytes of the identifier, indicator and additional data of function 17.
    public static let serverID = 251
    /// The highest record number in a file (section 6.14).
    public static let fileRecord: UInt16 = 9999
    /// How many items a table may have; an address plus a quantity may reach it and never pass it (section 4.3).
    public static let tableCount = 65536
}
