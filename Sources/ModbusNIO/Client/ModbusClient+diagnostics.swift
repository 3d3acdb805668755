// SPDX-License-Identifier: Apache-2.0

public import Modbus

/// What a device says about itself.
extension ModbusClient {
    /// How many pages of an identification are asked for at most (8.38); there are 256 objects.
    private static let identificationPageLimit = 256

    /// Reads a device's identification (function 43, type 14), page by page until no more follow.
    ///
    /// Ends early when a device gives no higher object to go on with, as it would never end otherwise.
    ///
    /// - Parameters:
    ///   - code: Which objects: those every device has, more, all, or one.
    ///   - object: The one to begin with.
    ///   - unit: As in ``send(_:unit:timeout:mayRepeat:)``.
    /// - Returns: The objects in the order they came.
    /// - Throws: ``ModbusClientError`` of any page.
    public func readDeviceIdentification(
        _ code: DeviceIdentification.ReadCode = .basic,
        from object: UInt8 = 0,
        unit: UInt8 = 255
    ) async throws(ModbusClientError) -> [DeviceIdentification.Object] {
        var objects: [DeviceIdentification.Object] = []
        var first = object
        for _ in 0..<ModbusClient.identificationPageLimit {
            let request = Request.readDeviceIdentification(code, object: first)
            guard case .readDeviceIdentification(let page) = try await result(of: request, unit: unit) else {
                throw unexpected(request)
            }
            objects += page.objects
            guard let next = page.next, next > first else { break }
            first = next
        }
        return objects
    }

    /// Reads the eight status bits of a device (function 7).
    public func readExceptionStatus(unit: UInt8 = 255) async throws(ModbusClientError) -> UInt8 {
        let request = Request.readExceptionStatus
        guard case .readExceptionStatus(let status) = try await result(of: request, unit: unit) else {
            throw unexpected(request)
        }
        return status
    }

    /// Has a device test, count or restart (function 8).
    ///
    /// - Parameters:
    ///   - code: What to do; `DiagnosticsCode.forceListenOnly` ends with ``ModbusClientError/timeout`` where it works,
    ///     as a device that obeys does not answer.
    ///   - data: What the code needs; one zero for most.
    ///   - unit: As in ``send(_:unit:timeout:mayRepeat:)``.
    ///   - mayRepeat: As there.
    /// - Returns: The data of the answer: the echo, or the counter or register asked for.
    /// - Throws: ``ModbusClientError``.
    public func diagnostics(
        _ code: DiagnosticsCode,
        data: [UInt16] = [0],
        unit: UInt8 = 255,
        mayRepeat: Bool = false
    ) async throws(ModbusClientError) -> [UInt16] {
        let request = Request.diagnostics(code, data: data)
        guard case .diagnostics(_, let data) = try await result(of: request, unit: unit, mayRepeat: mayRepeat) else {
            throw unexpected(request)
        }
        return data
    }

    /// Reads whether a device is busy and how many messages it carried out (function 11).
    public func getCommEventCounter(
        unit: UInt8 = 255
    ) async throws(ModbusClientError) -> (status: UInt16, count: UInt16) {
        let request = Request.getCommEventCounter
        guard case .getCommEventCounter(let status, let count) = try await result(of: request, unit: unit) else {
            throw unexpected(request)
        }
        return (status, count)
    }

    /// Reads a device's last events (function 12).
    public func getCommEventLog(unit: UInt8 = 255) async throws(ModbusClientError) -> CommEventLog {
        let request = Request.getCommEventLog
        guard case .getCommEventLog(let log) = try await result(of: request, unit: unit) else {
            throw unexpected(request)
        }
        return log
    }

    /// Reads what a device is and whether it runs (function 17).
    ///
    /// - Returns: Identifier, run indicator (0x00 or 0xFF) and more, laid out as the device likes.
    public func reportServerID(unit: UInt8 = 255) async throws(ModbusClientError) -> [UInt8] {
        let request = Request.reportServerID
        guard case .reportServerID(let bytes) = try await result(of: request, unit: unit) else {
            throw unexpected(request)
        }
        return bytes
    }
}
