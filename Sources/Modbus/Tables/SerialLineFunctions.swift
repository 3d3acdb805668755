// SPDX-License-Identifier: Apache-2.0

/// What the standard has devices on serial lines count (serial line guide, section 2.4.2; functions 8, 11 and 12).
public struct DiagnosticCounters: Hashable, Sendable {
    /// Frames seen on the line, whoever they were for.
    public var busMessages: UInt16 = 0
    /// Frames with a wrong CRC, parity or length.
    public var busCommunicationErrors: UInt16 = 0
    /// Exceptions answered.
    public var exceptions: UInt16 = 0
    /// Frames for this device, broadcasts included.
    public var serverMessages: UInt16 = 0
    /// Frames for this device that got no answer.
    public var noResponses: UInt16 = 0
    /// Negative acknowledgements.
    public var negativeAcknowledgements: UInt16 = 0
    /// Times the device was busy.
    public var busy: UInt16 = 0
    /// Characters lost to overruns.
    public var overruns: UInt16 = 0

    /// Creates counters at zero; they wrap around after 65535.
    public init() {}

    /// The counter a code of function 8 asks for.
    subscript(code: DiagnosticsCode) -> UInt16? {
        switch code {
        case .busMessageCount: busMessages
        case .busCommunicationErrorCount: busCommunicationErrors
        case .busExceptionErrorCount: exceptions
        case .serverMessageCount: serverMessages
        case .serverNoResponseCount: noResponses
        case .serverNAKCount: negativeAcknowledgements
        case .serverBusyCount: busy
        case .busCharacterOverrunCount: overruns
        default: nil
        }
    }
}

/// The functions of the standard for devices on serial lines: 7, 8, 11, 12 and 17.
///
/// A ``DataModel`` that has them counts what it is asked to answer. Whoever reads a line adds to ``counters`` what never
/// gets that far: frames for others and frames with errors.
public struct SerialLineFunctions: Hashable, Sendable {
    /// Events as function 12 lists them (17.2).
    private enum Event {
        static let restart: UInt8 = 0x00
        static let listenOnly: UInt8 = 0x04
        static let received: UInt8 = 0x80
        static let receivedInListenOnly: UInt8 = 0xA0
        static let sent: UInt8 = 0x40

        /// What is sent, with a bit for the kind of exception.
        static func sent(_ exception: ExceptionCode) -> UInt8 {
            switch exception {
            case .serverDeviceFailure: sent | 0x02
            case .acknowledge, .serverDeviceBusy: sent | 0x04
            default: sent | 0x01
            }
        }
    }

    /// Eight bits whose meaning is the device's (function 7).
    public var exceptionStatus: UInt8 = 0
    /// What the device is, in its own code (function 17); cut to 250 bytes in the answer.
    public var identifier: [UInt8]
    /// Whether the device runs (function 17); sent as 0x00 or 0xFF (8.28).
    public var isRunning = true
    /// What else the device says with function 17; cut to what fits the answer.
    public var additionalData: [UInt8]
    /// The device's diagnostic register (function 8, code 2).
    public var diagnosticRegister: UInt16 = 0
    /// Whether clients may restart and silence the device (function 8, codes 1 and 4); on TCP any client could then
    /// silence it for all (17.5).
    public var allowsListenOnly: Bool
    /// What was seen on the line.
    public var counters = DiagnosticCounters()

    /// Whether the device carries nothing out and answers nothing until it is restarted (17.4).
    public private(set) var isListenOnly = false
    /// The character that ends ASCII frames, line feed unless a client changed it (function 8, code 3).
    public private(set) var asciiDelimiter: UInt8 = 0x0A
    private var eventCount: UInt16 = 0
    private var events: [UInt8] = []
    /// Whether the request at hand set the counters to zero; it is not counted itself.
    private var isReset = false

    /// Creates the functions of a device.
    public init(identifier: [UInt8], additionalData: [UInt8] = [], allowsListenOnly: Bool = false) {
        self.identifier = identifier
        self.additionalData = additionalData
        self.allowsListenOnly = allowsListenOnly
    }

    private var serverID: [UInt8] {
        let mandatory = identifier.prefix(Limits.serverID - 1) + [isRunning ? 0xFF : 0x00]
        return Array((mandatory + additionalData).prefix(Limits.serverID))
    }

    /// Answers one of the functions.
    ///
    /// - Returns: `nil` when the standard wants silence.
    /// - Throws: ``ExceptionCode/illegalFunction`` for unknown parts of function 8, ``ExceptionCode/illegalDataValue``
    ///   for data they do not take (9.6).
    mutating func respond(to request: Request) throws(ExceptionCode) -> Response? {
        switch request {
        case .diagnostics(let code, let data): return try diagnose(code, data)
        case .readExceptionStatus: return .readExceptionStatus(exceptionStatus)
        case .getCommEventCounter: return .getCommEventCounter(status: 0, count: eventCount)
        case .getCommEventLog:
            return .getCommEventLog(
                CommEventLog(
                    status: 0,
                    eventCount: eventCount,
                    messageCount: counters.busMessages,
                    events: events
                )
            )
        case .reportServerID: return .reportServerID(serverID)
        default: throw .illegalFunction
        }
    }

    /// Counts a request and writes it into the log, before it is carried out (17.2).
    mutating func noteRequest() {
        counters.busMessages &+= 1
        counters.serverMessages &+= 1
        note(isListenOnly ? Event.receivedInListenOnly : Event.received)
    }

    /// Counts how a request ended (17.1, 17.2).
    mutating func noteOutcome(of function: FunctionCode, _ outcome: RequestOutcome) {
        guard !isReset else {
            isReset = false
            return
        }
        switch outcome {
        case .answered:
            // Reading the counters is no event of theirs.
            if function != .getCommEventCounter, function != .getCommEventLog { eventCount &+= 1 }
            note(Event.sent)
        case .refused(let exception):
            counters.exceptions &+= 1
            if exception == .serverDeviceBusy { counters.busy &+= 1 }
            note(Event.sent(exception))
        case .silent:
            counters.noResponses &+= 1
        }
    }

    /// Sets the counters to zero (function 8, codes 1 and 10).
    private mutating func reset() {
        counters = DiagnosticCounters()
        eventCount = 0
        isReset = true
    }

    private mutating func note(_ event: UInt8) {
        events.insert(event, at: 0)
        if events.count > Limits.commEvents { events.removeLast() }
    }

    private mutating func diagnose(_ code: DiagnosticsCode, _ data: [UInt16]) throws(ExceptionCode) -> Response? {
        if code == .restartCommunications { return try restart(data) }
        guard !isListenOnly else { return nil }
        switch code {
        case .returnQueryData: return .diagnostics(code, data: data)
        case .changeASCIIDelimiter:
            guard data.count == 1, data[0] & 0xFF == 0 else { throw .illegalDataValue }
            asciiDelimiter = UInt8(data[0] >> 8)
            return .diagnostics(code, data: data)
        case .forceListenOnly:
            guard allowsListenOnly else { throw .illegalFunction }
            guard data == [0] else { throw .illegalDataValue }
            isListenOnly = true
            note(Event.listenOnly)
            return nil
        case .returnDiagnosticRegister:
            guard data == [0] else { throw .illegalDataValue }
            return .diagnostics(code, data: [diagnosticRegister])
        case .clearCounters:
            guard data == [0] else { throw .illegalDataValue }
            note(Event.sent)
            reset()
            diagnosticRegister = 0
            return .diagnostics(code, data: data)
        case .clearOverrunCounter:
            guard data == [0] else { throw .illegalDataValue }
            counters.overruns = 0
            return .diagnostics(code, data: data)
        default:
            guard let counter = counters[code] else { throw .illegalFunction }
            guard data == [0] else { throw .illegalDataValue }
            return .diagnostics(code, data: [counter])
        }
    }

    /// Answers before it restarts, unless the device was only listening (8.30).
    private mutating func restart(_ data: [UInt16]) throws(ExceptionCode) -> Response? {
        guard allowsListenOnly else { throw .illegalFunction }
        guard data == [0] || data == [0xFF00] else { throw .illegalDataValue }
        let wasListenOnly = isListenOnly
        isListenOnly = false
        if !wasListenOnly { note(Event.sent) }
        if data == [0xFF00] { events = [] }
        reset()
        note(Event.restart)
        return wasListenOnly ? nil : .diagnostics(.restartCommunications, data: data)
    }
}
