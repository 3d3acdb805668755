// SPDX-License-Identifier: Apache-2.0

/// The four tables of the standard (application protocol, section 4.3).
public enum DataTable: String, Hashable, Sendable, CaseIterable {
    /// Bits that clients may read and write.
    case coils
    /// Bits that clients may read.
    case discreteInputs
    /// 16-bit registers that clients may read and write.
    case holdingRegisters
    /// 16-bit registers that clients may read.
    case inputRegisters

    /// Whether the items are bits and not registers.
    public var holdsBits: Bool { self == .coils || self == .discreteInputs }
}

/// What a unit holds, whatever it is made of: tables in memory, values computed at the moment, another device.
///
/// A server answers with ``answer(_:into:)``, which keeps the standard's rules and their order, so that a model sees
/// only requests that are right in form and within address 65535. Values travel in the wire's form on both ways:
/// registers high byte first, bits packed eight to a byte with the lowest first. `append(register:)` and
/// `append(bits:)` on arrays of bytes, `register(at:)` and `bit(at:)` on spans convert them.
///
/// A request that fails must leave everything as it was (8.22): ``answer(_:into:)`` asks
/// ``checkWrite(_:_:_:)`` before it writes. Whoever shares a model between connections holds a lock around a whole
/// answer, which makes each request atomic (8.23, 8.24).
public protocol DataModel {
    /// The functions that are served; all others get ``ExceptionCode/illegalFunction``.
    var functions: FunctionSet { get }

    /// Whether the unit carries nothing out and answers nothing, but function 8 (listen-only mode, 17.4).
    var isListenOnly: Bool { get }

    /// Appends the values of some items.
    ///
    /// - Parameters:
    ///   - table: The table.
    ///   - items: 1 to 2000 bits or 1 to 125 registers.
    ///   - bytes: Gets exactly as many bytes as the items take, behind what is there; another number of them counts as
    ///     ``ExceptionCode/serverDeviceFailure``.
    /// - Throws: ``ExceptionCode/illegalDataAddress`` when an item does not exist.
    func read(_ table: DataTable, _ items: ItemRange, into bytes: inout [UInt8]) throws(ExceptionCode)

    /// Says whether a write would be carried out, and changes nothing.
    ///
    /// - Parameters:
    ///   - table: ``DataTable/coils`` or ``DataTable/holdingRegisters``.
    ///   - items: What would be written.
    ///   - values: As many bytes as the items take; bits that pad the last one may be anything (1.7).
    /// - Throws: ``ExceptionCode/illegalDataAddress`` for items that do not exist or are read-only,
    ///   ``ExceptionCode/serverDeviceFailure`` for values that are refused, or what suits the device (9.10).
    func checkWrite(_ table: DataTable, _ items: ItemRange, _ values: Span<UInt8>) throws(ExceptionCode)

    /// Carries out a write that ``checkWrite(_:_:_:)`` has allowed.
    ///
    /// - Parameters:
    ///   - table: ``DataTable/coils`` or ``DataTable/holdingRegisters``.
    ///   - items: What is written.
    ///   - values: As many bytes as the items take.
    /// - Throws: What went wrong in carrying it out.
    mutating func write(_ table: DataTable, _ items: ItemRange, _ values: Span<UInt8>) throws(ExceptionCode)

    /// Answers a request that is not about the four tables.
    ///
    /// - Returns: The answer; `nil` to stay silent, as the standard wants for entering listen-only mode. What is no
    ///   answer to the request goes out as ``ExceptionCode/serverDeviceFailure``.
    /// - Throws: Why it is refused.
    mutating func answerOther(_ request: Request) throws(ExceptionCode) -> Response?

    /// Learns that a request has come, before anything else happens to it.
    mutating func noteRequest(of function: FunctionCode)

    /// Learns how a request ended, before its answer is sent.
    mutating func noteOutcome(of function: FunctionCode, _ outcome: RequestOutcome)
}

/// How a request ended.
public enum RequestOutcome: Hashable, Sendable {
    /// It was carried out.
    case answered
    /// It was refused.
    case refused(ExceptionCode)
    /// It gets no answer: the unit only listens, or begins to.
    case silent
}

extension DataModel {
    /// The functions on the four tables.
    public var functions: FunctionSet { .tables }

    /// Refuses with ``ExceptionCode/illegalDataAddress``, for units that are only read.
    public func checkWrite(
        _ table: DataTable,
        _ items: ItemRange,
        _ values: Span<UInt8>
    ) throws(ExceptionCode) {
        throw .illegalDataAddress
    }

    /// Refuses with ``ExceptionCode/illegalDataAddress``, for units that are only read.
    public mutating func write(
        _ table: DataTable,
        _ items: ItemRange,
        _ values: Span<UInt8>
    ) throws(ExceptionCode) {
        throw .illegalDataAddress
    }

    /// Answers.
    public var isListenOnly: Bool { false }

    /// Refuses with ``ExceptionCode/illegalFunction``.
    public mutating func answerOther(_ request: Request) throws(ExceptionCode) -> Response? { throw .illegalFunction }

    /// Does nothing.
    public mutating func noteRequest(of function: FunctionCode) {}

    /// Does nothing.
    public mutating func noteOutcome(of function: FunctionCode, _ outcome: RequestOutcome) {}
}
