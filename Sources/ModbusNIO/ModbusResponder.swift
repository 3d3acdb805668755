// SPDX-License-Identifier: Apache-2.0

public import Modbus

/// Answers the requests that a server receives; several units in one server are its matter.
public protocol ModbusResponder: Sendable {
    /// Says what to answer.
    ///
    /// Called on event loops, from several of them at once when the server has several connections; must be quick.
    func respond(to request: Request, unit: UInt8) -> ServerReply

    /// Says what to answer to a request whose length, quantity or byte count is wrong.
    ///
    /// The default answers ``ExceptionCode/illegalDataValue``. A responder that has not got the function answers
    /// ``ExceptionCode/illegalFunction``, and one that has not got the unit what it always answers to that unit.
    func respond(toMalformed function: FunctionCode, unit: UInt8) -> ServerReply
}

extension ModbusResponder {
    /// Answers exception 3.
    public func respond(toMalformed function: FunctionCode, unit: UInt8) -> ServerReply {
        .now(.exception(function, .illegalDataValue))
    }
}

/// What a server does with a request.
public enum ServerReply: Hashable, Sendable {
    /// Answers at once.
    case now(Response)
    /// Answers after a while; requests that come meanwhile are served before. Too many at once are answered with
    /// ``ExceptionCode/serverDeviceBusy``, see ``ModbusServerConfiguration/maximumDelayed``.
    case later(Duration, Response)
    /// Does not answer.
    case silence
    /// Closes the connection without an answer.
    case closeConnection
}
