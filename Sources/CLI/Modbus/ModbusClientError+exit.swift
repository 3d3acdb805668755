// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Modbus
import ModbusNIO

extension ExceptionCode {
    /// Whether a gateway says that it cannot reach the device.
    var isUnreachable: Bool {
        self == .gatewayPathUnavailable || self == .gatewayTargetDeviceFailedToRespond
    }

    /// How a command ends that got this answer.
    var exitCode: ExitCode { isUnreachable ? .unreachable : .refused }
}

extension ModbusClientError {
    /// How a command ends that failed this way.
    var exitCode: ExitCode {
        switch self {
        case .exception(let code): code.exitCode
        case .badResponse, .wrongUnit: .badData
        case .invalidRequest: .validationFailure
        case .timeout, .queueTimeout, .connectionRefused, .connectFailed, .connectionClosed, .connectionEnded,
            .notConnected,
            .queueFull, .backingOff, .cancelled:
            .unreachable
        }
    }
}
