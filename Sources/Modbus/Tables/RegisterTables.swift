// SPDX-License-Identifier: Apache-2.0

/// What one unit holds in memory, and the answers a server gives from it.
public struct RegisterTables: Hashable, Sendable {
    /// Values that clients may write into registers.
    public struct WriteLimit: Hashable, Sendable {
        /// The registers.
        public var addresses: ClosedRange<UInt16>
        /// The values that are taken.
        public var values: ClosedRange<UInt16>
        /// What a write of another value is answered (9.10).
        public var exception: ExceptionCode

        /// Creates a limit.
        public init(
            addresses: ClosedRange<UInt16>,
            values: ClosedRange<UInt16>,
            exception: ExceptionCode = .serverDeviceFailure
        ) {
            self.addresses = addresses
            self.values = values
            self.exception = exception
        }
    }

    /// Read and written with functions 1, 5 and 15.
    public var coils: BitTable
    /// Read with function 2.
    public var discreteInputs: BitTable
    /// Read and written with functions 3, 6, 16, 22 and 23.
    public var holding: RegisterTable
    /// Read with function 4.
    public var input: RegisterTable
    /// Guards values of holding registers.
    public var writeLimits: [WriteLimit] = []
    /// Files by number, read and written with functions 20 and 21; those are served as soon as there is a file.
    public var files: [UInt16: RegisterTable] = [:]
    /// Queues by pointer address, read with function 24; that is served as soon as there is a queue.
    public var queues: [UInt16: [UInt16]] = [:]
    /// What the device says about itself; without it function 43 is refused.
    public var identification: DeviceIdentification?
    /// Functions 7, 8, 11, 12 and 17; without it they are refused (8.29).
    public var serialLine: SerialLineFunctions?
    /// Functions that are refused although the tables could serve them.
    public var withheldFunctions: FunctionSet = []

    /// Creates the tables of a unit.
    public init(
        holding: RegisterTable = RegisterTable(),
        input: RegisterTable = RegisterTable(),
        coils: BitTable = BitTable(),
        discreteInputs: BitTable = BitTable()
    ) {
        self.holding = holding
        self.input = input
        self.coils = coils
        self.discreteInputs = discreteInputs
    }

    /// Carries out a request and says what to answer; the same as ``DataModel/answer(_:)`` for units that never stay
    /// silent.
    ///
    /// A unit in listen-only mode answers ``ExceptionCode/serverDeviceBusy`` here.
    public mutating func respond(to request: Request) -> Response {
        answer(request) ?? .exception(request.function, .serverDeviceBusy)
    }
}

extension RegisterTables: DataModel {
    /// What the tables can serve, less what is withheld: a unit without coils has no functions on coils.
    public var functions: FunctionSet {
        var functions = FunctionSet.registers
        if !coils.isEmpty { functions = functions.union(.coils) }
        if !discreteInputs.isEmpty { functions.insert(.readDiscreteInputs) }
        if !files.isEmpty { functions = functions.union(.files) }
        if !queues.isEmpty { functions.insert(.readFIFOQueue) }
        if identification != nil { functions.insert(.encapsulatedInterface) }
        if serialLine != nil { functions = functions.union(.serialLine) }
        return functions.subtracting(withheldFunctions)
    }

    /// Whether function 8 made the unit listen without answering.
    public var isListenOnly: Bool { serialLine?.isListenOnly ?? false }

    /// Appends stored values.
    public func read(_ table: DataTable, _ items: ItemRange, into bytes: inout [UInt8]) throws(ExceptionCode) {
        switch table {
        case .coils: bytes.append(bits: try coils.stored(items))
        case .discreteInputs: bytes.append(bits: try discreteInputs.stored(items))
        case .holdingRegisters: bytes.append(words: try holding.stored(items))
        case .inputRegisters: bytes.append(words: try input.stored(items))
        }
    }

    /// Looks whether the items exist, are not read-only and take the values.
    public func checkWrite(
        _ table: DataTable,
        _ items: ItemRange,
        _ values: Span<UInt8>
    ) throws(ExceptionCode) {
        switch table {
        case .coils: try coils.checkWritable(items)
        case .holdingRegisters:
            try holding.checkWritable(items)
            for limit in writeLimits {
                for place in 0..<items.count
                where limit.addresses.contains(items.address + UInt16(place))
                    && !limit.values.contains(values.register(at: place))
                {
                    throw limit.exception
                }
            }
        case .discreteInputs, .inputRegisters: throw .illegalDataAddress
        }
    }

    /// Stores the values.
    public mutating func write(
        _ table: DataTable,
        _ items: ItemRange,
        _ values: Span<UInt8>
    ) throws(ExceptionCode) {
        switch table {
        case .coils: try coils.overwrite(items) { values.bit(at: $0) }
        case .holdingRegisters: try holding.overwrite(items) { values.register(at: $0) }
        case .discreteInputs, .inputRegisters: throw .illegalDataAddress
        }
    }

    /// Answers from files, queues, the identification and the functions of serial lines.
    public mutating func answerOther(_ request: Request) throws(ExceptionCode) -> Response? {
        switch request {
        case .readFileRecord(let references): return .readFileRecord(try readFiles(references))
        case .writeFileRecord(let records):
            try writeFiles(records)
            return .writeFileRecord(records)
        case .readFIFOQueue(let address):
            guard let values = queues[address] else { throw .illegalDataAddress }
            guard values.count <= Limits.fifoValues else { throw .illegalDataValue }
            return .readFIFOQueue(values)
        case .readDeviceIdentification(let code, let object):
            guard let identification else { throw .illegalFunction }
            return .readDeviceIdentification(try identification.page(code, from: object))
        case .readExceptionStatus, .diagnostics, .getCommEventCounter, .getCommEventLog, .reportServerID:
            guard serialLine != nil else { throw .illegalFunction }
            return try serialLine?.respond(to: request)
        default: throw .illegalFunction
        }
    }

    /// Counts for the functions of serial lines.
    public mutating func noteRequest(of function: FunctionCode) { serialLine?.noteRequest() }

    /// Counts for the functions of serial lines.
    public mutating func noteOutcome(of function: FunctionCode, _ outcome: RequestOutcome) {
        serialLine?.noteOutcome(of: function, outcome)
    }

    private func readFiles(_ references: [FileReference]) throws(ExceptionCode) -> [[UInt16]] {
        guard FileReference.answerCount(references) <= Limits.pduCount else { throw .illegalDataValue }
        var groups: [[UInt16]] = []
        for reference in references {
            guard reference.isValid,
                let values = files[reference.file]?.read(address: reference.record, count: Int(reference.count))
            else { throw .illegalDataAddress }
            groups.append(values)
        }
        return groups
    }

    /// All groups are checked before the first register changes (8.22).
    private mutating func writeFiles(_ records: [FileRecord]) throws(ExceptionCode) {
        for record in records {
            let reference = record.reference
            guard reference.isValid, let file = files[record.file],
                let items = ItemRange(address: record.record, count: record.values.count)
            else { throw .illegalDataAddress }
            try file.checkWritable(items)
        }
        for record in records { files[record.file]?.set(record.values, at: record.record) }
    }
}
